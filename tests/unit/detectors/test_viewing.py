from pathlib import Path

from config.sources import DetectorSettings
from detectors.viewing import Viewing


def test_builds_the_network_of_a_view_once(weights_dir: Path, small_settings: DetectorSettings) -> None:
    viewing = Viewing(small_settings, weights_dir)
    network, view = viewing.backbone, viewing.view
    viewing.judge_by("padim")

    viewing.look_by(view)

    assert viewing.backbone is network
    assert viewing.view == view
