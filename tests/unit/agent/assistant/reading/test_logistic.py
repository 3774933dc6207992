"""Multinomial logistic regression."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from agent.assistant.reading.logistic import Logistic, Rows, fit_logistic


def three_clouds(count: int = 240) -> tuple[Rows, list[str]]:
    random = np.random.default_rng(7)
    labels = [("count", "list", "trend")[number % 3] for number in range(count)]
    centres = {"count": (1.0, 0, 0, 0), "list": (0, 1.0, 0, 0), "trend": (0, 0, 1.0, 0)}
    rows = np.array([centres[label] for label in labels]) + random.normal(0, 0.4, (count, 4))
    return rows.astype(np.float32), labels


@pytest.mark.parametrize("penalty", [0.1, 1.0])
def test_finds_the_weights_another_solver_finds(penalty: float) -> None:
    rows, labels = three_clouds()

    found = fit_logistic(rows, labels, penalty=penalty).probabilities(rows)

    other = LogisticRegression(C=1 / penalty, max_iter=2000, tol=1e-8).fit(rows, labels).predict_proba(rows)
    assert np.abs(found - other).max() < 0.02


def test_gives_probabilities_in_the_order_of_its_classes() -> None:
    rows, labels = three_clouds()

    fitted = fit_logistic(rows, labels, penalty=0.1)

    chances = fitted.probabilities(np.array([[0, 1.2, 0, 0]], dtype=np.float32))
    assert fitted.classes == ("count", "list", "trend")
    assert chances.sum() == pytest.approx(1)
    assert fitted.classes[int(chances[0].argmax())] == "list"


def test_keeps_probabilities_finite_far_from_everything_it_was_fitted_to() -> None:
    fitted = Logistic(("a", "b"), np.array([[500.0, -500.0], [0, 0]], dtype=np.float32))

    assert np.isfinite(fitted.probabilities(np.array([[9.0], [-9.0]], dtype=np.float32))).all()
