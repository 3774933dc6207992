"""The second reader: what a question wants and what shapes it, learned from example phrases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from agent.assistant.reading.logistic import Logistic, fit_logistic
from agent.assistant.reading.reading import Intent
from agent.assistant.reading.sentences import SentenceEncoder, Vectors
from agent.assistant.reading.signals import spoken

NONE = "none"
PENALTY = 0.1
AT_ONCE = 256
THREADS = 2
# How much a rule's word weighs beside the 384 numbers of the sentence, whose squares sum to 1.
SIGNAL = 0.5
COUNTED = {Intent.COUNT, Intent.GROUP, Intent.LIST, Intent.TOP, Intent.COMPARE, Intent.TREND, Intent.HOTSPOTS}
# What shapes a question, and the intents whose examples teach it.
SHAPED_BY: dict[str, set[Intent]] = {
    "figure": COUNTED | {Intent.LABELS},
    "without": {Intent.COUNT, Intent.GROUP, Intent.LIST, Intent.TOP},
    "group": {Intent.COUNT, Intent.GROUP, Intent.TREND, Intent.LABELS, Intent.LIST, Intent.TOP},
    "order": {Intent.LIST, Intent.INCIDENTS, Intent.TOP},
    "states": {Intent.INCIDENTS, Intent.OUTAGES, Intent.SILENCES},
}


@dataclass(frozen=True, slots=True)
class Example:
    """A phrase with what it wants; shape holds a word for each of SHAPED_BY, `none` where it says nothing."""

    masked: str
    signals: frozenset[str]
    intent: Intent
    shape: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely each intent is, and each word of what shapes it, likeliest first; each sums to 1."""

    intents: dict[Intent, float]
    shapes: dict[str, dict[str, float]]

    @property
    def best(self) -> Intent:
        """The likeliest intent."""
        return next(iter(self.intents))


class LearnedReader:
    """Logistic regressions over a sentence's vector and the rules' words: stacking (Wolpert 1992)."""

    def __init__(self, encoder: SentenceEncoder, signals: Sequence[str], heads: Mapping[str, Logistic]) -> None:
        self._encoder = encoder
        self.signals = tuple(signals)
        self.heads = dict(heads)

    def guess(self, masked: str, signals: Iterable[str]) -> Guess:
        """Return what a masked question may want, given what the rules make of it."""
        row = features(self._encoder.vectors([spoken(masked)]), [frozenset(signals)], self.signals)
        likely = {name: _ranked(head, row) for name, head in self.heads.items()}
        intents = {Intent(name): chance for name, chance in likely.pop("intent").items()}
        return Guess(intents, likely)


def learn(encoder: SentenceEncoder, examples: Sequence[Example], go_on: Callable[[], object] = bool) -> LearnedReader:
    """Fit the reader to examples: one regression for the intent, one for each thing that shapes it.

    go_on: called every few seconds; what it raises ends the learning.
    """
    signals = sorted(set().union(*(one.signals for one in examples)))
    rows = features(_vectors(encoder, examples, go_on), [one.signals for one in examples], signals)
    heads = {"intent": fit_logistic(rows, [one.intent for one in examples], penalty=PENALTY)}
    for name, intents in SHAPED_BY.items():
        go_on()
        at = [number for number, one in enumerate(examples) if one.intent in intents and one.shape]
        heads[name] = fit_logistic(rows[at], [examples[number].shape[name] for number in at], penalty=PENALTY)
    return LearnedReader(encoder, signals, heads)


def _vectors(encoder: SentenceEncoder, examples: Sequence[Example], go_on: Callable[[], object]) -> Vectors:
    """Return a vector for each example, (n, 384), from two threads: a sentence takes one, and they are many."""
    batches = [
        [spoken(one.masked) for one in examples[start : start + AT_ONCE]] for start in range(0, len(examples), AT_ONCE)
    ]
    found = []
    pool = ThreadPoolExecutor(THREADS)
    try:
        for vectors in pool.map(encoder.vectors, batches):
            go_on()
            found.append(vectors)
    finally:
        pool.shutdown(cancel_futures=True)
    return np.vstack(found)


def features(vectors: Vectors, signals: Sequence[frozenset[str]], names: Sequence[str]) -> Vectors:
    """Put vectors, (n, 384), beside which of the named signals each has; unknown signals are left out."""
    column = {name: number for number, name in enumerate(names)}
    flags = np.zeros((len(vectors), len(names)), dtype=np.float32)
    for row, found in enumerate(signals):
        flags[row, [column[name] for name in found if name in column]] = SIGNAL
    return np.hstack([vectors, flags])


def _ranked(head: Logistic, row: Vectors) -> dict[str, float]:
    chances = head.probabilities(row)[0]
    return {head.classes[at]: float(chances[at]) for at in np.argsort(-chances)}
