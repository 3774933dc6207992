"""A network and its optimiser as named tensors, and back."""

import torch
from torch import Tensor, nn

State = dict[str, Tensor]

NETWORK = "network."
OPTIMISER = "optimiser."


def pack(network: nn.Module, optimiser: torch.optim.Optimizer) -> State:
    """Return copies of all weights and of the optimiser's moments."""
    state = within(NETWORK, network.state_dict())
    for index, moments in optimiser.state_dict()["state"].items():
        state |= within(f"{OPTIMISER}{index}.", moments)
    return state


def unpack(network: nn.Module, optimiser: torch.optim.Optimizer, state: State) -> None:
    """Take over what `pack` returned; raise RuntimeError or ValueError where it is of another network."""
    network.load_state_dict(under(NETWORK, state))
    moments: dict[int, State] = {}
    for name, tensor in under(OPTIMISER, state).items():
        index, _, moment = name.partition(".")
        moments.setdefault(int(index), {})[moment] = tensor.clone()
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})


def within(prefix: str, state: State) -> State:
    """Return copies of the tensors, the prefix before each name."""
    return {f"{prefix}{name}": tensor.detach().clone() for name, tensor in state.items()}


def under(prefix: str, state: State) -> State:
    """Return the tensors whose name has the prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
