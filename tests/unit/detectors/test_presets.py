from config.settings import DetectorSettings
from detectors.presets import PRESETS, choose_preset


def test_leaves_every_choice_to_the_preset() -> None:
    assert choose_preset(DetectorSettings(preset="fast")) == PRESETS["fast"]


def test_settings_win_over_the_preset() -> None:
    chosen = choose_preset(DetectorSettings(preset="fast", backbone="resnet18", image_size=128))

    assert (chosen.name, chosen.backbone, chosen.image_size) == ("fast", "resnet18", 128)
    assert chosen.bank_share == PRESETS["fast"].bank_share
