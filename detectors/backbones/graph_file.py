"""A network compiled once and kept beside its weights, so that scoring loads no torch."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import openvino

from detectors.backbones.wanted import Precision, Wanted
from detectors.weights import WeightsFile, sha256_of

# Raised where what is put into a graph changes, so that older files are made anew.
GRAPH_VERSION = 2


@dataclass(frozen=True, slots=True)
class Graph:
    """A network's graph on disk, the hashes of its two files, and the facts it was made by."""

    file: str
    topology: str
    numbers: str
    image_size: int
    layers: tuple[int, ...]
    height: int
    width: int
    precision: Precision = "float32"


def facts_path(name: str, weights: WeightsFile, wanted: Wanted) -> Path:
    """Return where it is told of a network's graph: one file for each way to ask for one."""
    asked: list[object] = [wanted.image_size, wanted.layers or ["strides", *wanted.strides]]
    if wanted.precision != "float32":
        asked.append(wanted.precision)
    key = hashlib.sha256(json.dumps([GRAPH_VERSION, openvino.__version__, weights.sha256, *asked]).encode())
    folder = weights.path.parent / "graphs"
    return folder / f"{name.replace('/', '-')}-{wanted.image_size}-{key.hexdigest()[:16]}.json"


def read_graph(facts: Path) -> Graph | None:
    """Return what is known of a graph, or None where there is none, or not the one that was written."""
    try:
        values = json.loads(facts.read_text())
        graph = Graph(**{**values, "layers": tuple(values["layers"])})
        path = topology_path(facts, graph)
        is_whole = sha256_of(path) == graph.topology and sha256_of(path.with_suffix(".bin")) == graph.numbers
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return graph if is_whole else None


def topology_path(facts: Path, graph: Graph) -> Path:
    """Return the file of a graph's operations; the one of its numbers lies beside it."""
    return facts.with_name(Path(graph.file).name)


def write_graph(
    model: openvino.Model, facts: Path, network: tuple[int, tuple[int, ...]], grid: tuple[int, int]
) -> Graph:
    """Write a graph's two files, whole or not at all, and return what is to be told of it; raise OSError.

    network: the image size and layers it was built for; grid: patches down and across.
    """
    facts.parent.mkdir(parents=True, exist_ok=True)
    path = facts.with_suffix(".xml")
    unfinished = facts.with_name(f"{uuid4().hex}.xml")
    try:
        openvino.save_model(model, unfinished, compress_to_fp16=False)
        hashes = sha256_of(unfinished), sha256_of(unfinished.with_suffix(".bin"))
        for suffix in (".xml", ".bin"):
            os.replace(unfinished.with_suffix(suffix), path.with_suffix(suffix))  # noqa: PTH105 - a move, not a copy
    finally:
        for suffix in (".xml", ".bin"):
            unfinished.with_suffix(suffix).unlink(missing_ok=True)
    return Graph(path.name, *hashes, *network, *grid)


def tell_graph(graph: Graph, facts: Path) -> None:
    """Tell of a graph: once this is written, it is used; raise OSError."""
    unfinished = facts.with_name(f"{uuid4().hex}.part")
    try:
        unfinished.write_text(json.dumps(asdict(graph)))
        unfinished.replace(facts)
    finally:
        unfinished.unlink(missing_ok=True)
