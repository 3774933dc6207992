from config.settings import Settings
from detectors.shared_decoders import SharedDecoders


def test_sources_that_decode_alike_share_one_process() -> None:
    settings = Settings.model_validate(
        {
            "sources": {
                "line-1": {"path": "a"},
                "line-2": {"path": "b"},
                "deep": {"path": "c", "bit_depth": 12},
                "large": {"path": "d", "limits": {"max_pixels": 9}},
                "same": {"path": "e", "limits": {}},
            }
        }
    )
    decoders = SharedDecoders(settings)
    line, deep, large = decoders.of("line-1"), decoders.of("deep"), decoders.of("large")
    decoders.close()

    assert decoders.of("line-2") is line
    assert decoders.of("same") is line
    assert len({line, deep, large}) == 3
    assert (deep.bit_depth, line.bit_depth) == (12, None)
