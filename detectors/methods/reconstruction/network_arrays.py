"""A network's weights as plain arrays, and back."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from detectors.methods.port import Arrays

PREFIX = "network."

Network = TypeVar("Network", bound=nn.Module)


def build_seeded(build: Callable[[], Network], seed: int) -> Network:
    """Return a network whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def network_arrays(network: nn.Module) -> Arrays:
    """Return every weight as an array, its name after `network.`."""
    return {f"{PREFIX}{name}": tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}


def fill_network(network: nn.Module, arrays: Arrays) -> None:
    """Take over the weights in `arrays`, ready to score; raise KeyError or ValueError where they do not fit."""
    state = {
        name: torch.from_numpy(np.array(arrays[f"{PREFIX}{name}"])).to(tensor.dtype)
        for name, tensor in network.state_dict().items()
    }
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(str(error)) from error
    network.eval().requires_grad_(requires_grad=False)
