"""The status of a process over real HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError

from config.keeping import StatusSettings
from storage.database import Database
from storage.migrate import downgrade
from storage.records import DeliveryKind, EventKind, FrameState, NewDelivery, SourceState
from storage.repositories.deliveries import add_delivery
from storage.repositories.events import add_event
from storage.repositories.frames import claim_frames, finish_frame, receive_frame
from storage.status.ages import sweep_ages
from storage.status.pulse import Pulse
from storage.status.server import StatusPortError, StatusServer, serve_status
from storage.status.stages import Stages
from tests.factories import NOON, make_inspection, make_source, make_version, new_frame

MINUTE = timedelta(minutes=1)
Values = dict[tuple[str, ...], float]


@pytest.fixture
def server(sqlite_database: Database) -> Iterator[StatusServer]:
    made = StatusServer(StatusSettings(), sqlite_database, lambda: NOON + 10 * MINUTE, lambda: None)
    yield made
    made.close()


def get(server: StatusServer, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", headers=headers, timeout=10)


def metrics(server: StatusServer) -> Values:
    """Return every sample by its name and the values of its labels, in the order of their names."""
    families = text_string_to_metric_families(get(server, "/metrics").text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_says_what_waits_is_unsent_and_was_lost(server: StatusServer, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        source = make_source(session)
        make_source(session, "line-2", state=SourceState.PAUSED)
        version = make_version(session, source)
        make_inspection(session, source, version, 1, captured_at=NOON)
        receive_frame(session, new_frame(source, 2, captured_at=NOON + MINUTE))
        (lease,) = claim_frames(session, owner="test", limit=1, lease_seconds=60)
        finish_frame(session, lease, FrameState.REJECTED, "truncated")
        receive_frame(session, new_frame(source, 3, captured_at=NOON + 4 * MINUTE))
        add_event(session, EventKind.DRIFT, source_id=source.id, payload={}, now=NOON + 5 * MINUTE)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#qa", NOON + 3 * MINUTE), now=NOON + 3 * MINUTE)
        add_delivery(session, NewDelivery(DeliveryKind.NOTICE, "#qa", NOON + 60 * MINUTE), now=NOON)

    found = metrics(server)

    assert found[("oddspot_frames_waiting",)] == 1
    assert found[("oddspot_frames_lost_last_day", "truncated", "rejected")] == 1
    assert found[("oddspot_events_waiting",)] >= 1
    assert (found[("oddspot_unsent",)], found[("oddspot_oldest_unsent_seconds",)]) == (1, 420)
    assert found[("oddspot_source_state", "line-2", "paused")] == 1
    assert found[("oddspot_source_not_judged", "line-1")] == 0
    assert ("oddspot_last_frame_age_seconds", "line-2") not in found
    assert found[("process_resident_memory_bytes",)] > 0


def test_is_ready_only_on_a_database_of_its_own_version(server: StatusServer, sqlite_database: Database) -> None:
    assert (get(server, "/readyz").status_code, get(server, "/healthz").json()) == (200, {"status": "ok"})

    downgrade(sqlite_database, "0001")

    answer = get(server, "/readyz")
    assert (answer.status_code, "migrate it" in answer.json()["status"]) == (503, True)
    assert get(server, "/healthz").status_code == 200


def test_says_that_a_loop_has_stopped(sqlite_database: Database) -> None:
    seconds = [0.0]
    pulse = Pulse("telling", longest_seconds=60, clock=lambda: seconds[0])
    server = StatusServer(StatusSettings(), sqlite_database, lambda: NOON, pulse.trouble)
    assert get(server, "/healthz").status_code == 200
    seconds[0] = 61.0

    answers = [get(server, "/healthz"), get(server, "/readyz")]
    pulse.beat()
    after = get(server, "/healthz")
    server.close()

    assert [(one.status_code, one.json()["status"]) for one in answers] == [
        (503, "telling: no round went well for 61 s")
    ] * 2
    assert after.status_code == 200


def test_asks_for_the_token_where_there_is_one(sqlite_database: Database) -> None:
    settings = StatusSettings(token=SecretStr("s3cret"))
    server = StatusServer(settings, sqlite_database, lambda: NOON, lambda: None)

    codes = [get(server, "/metrics", token).status_code for token in (None, "wrong", "s3cret")]
    open_to_all, nowhere = get(server, "/healthz").status_code, get(server, "/secrets", "s3cret").status_code
    server.close()

    assert (codes, open_to_all, nowhere) == ([401, 401, 200], 200, 404)


def test_is_heard_beyond_this_machine_only_with_a_token() -> None:
    with pytest.raises(ValidationError, match=r"so status\.token is needed"):
        StatusSettings(host="0.0.0.0")  # noqa: S104 - it is refused
    assert StatusSettings(host="0.0.0.0", token=SecretStr("x")).token  # noqa: S104 - guarded


def test_says_in_one_sentence_that_its_port_is_taken(server: StatusServer, sqlite_database: Database) -> None:
    with (
        pytest.raises(StatusPortError, match=r"change status\.host or status\.port"),
        serve_status(StatusSettings(port=server.port), sqlite_database, Pulse("telling", longest_seconds=60)),
    ):
        pass


def test_listens_nowhere_unless_a_port_is_named(sqlite_database: Database) -> None:
    with serve_status(StatusSettings(), sqlite_database, Pulse("telling", longest_seconds=60)) as served:
        assert served is None


def test_says_that_the_database_is_away_and_nothing_of_its_address() -> None:
    database = Database("postgresql://oddspot:hunter2@127.0.0.1:1/none")
    server = StatusServer(StatusSettings(), database, lambda: NOON, lambda: None)

    answers = [get(server, "/readyz"), get(server, "/metrics")]
    server.close()

    assert [one.status_code for one in answers] == [503, 503]
    assert "hunter2" not in json.dumps([one.text for one in answers])


def test_is_not_ready_while_something_is_in_the_way_but_is_well_itself(sqlite_database: Database) -> None:
    pulse = Pulse("telling", longest_seconds=60)
    server = StatusServer(StatusSettings(), sqlite_database, lambda: NOON, pulse.trouble, in_the_way=pulse.in_the_way)

    pulse.note("socket", "Slack is not heard (token_revoked)")
    during = [get(server, path) for path in ("/healthz", "/readyz")]
    pulse.note("socket", None)
    after = get(server, "/readyz").status_code
    server.close()

    assert [one.status_code for one in during] == [200, 503]
    assert during[1].json() == {"status": "Slack is not heard (token_revoked)"}
    assert after == 200


def test_serves_what_the_process_measured(sqlite_database: Database) -> None:
    seconds = [100.0]
    sweeps, stages = sweep_ages(clock=lambda: seconds[0]), Stages()
    sweeps.mark("retention")
    seconds[0] = 142.0
    for took in (0.004, 0.004, 3.0):
        stages.took("decode", took)
    server = StatusServer(StatusSettings(), sqlite_database, lambda: NOON, lambda: None, own=[sweeps, stages])

    found = metrics(server)
    server.close()

    assert found[("oddspot_sweep_age_seconds", "retention")] == 42
    assert found[("oddspot_stage_seconds_count", "decode")] == 3
    assert found[("oddspot_stage_seconds_bucket", "0.005", "decode")] == 2
    assert found[("oddspot_stage_seconds_sum", "decode")] == pytest.approx(3.008)
