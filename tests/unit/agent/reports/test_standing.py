from datetime import timedelta

from agent.reports.standing import SourceHealth, Standing, read_standing
from storage.records import SourceState
from storage.repositories.incidents import Joining, join_incident
from storage.repositories.outages import open_outage
from storage.repositories.silences import add_silence, count_hit
from storage.repositories.sources import ensure_source, set_source_fault, source_by_name
from tests.factories_agent import NOON, Plant
from tests.histories import fill, line

LATER = NOON + timedelta(minutes=90)


def read(plant: Plant, sources: tuple[str, ...] | None = None, limit: int = 10) -> Standing:
    with plant.database.reading() as session:
        return read_standing(session, plant.settings, sources=sources, limit=limit, now=LATER)


def by_name(standing: Standing) -> dict[str, SourceHealth]:
    return {health.source.name: health for health in standing.sources}


def test_lists_open_incidents_up_to_a_limit_and_counts_them_all(plant: Plant) -> None:
    for number in range(3):
        anomaly = plant.anomaly(f"line-{number}")
        with plant.database.transaction() as session:
            join_incident(session, anomaly.id, Joining(timedelta(minutes=30)), now=NOON)

    every, one = read(plant, limit=2), read(plant, ("line-1",))

    assert (len(every.incidents), every.incident_count) == (2, 3)
    assert [incident.source for incident in one.incidents] == ["line-1"]


def test_says_how_many_alerts_each_silence_kept_back(plant: Plant) -> None:
    source_id = plant.source("line-1")
    with plant.database.transaction() as session:
        until = LATER + timedelta(hours=1)
        one, _ = (
            add_silence(session, source_id=silenced, until=until, author="a", comment="", now=NOON)
            for silenced in (source_id, None)
        )
        count_hit(session, one)

    assert [(silence.source, silence.hits) for silence in read(plant).silences] == [("line-1", 1), (None, 0)]
    assert [silence.source for silence in read(plant, ("line-2",)).silences] == [None]


def test_says_that_a_camera_is_at_fault(plant: Plant) -> None:
    source_id = plant.source("line-1")
    with plant.database.transaction() as session:
        moments = {"started_at": NOON, "last_at": NOON}
        open_outage(session, source_id=source_id, kind="moved", frames=5, is_told=False, now=NOON, **moments)

    health = by_name(read(plant))["line-1"]
    assert (health.words, health.is_well) == ("not judged since 13:00:00: moved", False)


def test_says_how_each_source_is(plant: Plant) -> None:
    plant.anomaly("well", at=LATER - timedelta(minutes=59))
    plant.anomaly("silent", at=LATER - timedelta(minutes=60))
    plant.anomaly("batch", at=NOON - timedelta(days=3))
    plant.source("paused", state=SourceState.PAUSED)
    plant.anomaly("broken", at=LATER)
    with plant.database.transaction() as session:
        set_source_fault(session, source_by_name(session, "broken"), "its bundle is gone", now=NOON)
        ensure_source(session, "new", now=NOON)
    fill(plant.database, [line(source="imported")])
    plant.reconfigure(sources={"batch": {"path": "/photos", "mode": "batch"}})

    health = by_name(read(plant))

    assert {name: (one.words, one.is_well) for name, one in health.items()} == {
        "well": ("live", True),
        "silent": ("live, but no frame since 13:30:00", False),
        "batch": ("live", True),
        "paused": ("paused: its frames wait", False),
        "broken": ("not judged: its bundle is gone", False),
        "imported": ("imported: nothing is watched", True),
        "new": ("no detector is fitted yet", False),
    }
    assert health["well"].detector == "well@1"
