"""The methods there are, by name."""

from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import Method
from detectors.methods.whole_image import WholeImage

METHODS: dict[str, Method] = {method.name: method for method in (PatchCore(), PaDiM(), WholeImage())}
