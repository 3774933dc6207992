"""One decoding process for all sources that decode alike: each takes memory, and there may be many sources."""

from config.settings import Settings
from config.sources import LimitSettings
from detectors.decode import Decoder


class SharedDecoders:
    """Decoders by what they allow; for one thread, whose images are decoded one after another anyway."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._decoders: dict[tuple[LimitSettings, int | None], Decoder] = {}

    def of(self, source: str) -> Decoder:
        """Return the decoder of a source."""
        limits, bit_depth = self._settings.limits_of(source), self._settings.bit_depth_of(source)
        if (limits, bit_depth) not in self._decoders:
            self._decoders[limits, bit_depth] = Decoder(limits, bit_depth=bit_depth)
        return self._decoders[limits, bit_depth]

    def close(self) -> None:
        """End their processes."""
        for decoder in self._decoders.values():
            decoder.close()
