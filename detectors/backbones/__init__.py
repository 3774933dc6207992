"""Frozen networks as feature extractors: any timm or torchvision name, convolutional or a transformer of patches."""

from detectors.backbones.backbone import STRIDES, Backbone

__all__ = ["STRIDES", "Backbone"]
