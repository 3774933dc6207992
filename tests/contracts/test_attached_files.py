"""What is attached to a question: the chat lets through every file that can be judged, and each ends with words."""

from collections.abc import Iterator

import pytest

from agent.messages.look_message import REASONS, look_message
from agent.notifiers.slack_files import FileRefusedError, need_image
from config.sources import LimitSettings
from detectors.decode import Decoder
from storage.opening import Stores
from storage.records import JobState
from tests.bad_files.expected import BadFile
from tests.bad_files.pack import BAD_FILES, lighter_half
from tests.unit.detectors.test_looking import FakeDetector, ask, found, make_worker, prepare


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LimitSettings()) as opened:
        yield opened


def is_let_through(bad: BadFile) -> bool:
    try:
        need_image(bad.make())
    except FileRefusedError:
        return False
    return True


def test_no_picture_that_can_be_judged_is_turned_away() -> None:
    assert [bad.name for bad in BAD_FILES if bad.reason is None and not is_let_through(bad)] == []


def test_each_that_is_let_through_is_judged_or_refused_with_its_reason(stores: Stores, decoder: Decoder) -> None:
    prepare(stores)
    asked = {bad: ask(stores, bad.make()) for bad in lighter_half() if is_let_through(bad)}
    worker = make_worker(stores, decoder, FakeDetector(score=0.4))

    while worker.work():
        continue

    looks = {bad.name: found(stores, look_id) for bad, look_id in asked.items()}
    assert {look.state for look in looks.values()} == {JobState.DONE}
    reasons = {name: look.result.rejected for name, look in looks.items() if look.result is not None}
    assert reasons == {bad.name: bad.reason for bad in asked}
    for name, reason in reasons.items():
        if reason is not None:
            assert REASONS[reason] in look_message(looks[name]).text
