from datetime import timedelta

from storage.database import Database
from storage.queries.incidents import count_incidents, incident_by_id, incident_by_key, list_incidents
from storage.records import IncidentState, Window
from storage.repositories.incidents import set_incident_state
from tests.histories import NOW, fill, line


def test_lists_by_state_source_and_time_newest_first(database: Database) -> None:
    fill(database, [line(30, incident="old"), line(5, incident="mid", source="line-2"), line(1, incident="new")])
    with database.transaction() as session:
        set_incident_state(session, 1, IncidentState.RESOLVED, actor="test", now=NOW)

    with database.reading() as session:
        every = list_incidents(session, limit=9)
        opened = list_incidents(session, limit=9, states=(IncidentState.OPEN,))
        second = list_incidents(session, limit=9, sources=("line-2",))
        today = list_incidents(session, limit=9, window=Window(NOW - timedelta(hours=10), NOW))
        earlier = list_incidents(session, limit=9, opened_before=NOW - timedelta(hours=3))
        by_state = count_incidents(session)

    assert [one.id for one in every] == [3, 2, 1]
    assert [one.id for one in opened] == [3, 2]
    assert [one.id for one in second] == [2]
    assert [one.id for one in today] == [3, 2]
    assert [one.id for one in earlier] == [2, 1]
    assert by_state == {IncidentState.OPEN: 2, IncidentState.RESOLVED: 1}


def test_finds_one_by_id_or_by_the_name_it_was_imported_under(database: Database) -> None:
    fill(database, [line(1, incident="night-7")])

    with database.reading() as session:
        found = incident_by_id(session, 1)
        assert found is not None
        assert found == incident_by_key(session, "night-7")
        assert incident_by_id(session, 99) is None
        assert incident_by_key(session, "none") is None
