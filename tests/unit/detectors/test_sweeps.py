"""The chores of the service that forget."""

from datetime import timedelta

from config.settings import Settings
from detectors.sweeps import Sweeps
from storage.opening import Stores
from storage.records import LookResult, NewLook, RejectReason
from storage.repositories.looks import add_look, claim_look, finish_look
from tests.factories import NOON, make_source


def test_forgets_an_image_people_asked_about_after_the_days_of_the_settings(stores: Stores) -> None:
    image = stores.blobs.put(b"image")
    with stores.database.transaction() as session:
        source = make_source(session)
        add_look(session, NewLook(source.id, source.name, image, "part.png", "slack:U1"), now=NOON)
        lease = claim_look(session, owner="w", lease_seconds=60, now=NOON)
        assert lease is not None
        finish_look(session, lease, LookResult(rejected=RejectReason.EMPTY), now=NOON)
    settings = Settings.model_validate({"retention": {"question_days": 3}})

    Sweeps(stores, settings, clock=lambda: NOON + timedelta(days=2)).tick()
    assert list(stores.blobs.names()) == [image]
    Sweeps(stores, settings, clock=lambda: NOON + timedelta(days=4)).tick()
    assert list(stores.blobs.names()) == []
