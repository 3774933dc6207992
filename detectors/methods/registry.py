"""The methods there are, by name."""

from detectors.methods.memories import METHODS
from detectors.methods.port import Restorable, TrainedMethod
from detectors.methods.reconstruction.autoencoder import Autoencoder
from detectors.methods.reconstruction.ganomaly import Ganomaly
from detectors.methods.reconstruction.transformer import Transformer
from detectors.methods.sampling.neural_sampling import NeuralSampling
from detectors.methods.supervised.devnet import DevNet
from detectors.methods.supervised.residual import Residual
from detectors.methods.supervised.simplenet import SimpleNet

__all__ = ["METHODS", "RESTORABLE", "TRAINED"]

TRAINED: dict[str, TrainedMethod] = {
    method.name: method
    for method in (Transformer(), Autoencoder(), Ganomaly(), Residual(), SimpleNet(), DevNet(), NeuralSampling())
}
RESTORABLE: dict[str, Restorable] = {**METHODS, **TRAINED}
