"""`oddspot fit`: good photos become a detector, and a person is told what to expect."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from config.counting import several
from config.load import load_settings
from config.settings import SOURCE_NAME, Settings
from config.sources import DetectorSettings
from detectors.commands.files import list_images
from detectors.commands.known_defects import leave_out_defects
from detectors.commands.options import choose_settings
from detectors.commands.photos import Photos, leave_out_odd, list_photos
from detectors.errors import DetectorError
from storage.commands.options import ConfigOption, JsonOption, now_utc, person, plain, print_json, say
from storage.opening import Stores, open_stores
from storage.records import DetectorVersion, SourceState
from storage.repositories.roll_ups import frames_a_day
from storage.repositories.sources import source_by_id

if TYPE_CHECKING:
    from detectors.defect_files import DefectFile

SHOWN_SKIPPED = 10
Preset = Annotated[str | None, typer.Option(help="fast or default.")]


class BadNameError(DetectorError):
    """A source cannot be called so."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{plain(name)!r} cannot name a source: use letters, digits, dot, dash and underscore.")


class MasksAloneError(DetectorError):
    """Masks without the images they are of."""

    def __init__(self) -> None:
        super().__init__("--masks says where the defects of --bad are; give --bad too.")


class StageProgress:
    """The fit's stages as progress bars on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


def progress_bars() -> Progress:
    """Return progress bars on stderr, so that stdout stays for results."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def fit(
    source: Annotated[str, typer.Argument(help="The source the detector is for.")],
    good: Annotated[Path | None, typer.Option("--good", help="Folder of good photos.")] = None,
    config: ConfigOption = None,
    *,
    unlabelled: Annotated[Path | None, typer.Option(help="In its place: photos nobody has looked through.")] = None,
    keep: Annotated[
        float | None,
        typer.Option(min=0.01, max=1.0, help="Share of the least odd unlabelled photos to keep; else what fits in."),
    ] = None,
    bad: Annotated[Path | None, typer.Option("--bad", help="Folder of defects, their kinds as subfolders.")] = None,
    masks: Annotated[Path | None, typer.Option("--masks", help="Folder of masks: NAME_mask.png or NAME.png.")] = None,
    preset: Preset = None,
    method: Annotated[str | None, typer.Option(help="A method; else the preset decides.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Skip commissioning: tell anomalies at once.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Learn what normal looks like from good photos, and from defects if you have some; register the detector.

    With --unlabelled the photos are ranked by each other, and the oddest are left out of the fit.
    """
    if not SOURCE_NAME.fullmatch(source):
        raise BadNameError(source)
    settings = load_settings(config)
    chosen = choose_settings(settings.detector_of(source), {"preset": preset, "method": method})
    given = list_photos(good, unlabelled, keep)
    defects = _defects(bad, masks)
    if settings.sources and source not in settings.sources:
        say(f"{source} is not in the settings, so `oddspot run` will not watch it.", err=True)
    stores = open_stores(settings)
    images = leave_out_defects(given, source, stores.database)
    say(f"Fitting {source} on {several(len(images), 'photo')} ...", err=True)
    photos = Photos(tuple(images)) if unlabelled is None else _leave_out_odd(source, images, keep, settings, chosen)
    version = _fit(source, photos, settings, chosen, stores, defects=defects, goes_live=live)
    report_version(source, version, stores, as_json=as_json)


def report_version(source: str, version: DetectorVersion, stores: Stores, *, as_json: bool) -> None:
    """Print what a new version promises, for a person or a script."""
    with stores.database.reading() as session:
        pace = frames_a_day(session, version.source_id, now=now_utc())
        standing = source_by_id(session, version.source_id)
        state, is_active = standing.state, standing.active_version_id == version.id
    if as_json:
        print_json(_as_json(source, version, pace))
    else:
        _tell(source, version, pace, state, is_active=is_active)


def _defects(bad: Path | None, masks: Path | None) -> "list[DefectFile]":
    from detectors.defect_files import pair_with_masks  # noqa: PLC0415 - only a fit with labels needs it

    if bad is None:
        if masks is not None:
            raise MasksAloneError
        return []
    return pair_with_masks(list_images([bad]), bad, masks)


def _leave_out_odd(
    source: str, images: list[Path], keep: float | None, settings: Settings, chosen: DetectorSettings
) -> Photos:
    with progress_bars() as bars:
        return leave_out_odd(
            images,
            keep,
            settings=chosen,
            limits=settings.limits_of(source),
            bit_depth=settings.bit_depth_of(source),
            weights_dir=settings.storage.data_dir / "weights",
            progress=StageProgress(bars),
        )


def _fit(
    source: str,
    photos: Photos,
    settings: Settings,
    chosen: DetectorSettings,
    stores: Stores,
    *,
    defects: "list[DefectFile]",
    goes_live: bool,
) -> DetectorVersion:
    from detectors.decode import Decoder  # noqa: PLC0415 - torch is loaded only once there is something to fit
    from detectors.fitting import fit_detector  # noqa: PLC0415 - the same
    from detectors.registering import register_fit  # noqa: PLC0415 - the same

    bit_depth = settings.bit_depth_of(source)
    data_dir = settings.storage.data_dir
    with Decoder(settings.limits_of(source), bit_depth=bit_depth) as decoder, progress_bars() as bars:
        fitted = fit_detector(
            photos.images,
            decoder=decoder,
            settings=chosen,
            bit_depth=bit_depth,
            weights_dir=data_dir / "weights",
            progress=StageProgress(bars),
            defects=defects,
            checkpoints_dir=data_dir / "checkpoints",
        ).without(photos.left_out, photos.unread)
    skipped = {name for name, _ in fitted.report.skipped}
    return register_fit(
        fitted,
        source,
        stores,
        data_dir=data_dir,
        images=[image for image in photos.images if str(image) not in skipped],
        goes_live=goes_live,
        actor=person(),
        now=now_utc(),
    )


def _as_json(source: str, version: DetectorVersion, pace: float | None) -> dict[str, Any]:
    keys = ["wanted_rate", "bank_rows", "bank_bytes", "backbone", "image_size", "seconds", "skipped"]
    keys += ["fitness", "choice", "defects", "labels", "calibration_images", "promised_interval", "outlook"]
    keys += ["oddest", "threshold_without_oddest", "left_out"]
    return {
        "source": source,
        "detector": version.name,
        "method": version.method,
        "preset": version.preset,
        "threshold": version.threshold,
        "promised_rate": version.promised_rate,
        "training_images": version.training_images,
        "frames_a_day": pace,
        "false_alarms_a_day": None if pace is None else pace * version.promised_rate,
        **{key: version.details[key] for key in keys},
    }


def _tell(source: str, version: DetectorVersion, pace: float | None, state: SourceState, *, is_active: bool) -> None:
    skipped = version.details["skipped"]
    if skipped:
        say(f"{several(len(skipped), 'photo')} could not be read and {'was' if len(skipped) == 1 else 'were'} skipped:")
        for name, reason in skipped[:SHOWN_SKIPPED]:
            say(f"  {plain(Path(name).name)}: {reason}")
    _tell_odd(version)
    stands = "is active" if is_active else "is kept aside: the detector before it stays active"
    say(f"{version.name} is fitted on {several(version.training_images, 'good photo')} and {stands}.")
    if version.details["choice"]:
        say(f"  chosen          {version.details['choice']}")
    if version.details["fitness"]:
        say(f"  fitness         {version.details['fitness']['sentence']}")
    if version.details["labels"]:
        say(f"  labels          {version.details['defects']} defects. {version.details['labels']}")
    say(f"  threshold       {version.threshold:.4g} (scores above it are anomalies)")
    _tell_promise(version)
    expected = "not known yet: no frames were seen" if pace is None else f"about {pace * version.promised_rate:.1f}"
    say(f"  false alarms    a day at this source's pace: {expected}")
    if state is SourceState.PAUSED:
        say(f"{source} is paused: `oddspot source resume {source}` judges it again.")
    elif not version.may_alert:
        say(f"It alerts nobody; `oddspot source live {source} --override` lets it alert all the same.")
    elif state is SourceState.LIVE:
        say(f"{source} is live: its anomalies are told. Next: `oddspot run`.")
    else:
        say(f"{source} is in commissioning: it scores silently until `oddspot source live {source}`.")


def _tell_promise(version: DetectorVersion) -> None:
    if version.training_images == 1:
        say(f"  promised rate   {version.details['calibration_sentence']}")
        return
    say(f"  promised rate   at most {version.promised_rate:.2%} of good images will raise a false alarm")
    say(f"                  {version.details['interval_sentence']}")
    outlook, wanted = version.details["outlook"], version.details["wanted_rate"]
    if version.promised_rate > wanted and not (outlook and outlook["least_cost"]):
        needed = round(1 / wanted) - 1
        say(f"                  ({wanted:.2%} was asked for; that needs at least {several(needed, 'good photo')})")
    say(f"  camera          {version.details['camera']}")
    if outlook:
        say(f"  unseen defects  {outlook['sentence']}")


def _tell_odd(version: DetectorVersion) -> None:
    left_out, oddest = version.details["left_out"], version.details["oddest"]
    if left_out:
        total = version.training_images + len(left_out)
        say(f"{len(left_out)} of {total} left out as odd: {_names(left_out)}")
    if oddest:
        say(f"Look at these again; they are unlike the other good photos: {_names(oddest)}")
        others, outlook = version.details["threshold_without_oddest"], version.details["outlook"]
        if others < version.threshold and not (outlook and outlook["least_cost"]):
            say(f"  The threshold is {version.threshold:.4g} because of them, {others:.4g} by the others alone:")
            say("  if they are not good, fit again without them, and more defects will be noticed.")


def _names(paths: list[str]) -> str:
    more = f" and {len(paths) - SHOWN_SKIPPED} more" if len(paths) > SHOWN_SKIPPED else ""
    return ", ".join(plain(Path(path).name) for path in paths[:SHOWN_SKIPPED]) + more
