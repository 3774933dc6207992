"""Frozen networks as feature extractors: any timm or torchvision name, convolutional or a transformer of patches."""

from detectors.backbones.backbone import Backbone, Runtime
from detectors.backbones.wanted import STRIDES, Precision

__all__ = ["STRIDES", "Backbone", "Precision", "Runtime"]
