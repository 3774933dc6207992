"""The methods that learn by looking once, by name: what they have learnt scores without torch."""

from detectors.methods.blend import Blend
from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import Method
from detectors.methods.whitened import Whitened
from detectors.methods.whole_image import WholeImage
from detectors.methods.within_class import WithinClass

METHODS: dict[str, Method] = {
    method.name: method for method in (PatchCore(), PaDiM(), Blend(), Whitened(), WithinClass(), WholeImage())
}
