"""The methods there are, by name."""

from detectors.methods.blend import Blend
from detectors.methods.padim import PaDiM
from detectors.methods.patchcore import PatchCore
from detectors.methods.port import Method, Restorable, TrainedMethod
from detectors.methods.reconstruction.autoencoder import Autoencoder
from detectors.methods.reconstruction.ganomaly import Ganomaly
from detectors.methods.reconstruction.transformer import Transformer
from detectors.methods.sampling.neural_sampling import NeuralSampling
from detectors.methods.supervised.devnet import DevNet
from detectors.methods.supervised.residual import Residual
from detectors.methods.supervised.simplenet import SimpleNet
from detectors.methods.whitened import Whitened
from detectors.methods.whole_image import WholeImage
from detectors.methods.within_class import WithinClass

METHODS: dict[str, Method] = {
    method.name: method for method in (PatchCore(), PaDiM(), Blend(), Whitened(), WithinClass(), WholeImage())
}
TRAINED: dict[str, TrainedMethod] = {
    method.name: method
    for method in (Transformer(), Autoencoder(), Ganomaly(), Residual(), SimpleNet(), DevNet(), NeuralSampling())
}
RESTORABLE: dict[str, Restorable] = {**METHODS, **TRAINED}
