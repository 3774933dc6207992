import copy
import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from detectors.methods.port import MethodError
from detectors.methods.training import Outcome, Schedule, rate_at, train_network
from tests.unit.detectors.methods.reconstruction.trainings import MemoryCheckpoints, is_equal, make_training

SCHEDULE = Schedule(steps=60, batch=8, learning_rate=0.1, weight_decay=0.0, look_every=5, patience=100)
INPUTS = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
WANTED = INPUTS @ torch.tensor([[1.0], [-2.0], [0.5]])


def make_network() -> nn.Module:
    network = nn.Linear(3, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    return network


def error_of(network: nn.Module) -> float:
    with torch.no_grad():
        return float((network(INPUTS) - WANTED).square().mean())


def run(
    network: nn.Module,
    *,
    checkpoints: MemoryCheckpoints | None = None,
    stop_at: int | None = None,
    nan_at: int | None = None,
    schedule: Schedule = SCHEDULE,
    held_out: list[float] | None = None,
    seconds: float = 60.0,
) -> Outcome:
    calls = 0

    def loss_of(batch: Tensor, generator: torch.Generator) -> Tensor:
        nonlocal calls
        calls += 1
        noise = 0.01 * torch.randn(len(batch), 3, generator=generator)
        loss: Tensor = (network(INPUTS[batch] + noise) - WANTED[batch]).square().mean()
        return loss * math.nan if calls == nan_at else loss

    return train_network(
        network,
        examples=len(INPUTS),
        loss_of=loss_of,
        held_out_loss=lambda: held_out.pop(0) if held_out else error_of(network),
        schedule=schedule,
        training=make_training(checkpoints=checkpoints, stop_at=stop_at, seconds=seconds),
    )


def test_learns() -> None:
    network = make_network()

    outcome = run(network)

    assert outcome.steps == 60
    assert error_of(network) < 0.05
    assert not network.training


def test_gives_the_same_network_for_the_same_seed() -> None:
    one, other = make_network(), make_network()

    run(one)
    run(other)

    assert is_equal(one.state_dict(), other.state_dict())


def test_ends_after_ctrl_c_as_an_uninterrupted_training_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.methods.training.SAVE_SECONDS", 0.0)
    whole, resumed, checkpoints = make_network(), make_network(), MemoryCheckpoints()
    expected = run(whole)

    with pytest.raises(KeyboardInterrupt):
        run(make_network(), checkpoints=checkpoints, stop_at=33)
    outcome = run(resumed, checkpoints=checkpoints)

    assert len(checkpoints.saved) == 60
    assert outcome == expected
    assert is_equal(resumed.state_dict(), whole.state_dict())


def test_does_nothing_more_for_a_training_that_was_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detectors.methods.training.SAVE_SECONDS", 0.0)
    first, again, checkpoints = make_network(), make_network(), MemoryCheckpoints()
    run(first, checkpoints=checkpoints)

    run(again, checkpoints=checkpoints, nan_at=1)

    assert is_equal(again.state_dict(), first.state_dict())


def test_names_the_step_whose_loss_is_not_a_number_and_keeps_the_last_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("detectors.methods.training.SAVE_SECONDS", 0.0)
    checkpoints = MemoryCheckpoints()

    with pytest.raises(MethodError, match=r"loss at step 12 is nan"):
        run(make_network(), checkpoints=checkpoints, nan_at=12)

    assert len(checkpoints.saved) == 11
    assert all(bool(tensor.isfinite().all()) for tensor in checkpoints.saved[-1].values())


def test_names_the_step_whose_gradient_is_not_finite() -> None:
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)

    with pytest.raises(MethodError, match=r"gradient at step 1 is (nan|inf)"):
        train_network(
            network,
            examples=4,
            loss_of=lambda _batch, _generator: network.weight.sum().abs().sqrt(),
            held_out_loss=lambda: 0.0,
            schedule=SCHEDULE,
            training=make_training(),
        )


def test_stops_early_and_returns_to_its_best_state() -> None:
    network, seen = make_network(), []
    schedule = replace(SCHEDULE, patience=2)

    def held_out_loss() -> float:
        seen.append(copy.deepcopy(network.state_dict()))
        return [3.0, 1.0, 2.0, 2.0][len(seen) - 1]

    outcome = train_network(
        network,
        examples=len(INPUTS),
        loss_of=lambda batch, _: (network(INPUTS[batch]) - WANTED[batch]).square().mean(),
        held_out_loss=held_out_loss,
        schedule=schedule,
        training=make_training(),
    )

    assert outcome == Outcome(steps=20, best_loss=1.0, best_step=10)
    assert is_equal(network.state_dict(), seen[1])
    assert not is_equal(network.state_dict(), seen[3])


def test_stops_when_its_time_is_up_after_a_step_at_least() -> None:
    assert run(make_network(), seconds=0.0).steps == 1


def test_refuses_the_checkpoint_of_another_training() -> None:
    checkpoints = MemoryCheckpoints([{"numbers": torch.zeros(5)}])

    with pytest.raises(MethodError, match="of another training"):
        run(make_network(), checkpoints=checkpoints)


def test_warms_up_and_then_slows_down() -> None:
    rates = [rate_at(step, Schedule(steps=100, batch=1, learning_rate=1.0)) for step in range(100)]

    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == rates[4] == rates[5] == 1.0
    assert all(late < early for early, late in pairwise(rates[5:]))
    assert rates[-1] < 0.02
