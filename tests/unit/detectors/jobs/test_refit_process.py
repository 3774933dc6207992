from pathlib import Path

import pytest

from config.settings import Settings
from detectors.jobs import refit_process
from detectors.jobs.refit_process import RefitError, run_refit, run_view
from detectors.jobs.workshop import Workshop
from storage.opening import Stores
from storage.records import Fault, Job, JobKind, JobState
from storage.repositories.outages import open_outage
from tests.factories import NOON, make_source


def workshop(stores: Stores, *, is_stopping: bool = False, is_kept: bool = True) -> Workshop:
    def no_decoder(_: str) -> None:
        raise AssertionError

    return Workshop(
        stores,
        Settings(),
        no_decoder,  # type: ignore[arg-type]  # it decodes nothing
        lambda: NOON,
        is_stopping=lambda: is_stopping,
        keep=lambda: is_kept,
    )


def job(stores: Stores, reason: str = "labels") -> Job:
    with stores.database.transaction() as session:
        source = make_source(session)
    return Job(1, JobKind.REFIT, {"source_id": source.id, "reason": reason}, "test", JobState.LEASED, 1)


def says(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str) -> None:
    """Let the refit's process be this program."""
    (folder / "oddspot.py").write_text(program)
    monkeypatch.setattr(refit_process, "ROOT", folder)


def test_takes_the_proposal_that_the_process_prints(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, tmp_path, 'import sys; print("Loading"); print(\'{"proposal": {"version": "line-1@2"}}\')')

    outcome = run_refit(workshop(stores), job(stores))

    assert outcome.result == {"proposal": {"version": "line-1@2", "why": "labels"}}
    assert outcome.is_told


@pytest.mark.parametrize(("reason", "is_told"), [("labels", False), ("person", True)])
def test_tells_that_there_is_none_only_to_a_person_who_asked(
    stores: Stores,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
    is_told: bool,  # noqa: FBT001 - by pytest
) -> None:
    says(monkeypatch, tmp_path, 'print(\'{"proposal": null, "reason": "too few"}\')')

    outcome = run_refit(workshop(stores), job(stores, reason))

    assert (outcome.result, outcome.is_told) == ({"none": "too few"}, is_told)


def test_can_be_tried_again_where_the_process_fails_or_the_service_stops(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, tmp_path, "raise SystemExit('the network is damaged')")
    with pytest.raises(RefitError, match="failed: the network is damaged") as failed:
        run_refit(workshop(stores), job(stores))
    says(monkeypatch, tmp_path, "input()")
    with pytest.raises(RefitError, match="was stopped"):
        run_refit(workshop(stores, is_stopping=True), job(stores))

    monkeypatch.setattr(refit_process, "KEEP_SECONDS", -1.0)
    with pytest.raises(RefitError, match="was stopped"):
        run_refit(workshop(stores, is_kept=False), job(stores))

    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        ('{"view": {"version": "line-1@2"}}', {"view": {"version": "line-1@2"}}),
        ('{"reason": "dark"}', {"none": "dark"}),
    ],
)
def test_tells_of_a_new_view_either_way(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, result: dict[str, object]
) -> None:
    says(
        monkeypatch, tmp_path, f"import sys; print({printed!r} if sys.argv[1:4] == ['model', 'view', 'line-1'] else '')"
    )
    with stores.database.transaction() as session:
        source = make_source(session)
        moments = {"started_at": NOON, "last_at": NOON, "now": NOON}
        outage = open_outage(session, source_id=source.id, kind=Fault.MOVED, frames=3, is_told=True, **moments)
    wish = Job(1, JobKind.VIEW, {"source_id": source.id, "outage_id": outage}, "test", JobState.LEASED, 1)

    outcome = run_view(workshop(stores), wish)

    assert (outcome.result, outcome.is_told) == (result, True)
