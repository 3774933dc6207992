"""Bring a fitted method back from a bundle, loading torch only for those that need it."""

from detectors.methods.memories import METHODS
from detectors.methods.port import Arrays, FittedMethod, MethodError, Restorable


def restore_method(name: str, arrays: Arrays) -> FittedMethod:
    """Return what `arrays()` described; raise MethodError for a method not known, KeyError or ValueError as it does."""
    method: Restorable | None = METHODS.get(name)
    if method is None:
        from detectors.methods.registry import TRAINED  # noqa: PLC0415 - loads torch, and seconds pass

        method = TRAINED.get(name)
    if method is None:
        raise MethodError(f"{name} is no method that this version of Oddspot knows.")
    return method.restore(arrays)
