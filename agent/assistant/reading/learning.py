"""The learned reader, fitted once on a machine and kept: its phrases, its words and its model decide when again."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import structlog
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from agent.assistant.reading import (
    cues,
    examples,
    language,
    learned,
    logistic,
    normal,
    question,
    shape,
    signals,
    spelling,
)
from agent.assistant.reading.examples import examples_of
from agent.assistant.reading.learned import Example, LearnedReader, learn
from agent.assistant.reading.logistic import Logistic
from agent.assistant.reading.sentences import MODEL_SHA256, WORDS_SHA256, SentenceEncoder, sentence_encoder
from agent.assistant.windows.language import WORDS
from agent.errors import AgentError
from storage.blobs import write_durably

SIGNALS = "signals"
# Whose code decides what is learned.
CODE = (cues, examples, language, learned, logistic, normal, question, shape, signals, spelling)

logger = structlog.get_logger(__name__)
_fitting = threading.Lock()
_readers: dict[Path, LearnedReader] = {}


class NotWantedError(AgentError):
    """Nobody waits for the reader any more."""

    def __init__(self) -> None:
        super().__init__("The reader was not learned: it was to stop.")


def learned_reader(data_dir: Path, is_wanted: Callable[[], bool] = lambda: True) -> LearnedReader:
    """Return the reader, fitted now where this machine has none yet, which takes half a minute.

    Raise SentencesError, and NotWantedError some seconds after is_wanted says no.
    """

    def go_on() -> None:
        if not is_wanted():
            raise NotWantedError

    with _fitting:  # whoever comes second waits for the first
        if data_dir not in _readers:
            _readers.clear()
            _readers[data_dir] = kept_or_learned(_folders(data_dir), _name(), sentence_encoder(), examples_of, go_on)
        return _readers[data_dir]


def kept_or_learned(
    folders: Sequence[Path],
    name: str,
    encoder: SentenceEncoder,
    phrases: Callable[[], Iterable[Example]],
    go_on: Callable[[], object] = bool,
) -> LearnedReader:
    """Return the reader kept in one of the folders, else learn it and keep it in the first that can be written."""
    for folder in folders:
        kept = _opened(folder / name, encoder)
        if kept is not None:
            return kept
    found = list(phrases())
    logger.info("reader_learns", phrases=len(found), why="once on this machine")
    reader = learn(encoder, found, go_on)
    for folder in folders:
        if _kept(reader, folder / name):
            break
    return reader


def is_learned(data_dir: Path) -> bool:
    """Say whether the reader is fitted already, so that nobody has to wait."""
    return any((folder / _name()).is_file() for folder in _folders(data_dir))


def _folders(data_dir: Path) -> tuple[Path, ...]:
    """Return where it is kept: the user's cache, or the data folder where that cannot be written."""
    cache = os.environ.get("XDG_CACHE_HOME")
    home = Path(cache) if cache else Path(os.environ.get("HOME") or "/nonexistent") / ".cache"
    return (home / "oddspot", data_dir)


@lru_cache
def _name() -> str:
    """Return a name that changes with everything that decides what is learned."""
    found = hashlib.sha256(f"{MODEL_SHA256} {WORDS_SHA256}".encode())
    for path in (*sorted(WORDS.glob("english_*.yaml")), *(Path(str(one.__file__)) for one in CODE)):
        found.update(path.read_bytes())
    return f"reader-{found.hexdigest()[:16]}.safetensors"


def _opened(path: Path, encoder: SentenceEncoder) -> LearnedReader | None:
    try:
        with safe_open(path, framework="np") as kept:
            words = {name: tuple(json.loads(text)) for name, text in (kept.metadata() or {}).items()}
            heads = {name: Logistic(words[name], kept.get_tensor(name)) for name in kept.keys()}  # noqa: SIM118 - no dict
            return LearnedReader(encoder, words[SIGNALS], heads)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        logger.warning("reader_not_kept_whole", file=path.name, reason=str(error))
        return None


def _kept(reader: LearnedReader, path: Path) -> bool:
    words = {name: json.dumps(head.classes) for name, head in reader.heads.items()}
    words[SIGNALS] = json.dumps(reader.signals)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(path, save({name: head.weights for name, head in reader.heads.items()}, words))
    except OSError as error:
        logger.info("reader_not_kept", reason=str(error))
        return False
    return True
