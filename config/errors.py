"""The base of every error Oddspot raises on purpose."""


class OddspotError(Exception):
    """Something that could not be done, said in one sentence; `permanent` says whether trying again is useless."""

    permanent: bool = True
