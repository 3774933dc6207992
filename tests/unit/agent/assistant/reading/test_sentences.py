"""Sentences as vectors."""

import numpy as np
import pytest

from agent.assistant.reading import sentences
from agent.assistant.reading.sentences import SentencesError, sentence_encoder


def test_puts_sentences_of_one_meaning_nearer_than_those_of_another() -> None:
    asked, alike, other = sentence_encoder().vectors(
        ["how many parts were flagged yesterday", "number of rejects the day before", "who muted the camera"]
    )

    assert asked @ alike > asked @ other + 0.1


def test_gives_unit_vectors_that_do_not_depend_on_their_neighbours() -> None:
    texts = ["anything bad?", "a much longer sentence about the anomalies of the third line in the month of march"]

    together = sentence_encoder().vectors(texts)

    alone = np.vstack([sentence_encoder().vectors([text]) for text in texts])
    assert together.shape == (2, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert (together * alone).sum(axis=1) == pytest.approx([1, 1], abs=0.01)  # int8: a batch rounds a little otherwise


def test_reads_a_sentence_of_any_length() -> None:
    assert sentence_encoder().vectors(["anomalies " * 5000]).shape == (1, 384)


def test_refuses_a_file_that_is_not_the_known_one() -> None:
    with pytest.raises(SentencesError, match="not the one that is known"):
        sentences._checked(*sentences.MODEL, "0" * 64)


def test_says_what_to_do_where_a_package_is_missing() -> None:
    with pytest.raises(SentencesError, match="Install Oddspot again"):
        sentences._checked("no-such-package", "model.onnx", "0" * 64)
