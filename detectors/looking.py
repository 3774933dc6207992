"""Images people ask about: judged one at a time between frames, by the detector in use, and recorded nowhere else."""

import zlib
from collections.abc import Callable
from datetime import datetime

import structlog

from config.settings import Settings
from detectors.beside import render_beside
from detectors.bundle import BundleError
from detectors.decode import DecodeError, Decoder
from detectors.heatmap import render_crop
from detectors.models import LoadedDetectors
from detectors.weights import WeightsError
from storage.errors import StorageError
from storage.opening import Stores
from storage.records import Look, LookLease, LookResult, RejectReason, Verdict
from storage.repositories.looks import claim_look, finish_look, give_back_look, has_look
from storage.repositories.sources import source_by_id
from storage.repositories.versions import active_version

logger = structlog.get_logger()
LEASE_SECONDS = 60.0
NO_DETECTOR = "{source} has no fitted detector now."
CANNOT_BE_USED = "The detector of {source} cannot be used now; `oddspot doctor` says why."
# Signature and header of a PNG: what stands behind them may be of our own.
PNG_HEAD_BYTES = 33


class Looker:
    """Judges what people asked about; shares its worker's decoders and detectors."""

    def __init__(
        self,
        owner: str,
        stores: Stores,
        settings: Settings,
        *,
        decoders: Callable[[str], Decoder],
        detectors: LoadedDetectors,
        clock: Callable[[], datetime],
    ) -> None:
        self._owner = owner
        self._stores = stores
        self._settings = settings
        self._decoders = decoders
        self._detectors = detectors
        self._clock = clock

    def look(self) -> bool:
        """Judge the image that was asked about first; False where none waits."""
        with self._stores.database.reading() as session:
            if not has_look(session):
                return False
        with self._stores.database.transaction() as session:
            lease = claim_look(session, owner=self._owner, lease_seconds=LEASE_SECONDS, now=self._clock())
        if lease is None:
            return False
        self._end(lease)
        return True

    def _end(self, lease: LookLease) -> None:
        look = lease.look
        try:
            result = self._judged(look)
        except DecodeError as error:
            result = LookResult(rejected=error.reason)
        except (BundleError, WeightsError) as error:
            logger.error("look_not_judged", look=look.id, source=look.source, reason=str(error))  # noqa: TRY400 - the reason is enough
            result = LookResult(failure=CANNOT_BE_USED.format(source=look.source))
        except Exception as error:  # the edge of a worker: one bad image must not end it; it is logged
            self._give_back(lease)
            if isinstance(error, StorageError) and not error.permanent:
                raise
            logger.exception("look_failed", look=look.id, attempt=lease.attempt)
            return
        with self._stores.database.transaction() as session:
            is_ended = finish_look(session, lease, result, now=self._clock())
        logger.info("look_ended", look=look.id, source=look.source, verdict=result.verdict, is_ended=is_ended)

    def _judged(self, look: Look) -> LookResult:
        with self._stores.database.reading() as session:
            version = active_version(session, source_by_id(session, look.source_id))
        if version is None or version.bundle is None:
            return LookResult(failure=NO_DETECTOR.format(source=look.source))
        detector = self._detectors.get(version)
        if detector.bit_depth != self._settings.bit_depth_of(look.source):
            return LookResult(rejected=RejectReason.SETTINGS_MISMATCH)
        pixels = self._decoders(look.source).decode(self._stores.blobs.path(look.sha256)).pixels
        scored = detector.inspect(pixels, names_oddest=True)
        good, put = detector.good_one(scored), self._stores.blobs.put
        return LookResult(
            detector=version.name,
            verdict=scored.verdict,
            score=scored.score,
            threshold=scored.threshold,
            p_value=scored.p_value,
            good_ones=version.training_images,
            may_alert=version.may_alert,
            fault=scored.fault,
            width=pixels.shape[1],
            height=pixels.shape[0],
            regions=scored.regions if scored.verdict is Verdict.ANOMALOUS else (),
            picture=put(marked(render_beside(pixels, scored, good), look)),
            crop=put(marked(render_crop(pixels, scored.regions[0]), look)) if scored.regions else None,
        )

    def _give_back(self, lease: LookLease) -> None:
        with self._stores.database.transaction() as session:
            give_back_look(session, lease)


def marked(png: bytes, look: Look) -> bytes:
    """Return a PNG that no other look and no frame has, so that it can be removed without asking whose it is."""
    body = b"tEXt" + f"oddspot\x00look {look.id}".encode("latin-1")
    chunk = (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    return png[:PNG_HEAD_BYTES] + chunk + png[PNG_HEAD_BYTES:]
