from config.sources import DetectorSettings
from detectors.presets import CANDIDATES, PRESETS, View, choose_preset, small_things


def test_leaves_every_choice_to_the_preset() -> None:
    assert choose_preset(DetectorSettings(preset="fast")) == PRESETS["fast"]
    assert choose_preset(DetectorSettings(preset="default")).views == CANDIDATES


def test_settings_win_over_the_preset() -> None:
    chosen = choose_preset(DetectorSettings(preset="fast", backbone="resnet18", image_size=128))

    assert (chosen.name, chosen.backbone) == ("fast", "resnet18")
    assert chosen.views == (View("patchcore", 128),)
    assert chosen.bank_share == PRESETS["fast"].bank_share


def test_a_method_or_a_size_leaves_nothing_to_search() -> None:
    assert choose_preset(DetectorSettings(method="padim")).views == (View("padim", 256, highest=10),)
    assert [view.image_size for view in choose_preset(DetectorSettings(image_size=320)).views] == [320]


def test_a_few_images_are_seen_at_the_size_asked_for_too() -> None:
    assert [view.image_size for view in choose_preset(DetectorSettings(image_size=320)).few] == [320]
    assert len(choose_preset(DetectorSettings()).few) > 1


def test_a_few_images_are_seen_finer_than_many() -> None:
    preset = choose_preset(DetectorSettings())

    assert _finest_side(preset.few) > _finest_side(preset.views)


def test_a_view_says_itself_in_words() -> None:
    assert str(View("padim", 256, (8, 16))) == "padim at 256 px, stride 8 and 16"
    assert str(View("blend", 256, (4, 8, 16))) == "blend at 256 px, stride 4, 8 and 16"
    assert str(View("padim", 256, (8,))) == "padim at 256 px, stride 8"


def test_a_method_the_preset_does_not_use_is_looked_at_steadily() -> None:
    assert choose_preset(DetectorSettings(method="patchcore")).views == (View("patchcore", 256, highest=10),)
    assert choose_preset(DetectorSettings(method="whitened")).views == (View("whitened", 384, (4, 8), highest=3),)


def test_layers_leave_nothing_to_search_and_stand_in_order() -> None:
    [view] = choose_preset(DetectorSettings(layers=(8, 5, 8))).views

    assert view.layers == (5, 8)
    assert str(view) == "blend at 256 px, layer 5 and 8"


def test_tiles_leave_one_view_of_a_method_that_can_do_with_some_patches() -> None:
    [view] = choose_preset(DetectorSettings(tiles=4)).views

    assert (view.method, view.tiles) == ("patchcore", 4)
    assert str(view) == "patchcore at 256 px, in 4 parts a side, stride 8 and 16"


def test_says_which_things_are_too_small_to_be_seen() -> None:
    assert small_things(View("blend", 256), 1000) == ""
    assert small_things(View("patchcore", 256, tiles=6), 5472) == ""
    assert "under 86 px matter, set `tiles: 6`" in small_things(View("blend", 256), 5472)


def _finest_side(views: tuple[View, ...]) -> int:
    return max(view.image_size for view in views if view.tiles == 1)
