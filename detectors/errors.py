"""The base of every error of the detectors."""

from config.errors import OddspotError


class DetectorError(OddspotError):
    """Something the detectors could not do."""
