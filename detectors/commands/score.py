"""`oddspot score`: what a source's detector says of some photos; records nothing."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.load import load_settings
from config.settings import Settings
from detectors.commands.files import list_images, picture_name
from detectors.commands.fit import progress_bars
from detectors.commands.fitted import fitted_version
from detectors.errors import DetectorError
from storage.blobs import write_durably
from storage.commands.options import ConfigOption, JsonOption, now_utc, plain, print_json, print_table, say
from storage.opening import open_stores
from storage.records import DetectorVersion

if TYPE_CHECKING:
    from detectors.commands.score_report import ReportPhotos


class NothingScoredError(DetectorError):
    """No image could be scored."""

    def __init__(self, count: int) -> None:
        super().__init__(f"None of the {count} files could be scored.")


def score(
    source: Annotated[str, typer.Argument(help="The source whose detector scores.")],
    paths: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos.")],
    config: ConfigOption = None,
    *,
    heatmaps: Annotated[Path | None, typer.Option(help="Folder for the heatmaps.")] = None,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="HTML file: worst first, to be labelled by keyboard.")
    ] = None,
    report_images: Annotated[int, typer.Option(min=0, help="Pictures in the report at most; others are listed.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Score photos with a source's detector; nothing is recorded and nobody is told."""
    settings = load_settings(config)
    images = list_images(paths)
    version = fitted_version(source, settings, open_stores(settings))
    if heatmaps is not None:
        heatmaps.mkdir(parents=True, exist_ok=True)
    photos = None
    if report is not None:
        from detectors.commands.score_report import ReportPhotos  # noqa: PLC0415 - only a report needs it

        report.parent.mkdir(parents=True, exist_ok=True)  # now rather than after minutes of scoring
        photos = ReportPhotos(source, version, settings, pictures=report_images, now=now_utc())
    lines = []
    with progress_bars() as bars:
        for line in bars.track(
            _lines(source, version, images, settings, heatmaps, photos), total=len(images), description="score"
        ):
            lines.append(line)
            if as_json:
                print_json(line)
    if report is not None and photos is not None:
        _write_report(report, photos)
    if not as_json:
        _tell(lines)
        if report is not None:
            say(f"The report is in {report}.")
    if all(line["verdict"] == "rejected" for line in lines):
        raise NothingScoredError(len(lines))


def _write_report(path: Path, photos: "ReportPhotos") -> None:
    from detectors.reports.score_page import render_scores  # noqa: PLC0415 - only a report needs it

    write_durably(path, render_scores(photos.report()).encode())


def _lines(
    source: str,
    version: DetectorVersion,
    images: list[Path],
    settings: Settings,
    heatmaps: Path | None,
    photos: "ReportPhotos | None",
) -> Iterator[dict[str, Any]]:
    from detectors.decode import DecodeError, Decoder  # noqa: PLC0415 - torch is loaded only when there is work for it
    from detectors.heatmap import render_heatmap  # noqa: PLC0415 - the same
    from detectors.models import LoadedDetectors  # noqa: PLC0415 - the same

    own = settings.detector
    detector = LoadedDetectors(settings.storage.data_dir, threads=own.threads, runtime=own.runtime).get(version)
    with Decoder(settings.limits_of(source), bit_depth=settings.bit_depth_of(source)) as decoder:
        for number, image in enumerate(images):
            started = time.perf_counter()
            try:
                decoded = decoder.decode(image)
            except DecodeError as error:
                if photos is not None:
                    photos.reject(image, error.reason)
                yield _rejected(source, version, image, str(error.reason), started)
                continue
            scored = detector.inspect(decoded.pixels)
            milliseconds = (time.perf_counter() - started) * 1000
            drawn = None
            if heatmaps is not None:
                drawn = (heatmaps / picture_name(number, image)).absolute()
                write_durably(drawn, render_heatmap(decoded.pixels, scored))
            if photos is not None:
                photos.add(image, decoded, scored)
            yield _line(source, version, image) | {
                "score": scored.score,
                "threshold": scored.threshold,
                "p_value": scored.p_value,
                "verdict": str(scored.verdict),
                "fault": scored.fault,
                "regions": [asdict(region) for region in scored.regions],
                "heatmap": str(drawn) if drawn else None,
                "milliseconds": round(milliseconds, 2),
            }


def _line(source: str, version: DetectorVersion, image: Path) -> dict[str, Any]:
    return {"path": str(image), "source": source, "detector": version.name}


def _rejected(source: str, version: DetectorVersion, image: Path, reason: str, started: float) -> dict[str, Any]:
    return _line(source, version, image) | {
        "score": None,
        "threshold": version.threshold,
        "p_value": None,
        "verdict": "rejected",
        "reason": reason,
        "fault": None,
        "regions": [],
        "heatmap": None,
        "milliseconds": round((time.perf_counter() - started) * 1000, 2),
    }


def _tell(lines: list[dict[str, Any]]) -> None:
    rows = [
        (
            plain(Path(line["path"]).name),
            line["verdict"],
            "-" if line["score"] is None else f"{line['score']:.4g}",
            f"{line['threshold']:.4g}",
            "-" if line["p_value"] is None else f"{line['p_value']:.3f}",
            line.get("reason") or line["fault"] or _where(line["regions"]),
        )
        for line in lines
    ]
    print_table(("image", "verdict", "score", "threshold", "p-value", "where"), rows, empty="Nothing was scored.")
    counts = {
        verdict: sum(line["verdict"] == verdict for line in lines) for verdict in ("normal", "anomalous", "rejected")
    }
    say(", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))


def _where(regions: list[dict[str, Any]]) -> str:
    if not regions:
        return ""
    region = regions[0]
    more = f" and {len(regions) - 1} more" if len(regions) > 1 else ""
    return f"{region['width']}x{region['height']} px at ({region['x']}, {region['y']}){more}"
