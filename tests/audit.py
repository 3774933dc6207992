"""`make audit`: known vulnerabilities of what is installed, by pip-audit.

Without a network it says loudly that it did not look. Exit code 1 where a vulnerability is known, and where nothing
could be looked at although ODDSPOT_AUDIT=required.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

OPTIONS = ("--local", "--skip-editable", "--progress-spinner", "off", "--format", "json", "--timeout", "15")
COMMAND = ("-m", "pip_audit", *OPTIONS)
LONGEST_SECONDS = 300
LOUD = "!" * 78
NOT_DONE = f"""{LOUD}
!! NOT AUDITED: {{}}
!! Nobody looked for known vulnerabilities. Run `make audit` where there is a network.
{LOUD}"""


def main() -> int:
    """Audit, print what was found and return the exit code."""
    is_required = os.environ.get("ODDSPOT_AUDIT") == "required"
    try:
        done = subprocess.run(
            [sys.executable, *COMMAND], capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(NOT_DONE.format("the index did not answer in time"))
        return int(is_required)
    report = read_report(done.stdout)
    if report is None:
        print(NOT_DONE.format(why_nothing(done)))
        return int(is_required)
    found = list(vulnerabilities(report))
    print("\n".join(found) or f"No known vulnerability in {len(report['dependencies'])} packages.")
    unknown = [one["name"] for one in report["dependencies"] if "skip_reason" in one]
    if unknown:
        print(f"Not known to the index, so not audited: {', '.join(sorted(unknown))}.")
    return int(bool(found))


def read_report(output: str) -> dict[str, Any] | None:
    """Return what pip-audit found; None where it found nothing out."""
    try:
        report = json.loads(output)
    except ValueError:
        return None
    has_packages = isinstance(report, dict) and any("vulns" in one for one in report.get("dependencies", []))
    return report if has_packages else None


def why_nothing(done: subprocess.CompletedProcess[str]) -> str:
    """Say why nothing was found out."""
    if done.stdout.lstrip().startswith('{"dependencies": [{'):
        return "the package index that is asked tells of no vulnerabilities at all"
    last = done.stderr.strip().splitlines()[-1:] or ["pip-audit said nothing"]
    return last[0][:200]


def vulnerabilities(report: dict[str, Any]) -> Iterator[str]:
    """Yield one line a known vulnerability."""
    for package in report["dependencies"]:
        for one in package.get("vulns", []):
            fixed = ", ".join(one["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {one['id']}; fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
