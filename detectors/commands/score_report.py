"""What the report of `oddspot score` is made of: words of every photo, pictures of the worst."""

import hashlib
import heapq
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from config.settings import Settings
from config.sources import CaptureSettings
from detectors.bundle import read_thumbnail
from detectors.decode import DecodedImage
from detectors.heatmap import render_small_heatmap, render_small_photo
from detectors.naming import read_capture
from detectors.reports.score_page import PhotoPictures, ScoredPhoto, ScoreReport
from detectors.scoring import ScoredImage
from detectors.sources.folder import modified_at, read_sidecar
from detectors.sources.port import Arrival
from storage.records import DetectorVersion, NearestNormal, RejectReason

PICTURE_SIDE = 480


class ReportPhotos:
    """Photos as they are scored; pictures are kept of the so many worst alone, so that memory stays bounded."""

    def __init__(
        self, source: str, version: DetectorVersion, settings: Settings, *, pictures: int, now: datetime
    ) -> None:
        self._source, self._version, self._settings, self._now = source, version, settings, now
        self._bundle = settings.storage.data_dir / (version.bundle or "")
        self._most = pictures
        self._photos: list[ScoredPhoto] = []
        self._rejected: list[tuple[str, str]] = []
        self._worst: list[tuple[float, int]] = []
        self._pictures: dict[int, PhotoPictures] = {}

    def add(self, path: Path, image: DecodedImage, scored: ScoredImage) -> None:
        """Take in a scored photo; one whose file has gone since is among those that could not be read."""
        try:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            captured_at = self._captured_at(path, image)
        except OSError:
            self.reject(path, RejectReason.UNREADABLE)
            return
        self._keep_pictures(len(self._photos), scored.score, lambda: self._draw(image, scored))
        self._photos.append(
            ScoredPhoto(
                path=str(path),
                sha256=sha256,
                captured_at=captured_at,
                score=scored.score,
                p_value=scored.p_value,
                verdict=scored.verdict,
                fault=scored.fault,
                regions=scored.regions,
                pictures=None,
            )
        )

    def reject(self, path: Path, reason: str) -> None:
        """Take in a file that could not be read."""
        self._rejected.append((str(path), reason))

    def report(self) -> ScoreReport:
        """Return everything taken in."""
        return ScoreReport(
            source=self._source,
            detector=self._version.name,
            threshold=self._version.threshold,
            good_images=self._version.training_images,
            made_at=self._now,
            photos=[replace(one, pictures=self._pictures.get(number)) for number, one in enumerate(self._photos)],
            rejected=self._rejected,
        )

    def _keep_pictures(self, number: int, score: float, draw: Callable[[], PhotoPictures]) -> None:
        if self._most == 0 or (len(self._worst) == self._most and score <= self._worst[0][0]):
            return
        self._pictures[number] = draw()
        heapq.heappush(self._worst, (score, number))
        if len(self._worst) > self._most:
            del self._pictures[heapq.heappop(self._worst)[1]]

    def _draw(self, image: DecodedImage, scored: ScoredImage) -> PhotoPictures:
        nearest = scored.nearest[0] if scored.nearest else None
        return PhotoPictures(
            photo=render_small_photo(image.pixels, side=PICTURE_SIDE),
            heatmap=render_small_heatmap(image.pixels, scored, side=PICTURE_SIDE),
            good_one=self._good_one(nearest) if nearest else None,
        )

    def _good_one(self, nearest: NearestNormal) -> bytes | None:
        png = read_thumbnail(self._bundle, nearest.number)
        if png is None:
            return None
        with Image.open(BytesIO(png)) as image:
            return render_small_photo(np.asarray(image.convert("RGB")), side=PICTURE_SIDE)

    def _captured_at(self, path: Path, image: DecodedImage) -> datetime:
        """Return when the photo was captured by the rules its source's frames go by."""
        own = self._settings.sources.get(self._source)
        status = path.stat()
        arrival = Arrival(
            name=path.name,
            origin="",
            content=None,
            size_bytes=status.st_size,
            modified_at=modified_at(status),
            file=path,
            sidecar=read_sidecar(path),
        )
        return read_capture(
            arrival,
            own.capture if own else CaptureSettings(),
            time_zone=self._settings.zone_of(self._source),
            read_exif=lambda: image.taken_at,
            now=self._now,
        ).at
