"""The methods there are, by name."""

from detectors.methods.patchcore import PatchCore
from detectors.methods.port import Method

METHODS: dict[str, Method] = {PatchCore.name: PatchCore()}
