"""A question as it is read: its text, with what has been understood already covered by masks."""

import re

from agent.assistant.reading.known import without_accents

PLAIN = {"\u2018": "'", "\u2019": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
APOSTROPHES = str.maketrans(PLAIN | {"\u00a0": " "})
CONTRACTIONS = (
    (re.compile(r"\b(what|where|who|how|when|that|it|there|here)'s\b"), r"\1 is"),
    (re.compile(r"\b(what|how|where|who)s\b"), r"\1 is"),
    (re.compile(r"\b(can|could|would|do|does|did|is|are|was|were|has|have|had)n't\b"), r"\1 not"),
    (re.compile(r"\b(\w+?)'s\b"), r"\1"),
)
MENTION = re.compile(r"<[@#!][^>]*>|^@?oddspot[,:]?\s+|,?\s+(?:please|pls|thanks|thank you)[.!?]*$", re.IGNORECASE)
# A date may end in a point of its own: `on 03.03.`.
ENDING = re.compile(r"(?<!\d\.\d)(?<!\d\.\d\d)[\s?!.…]+$|(?<=\.)[\s?!…]+$|[\s?!…]+$")
MASK = "\x00"


class Question:
    """A question's normalised text; `cover` hides a stretch and puts a mask word where it stood."""

    def __init__(self, text: str) -> None:
        self.original = text
        self.cased = without_accents(self._normalised(text))
        self.text = self.cased.lower() if len(self.cased.lower()) == len(self.cased) else self.cased
        self.rest = self.text
        self._masks: list[tuple[int, int, str]] = []

    def cover(self, start: int, end: int, mask: str) -> None:
        """Take a stretch out of what is still to be read."""
        self.rest = self.rest[:start] + MASK * (end - start) + self.rest[end:]
        self._masks.append((start, end, mask))

    def masked(self) -> str:
        """Return the text with mask words where stretches were covered."""
        shown, position = [], 0
        for start, end, mask in sorted(self._masks):
            shown += [self.text[position:start], f" {mask} "]
            position = max(position, end)
        shown.append(self.text[position:])
        return " ".join("".join(shown).replace(",", " ").split()).strip(" ?!.:;-")

    def left(self) -> str:
        """Return what nothing has covered yet, in single spaces."""
        return " ".join(self.rest.replace(MASK, " ").split())

    def before(self, start: int, length: int = 24) -> str:
        """Return the text just before a position."""
        return self.text[max(0, start - length) : start]

    @staticmethod
    def _normalised(text: str) -> str:
        plain = MENTION.sub(" ", text.translate(APOSTROPHES))
        plain = ENDING.sub("", " ".join(plain.split()))
        for pattern, replacement in CONTRACTIONS:
            plain = pattern.sub(replacement, plain)
        return plain
