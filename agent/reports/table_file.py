"""A report as CSV: one line a source and one in total, safe to be opened as a spreadsheet."""

import csv
import io

from agent.reports.as_json import rfc3339
from agent.reports.making import MadeReport
from storage.queries.report_figures import FIGURES, figures_of

# The wide forms of the first four are signs too where a spreadsheet speaks Japanese.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TOTAL = "(total)"
FIRST_COLUMNS = ("source", "from", "to", "time_zone")


def as_csv(made: MadeReport) -> str:
    """Return the lines; shares are fractions, times are minutes, an unknown figure is empty."""
    window = made.report.window
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([*FIRST_COLUMNS, *(figure.name for figure in FIGURES), "detectors"])
    for row in (*made.report.rows, made.report.total):
        uses = [use.version.name for use in made.report.versions]
        own = [name for name in uses if row.source is None or name.startswith(f"{row.source}@")]
        first = (row.source or TOTAL, rfc3339(window.start), rfc3339(window.end), window.time_zone)
        figures = ["" if value is None else value for value in figures_of(row).values()]
        writer.writerow([*map(guarded, first), *figures, guarded(" ".join(own))])
    return buffer.getvalue()


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
