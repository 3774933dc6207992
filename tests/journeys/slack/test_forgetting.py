"""An image is forgotten on a terminal, and goes from Slack too."""

import json
from collections.abc import Callable
from pathlib import Path

import yaml

from agent.talk import utc_now
from storage.models import FrameRow
from storage.records import Inspection
from tests.factories_agent import Plant
from tests.journeys.commands import oddspot
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import pictures, roots, settled, words
from tests.servers.slack import LocalSlack


def settings_of(plant: Plant, folder: Path) -> Path:
    file = folder / "forget.yaml"
    url = str(plant.database.engine.url)
    file.write_text(yaml.safe_dump({"storage": {"data_dir": str(folder), "database_url": url}}))
    return file


def test_an_image_forgotten_on_a_terminal_goes_from_its_message_and_from_slacks_files(
    slack: LocalSlack, plant: Plant, start: Start, tmp_path: Path
) -> None:
    start()
    anomaly = plant.anomaly(name="patient-4711.png", at=utc_now())
    slack.wait_for(lambda: [message for message in roots(slack) if pictures(message)])
    slack.wait_for(lambda: settled(plant))
    config = settings_of(plant, tmp_path)

    refused = oddspot("forget", anomaly.shown_id, "--config", config, cwd=tmp_path, given="n\n")
    assert refused.returncode == 1
    assert "Nothing was changed" in refused.stderr
    done = oddspot("forget", anomaly.shown_id, "--yes", "--json", "--config", config, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["forgotten"], told["frames"], told["slack_files"]) == (anomaly.shown_id, 1, 1)
    slack.wait_for(gone_from(slack))
    assert "(forgotten)" in words(roots(slack)[0])
    assert not plant.blobs.path(anomaly.heatmap or "").exists()
    again = oddspot("forget", sha256_of(plant, anomaly), "--yes", "--config", config, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    unknown = oddspot("forget", "A-999", "--yes", "--config", config, cwd=tmp_path)
    assert unknown.returncode == 1
    assert unknown.stderr.count("\n") == 1


def sha256_of(plant: Plant, anomaly: Inspection) -> str:
    with plant.database.reading() as session:
        return session.get_one(FrameRow, anomaly.frame_id).sha256


def gone_from(slack: LocalSlack) -> Callable[[], bool]:
    def is_gone() -> bool:
        (message,) = roots(slack)
        return not slack.files and not pictures(message) and "patient-4711" not in words(message) + message.text

    return is_gone
