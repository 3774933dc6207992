"""A fitted detector on disk: manifest.json, safetensors and thumbnails, each under its hash; never a pickle."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from detectors.errors import DetectorError

SCHEMA = 1
MANIFEST = "manifest.json"
TENSORS = "tensors.safetensors"
THUMBNAILS = "thumbnails"
THUMBNAIL = "thumbnails/{:04d}.png"
# No fit writes more; a file that is larger is none of ours, and is not read into memory.
MOST_BYTES = {".json": 50_000_000, ".png": 2_000_000, ".safetensors": 4_000_000_000}
MOST_FILES = 10_000
FILE_NAME = re.compile(r"(thumbnails/)?[A-Za-z0-9_-]+\.(safetensors|png)")
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class BundleError(DetectorError):
    """A bundle cannot be written or must not be used; the sentence names the file."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Preprocessing(_Part):
    """How a file becomes the network's input; the same at fit and at score."""

    image_size: int = Field(ge=32, le=4096)
    strides: tuple[int, ...] = Field((8, 16), min_length=1)
    layers: tuple[int, ...] | None = Field(None, min_length=1)
    tiles: int = Field(1, ge=1, le=32)
    resize: Literal["bilinear-antialias-square"]
    normaliser: str
    bit_depth: int | None


class Statistics(_Part):
    """The extremes of exposure among the training images."""

    brightness_low: FiniteFloat
    brightness_high: FiniteFloat
    dark_share_high: FiniteFloat
    bright_share_high: FiniteFloat


class UsualSign(_Part):
    """What a sign of the camera is like in good images."""

    centre: FiniteFloat
    spread: FiniteFloat = Field(gt=0)


class CameraStatistics(_Part):
    """What the camera is usually like, by signs of good images, and which of its faults can be told by them."""

    images: int = Field(ge=1)
    usual: dict[str, UsualSign]
    named: dict[str, FiniteFloat]
    least: dict[str, FiniteFloat]


class BackgroundLearned(_Part):
    """How much a score rises with the middle patch score, whose mean and extremes are those of good images."""

    slope: FiniteFloat = Field(ge=0)
    usual: FiniteFloat
    lowest: FiniteFloat
    highest: FiniteFloat


class Manifest(_Part):
    """Everything about a detector but its arrays.

    hashes: the sha256 of each of `images`, empty for one that was forgotten or came before hashes were kept.
    """

    schema_version: Literal[1] = Field(alias="schema")
    files: dict[str, Sha256]
    method: str
    preset: str
    backbone: str
    weights_sha256: Sha256
    preprocessing: Preprocessing
    precision: str
    embedding_space: str
    seed: int
    threshold: FiniteFloat
    map_threshold: FiniteFloat
    wanted_rate: FiniteFloat
    promised_rate: FiniteFloat
    promised_interval: tuple[FiniteFloat, FiniteFloat] | None = None
    background: BackgroundLearned | None = None
    statistics: Statistics
    camera: CameraStatistics | None = None
    images: tuple[str, ...]
    hashes: tuple[str, ...] = ()
    thumbnails: tuple[str, ...]
    versions: dict[str, str]


def write_bundle(
    folder: Path, manifest: Manifest, arrays: Mapping[str, NDArray[np.generic]], thumbnails: Mapping[str, bytes]
) -> str:
    """Write a bundle whole or not at all and return its manifest's sha256; raise BundleError."""
    if folder.exists():
        raise BundleError(f"{folder} is already there, and a bundle never changes.")
    unfinished = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    contents = {TENSORS: save({name: np.ascontiguousarray(array) for name, array in arrays.items()}), **thumbnails}
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    text = manifest.model_copy(update={"files": files}).model_dump_json(by_alias=True, indent=2).encode()
    try:
        for name, content in {**contents, MANIFEST: text}.items():
            write_synced(unfinished / name, content)
        for directory in (unfinished / "thumbnails", unfinished):
            sync_folder(directory)
        unfinished.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return hashlib.sha256(text).hexdigest()


def read_bundle(folder: Path) -> tuple[Manifest, dict[str, NDArray[np.generic]]]:
    """Return a bundle's manifest and arrays, every file checked by its hash; raise BundleError."""
    manifest = _read_manifest(folder / MANIFEST)
    if len(manifest.files) > MOST_FILES:
        raise BundleError(f"{MANIFEST} in {folder} names more files than a bundle has.")
    for name, expected in manifest.files.items():
        if not FILE_NAME.fullmatch(name):
            raise BundleError(f"{MANIFEST} in {folder} names {name!r}, which is no file of a bundle.")
        if hashlib.sha256(_read(folder / name)).hexdigest() != expected:
            raise BundleError(f"{folder / name} does not match its hash in {MANIFEST}.")
    if TENSORS not in manifest.files:
        raise BundleError(f"{MANIFEST} in {folder} does not name {TENSORS}.")
    try:
        return manifest, load(_read(folder / TENSORS))
    except SafetensorError as error:
        raise BundleError(f"{folder / TENSORS} is damaged: {error}.") from error


def read_thumbnail(folder: Path, number: int) -> bytes | None:
    """Return the PNG of a bundle's training image by its number, None where none is kept; raise BundleError."""
    name = THUMBNAIL.format(number)
    return _read(folder / name) if name in _read_manifest(folder / MANIFEST).thumbnails else None


def read_manifest(folder: Path) -> Manifest:
    """Return what a bundle says of itself, its files not looked at; raise BundleError."""
    return _read_manifest(folder / MANIFEST)


def manifest_sha256(folder: Path) -> str:
    """Return the hash that names a bundle; raise BundleError where there is none."""
    return hashlib.sha256(_read(folder / MANIFEST)).hexdigest()


def _read_manifest(path: Path) -> Manifest:
    text = _read(path)
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{path} is not JSON.") from error
    schema = values.get("schema") if isinstance(values, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise BundleError(f"{path} has schema {schema}; this version of Oddspot reads up to {SCHEMA}.")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{path} is not a manifest: {key or 'it'}: {first['msg']}.") from error


def _read(path: Path) -> bytes:
    if path.is_symlink() or (path.parent.name == THUMBNAILS and path.parent.is_symlink()) or not path.is_file():
        raise BundleError(f"{path} is missing.")
    try:
        if path.stat().st_size > MOST_BYTES[path.suffix]:
            raise BundleError(f"{path} is larger than any file of a bundle.")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error


def known_hashes(manifest: Manifest) -> tuple[str, ...]:
    """Return a hash for each of a bundle's images, empty ones where it keeps none."""
    return manifest.hashes or ("",) * len(manifest.images)


def sha256_of(file: Path) -> str:
    """Return the hash by which an image that was learnt is known again; empty where it is gone by now."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""


def write_synced(path: Path, content: bytes) -> None:
    """Write a file so that its bytes last through a power cut."""
    make_folders(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folders(folder: Path) -> None:
    """Create a folder, and those above it, that only their owner can read; those that are there stay as they are."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names inside a folder last through a power cut."""
    if not folder.is_dir():
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
