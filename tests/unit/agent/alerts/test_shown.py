import io
from typing import Any

import pytest
from PIL import Image

from agent.alerts.deliver import Deliverer
from agent.alerts.outgoing import Outgoing
from agent.alerts.shown import picture_of
from config.settings import Settings
from storage.records import Inspection
from tests.factories_agent import Clock, Plant
from tests.unit.agent.conftest import Rounds, make_chance
from tests.unit.agent.fakes import FakeNotifier, InlineExecutor

RED, GREEN = (200, 10, 10), (10, 200, 10)


def png(colour: tuple[int, int, int], size: tuple[int, int] = (20, 10)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def make(plant: Plant, **values: Any) -> Inspection:
    blobs = plant.blobs
    pictures = {"thumbnail": blobs.put(png(RED)), "crops": (blobs.put(png(GREEN)),)}
    return plant.anomaly(**pictures | values)


def settings(images: str) -> Settings:
    return Settings.model_validate({"slack": {"images": images}})


def size(content: bytes | None) -> tuple[int, int]:
    assert content is not None
    return Image.open(io.BytesIO(content)).size


def test_shows_of_an_image_what_the_settings_allow(plant: Plant) -> None:
    anomaly = make(plant)
    shown = {name: picture_of(settings(name), plant.blobs, anomaly) for name in ("heatmap", "crop", "full", "none")}

    assert shown["heatmap"] == plant.blobs.get(anomaly.heatmap or "")
    assert shown["crop"] == png(GREEN)
    assert size(shown["full"]) == (20 + 8 + 32, 24)
    assert shown["none"] is None


def test_shows_several_crops_as_one_sheet(plant: Plant) -> None:
    crops = tuple(plant.blobs.put(png((0, 0, number * 50))) for number in range(3))
    anomaly = make(plant, crops=crops)

    assert size(picture_of(settings("crop"), plant.blobs, anomaly))[0] > 900


def test_shows_nothing_else_where_there_is_no_crop(plant: Plant) -> None:
    assert picture_of(settings("crop"), plant.blobs, make(plant, crops=())) is None


def test_shows_the_heatmap_alone_where_the_thumbnail_is_gone_or_broken(plant: Plant) -> None:
    heatmap = plant.blobs.get(make(plant).heatmap or "")
    for number, thumbnail in enumerate((None, plant.blobs.put(b"no picture")), 2):
        anomaly = make(plant, thumbnail=thumbnail)
        shown = picture_of(settings("full"), plant.blobs, anomaly)
        assert shown == plant.blobs.get(anomaly.heatmap or ""), number
    assert heatmap


@pytest.mark.parametrize(("images", "words"), [("crop", "Crop of A-1"), ("full", "Image and heatmap of A-1")])
def test_uploads_what_is_allowed_and_calls_it_so(plant: Plant, clock: Clock, images: str, words: str) -> None:
    notifier = FakeNotifier()
    deliver(plant, clock, notifier, images)

    ((_, upload),) = notifier.uploads.values()
    assert upload.alt_text.startswith(words)
    assert [
        block["alt_text"] for block in next(iter(notifier.messages.values()))[-1].blocks if "alt_text" in block
    ] == [upload.alt_text]


def test_uploads_nothing_where_nothing_may_be_seen(plant: Plant, clock: Clock) -> None:
    notifier = FakeNotifier()
    deliver(plant, clock, notifier, "none")

    assert notifier.uploads == {}
    assert len(notifier.messages) == 1


def deliver(plant: Plant, clock: Clock, notifier: FakeNotifier, images: str) -> None:
    plant.reconfigure(sources={"line-1": {"path": "/photos", "images": images}})
    make(plant)
    out = Outgoing(plant.database, plant.blobs, notifier, plant.settings, clock)
    Rounds(plant, clock, Deliverer(out, InlineExecutor(), chance=make_chance())).run(6)
