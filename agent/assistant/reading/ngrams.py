"""The second reader: nearness to example questions, by cosine over TF-IDF of words and letter n-grams."""

from collections import Counter
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from agent.assistant.reading.language import intent_language
from agent.assistant.reading.reading import Intent

LETTERS = (3, 4)
NEAREST = 3
LONGEST = 400


class NgramReader:
    """Examples as rows of one matrix; an intent's score is the mean of its nearest examples'."""

    def __init__(self, examples: tuple[tuple[str, str], ...]) -> None:
        self._intents = np.array([intent for intent, _ in examples])
        counted = [Counter(grams_of(text)) for _, text in examples]
        self._columns = {gram: number for number, gram in enumerate(sorted(set().union(*counted)))}
        matrix = np.zeros((len(examples), len(self._columns)), dtype=np.float32)
        for row, counts in enumerate(counted):
            for gram, count in counts.items():
                matrix[row, self._columns[gram]] = 1 + np.log(count)
        self._weights = np.log((1 + len(examples)) / (1 + (matrix > 0).sum(axis=0))) + 1
        self._matrix = _unit(matrix * self._weights)

    def scores(self, masked: str) -> dict[Intent, float]:
        """Return how near a masked question is to each intent, 0 to 1, nearest first."""
        nearness = self._matrix @ self._vector(masked[:LONGEST])
        scores = {
            Intent(str(intent)): float(np.sort(nearness[self._intents == intent])[-NEAREST:].mean())
            for intent in np.unique(self._intents)
        }
        best = {intent: float(nearness[self._intents == str(intent)].max()) for intent in scores}
        joined = {intent: (scores[intent] + best[intent]) / 2 for intent in scores}
        return dict(sorted(joined.items(), key=lambda pair: -pair[1]))

    def _vector(self, text: str) -> NDArray[np.float32]:
        vector = np.zeros(len(self._columns), dtype=np.float32)
        for gram, count in Counter(grams_of(text)).items():
            column = self._columns.get(gram)
            if column is not None:
                vector[column] = 1 + np.log(count)
        return np.asarray(_unit((vector * self._weights)[None, :])[0], dtype=np.float32)


@lru_cache
def ngram_reader(language: str = "english") -> NgramReader:
    """Return the reader over a language's examples."""
    return NgramReader(intent_language(language).examples)


def grams_of(text: str) -> list[str]:
    """Return words, pairs of words, and letters in threes and fours inside words."""
    words = text.split()
    grams = [f"w:{word}" for word in words]
    grams += [f"p:{one} {other}" for one, other in pairwise(words)]
    for word in words:
        edged = f"<{word}>"
        grams += [edged[at : at + size] for size in LETTERS for at in range(len(edged) - size + 1)]
    return grams


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms == 0, 1, norms), dtype=np.float32)
