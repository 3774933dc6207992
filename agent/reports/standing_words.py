"""What stands now, as lines of mrkdwn and as sections of a message or of the app's own page."""

from collections.abc import Callable, Sequence

from agent.messages.figures import clock
from agent.messages.message import Block, context, header, section
from agent.messages.safe_text import safe, who
from agent.reports.standing import SourceHealth, Standing
from storage.records import Incident, IncidentState, Silence

LINES_A_SECTION = 7
HOME_LINES = 30
LONGEST_WORDS = 160
WARNING = ":warning: "
Zone = Callable[[str | None], str]


def incident_line(incident: Incident, standing: Standing, zone_of: Zone) -> str:
    """Say one open incident."""
    zone = zone_of(incident.source)
    opened = clock(incident.opened_at, zone, today=standing.now)
    last = clock(incident.last_at, zone, today=standing.now)
    count = "1 anomaly" if incident.anomalies == 1 else f"{incident.anomalies:,} anomalies"
    when = f"at {opened}" if opened == last else f"{opened} to {last}"
    state = "" if incident.state is IncidentState.OPEN else f", {incident.state}"
    return f"*{incident.shown_id}* {safe(incident.source)}: {count} {when}{_unless_usual(zone, standing)}{state}"


def silence_line(silence: Silence, standing: Standing, zone_of: Zone) -> str:
    """Say one silence, what it covers, until when it holds and how many alerts it kept back."""
    what = safe(silence.source) if silence.source else "every source"
    parts = [f", class {safe(silence.defect_class)}" if silence.defect_class else ""]
    parts += [f", what is like A-{silence.like_inspection_id}" if silence.like_inspection_id else ""]
    parts += [f", {safe(silence.attribute)} {safe(silence.value or '')}" if silence.attribute else ""]
    zone = zone_of(silence.source)
    until = f"{clock(silence.until, zone, today=standing.now)}{_unless_usual(zone, standing)}"
    hits = "1 alert" if silence.hits == 1 else f"{silence.hits:,} alerts"
    return f"*{what}*{''.join(parts)} until {until} by {who(silence.author)}: {hits} kept back"


def source_line(health: SourceHealth, standing: Standing, zone_of: Zone) -> str:
    """Say how one source is."""
    source = health.source
    mark = "" if health.is_well else WARNING
    detector = f" · {safe(health.detector)}" if health.detector else ""
    zone = zone_of(source.name)
    last = ""
    if source.last_frame_at is not None:
        at = clock(source.last_frame_at, zone, today=standing.now)
        last = f" · last frame {at}{_unless_usual(zone, standing)}"
    return f"{mark}*{safe(source.name)}* {safe(health.words, most=LONGEST_WORDS)}{detector}{last}"


def as_plain_words(line: str) -> str:
    """Return a line of mrkdwn as a terminal shows it."""
    plain = line.replace(WARNING, "").replace("*", "")
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def listed(lines: Sequence[str], *, most: int, of: int | None = None, none: str) -> list[Block]:
    """Return lines in sections, so many at most, saying how many more there are; one sentence where there is none."""
    if not lines:
        return [section(none)]
    shown = list(lines[:most])
    blocks = [
        section("\n".join(shown[first : first + LINES_A_SECTION])) for first in range(0, len(shown), LINES_A_SECTION)
    ]
    more = (len(lines) if of is None else of) - len(shown)
    return [*blocks, context([f"and {more:,} more"])] if more > 0 else blocks


def home_blocks(standing: Standing, zone_of: Zone) -> list[Block]:
    """Return the app's own page: what is open, what is silenced, how the sources are; well within 100 blocks."""
    incidents = [incident_line(one, standing, zone_of) for one in standing.incidents]
    silences = [silence_line(one, standing, zone_of) for one in standing.silences]
    at = clock(standing.now, standing.zone, today=standing.now)
    ill_first = sorted(standing.sources, key=lambda health: health.is_well)
    sources = [source_line(one, standing, zone_of) for one in ill_first]
    return [
        header(f"Open incidents: {standing.incident_count:,}"),
        *listed(incidents, most=HOME_LINES, of=standing.incident_count, none="None: nothing waits for anybody."),
        header(f"Silences: {len(silences):,}"),
        *listed(silences, most=HOME_LINES, none="None: every alert is sent."),
        header(f"Sources: {len(sources):,}"),
        *listed(sources, most=HOME_LINES, none="None yet: run `oddspot fit`."),
        context([f"As at {at} ({standing.zone}); opening this page reads it anew."]),
    ]


def _unless_usual(zone: str, standing: Standing) -> str:
    return "" if zone == standing.zone else f" ({zone})"
