from typing import Any

import pytest

from agent.messages.incident_buttons import incident_buttons
from storage.records import Act
from tests.factories import NOON
from tests.unit.agent.messages.test_summaries import incident


@pytest.mark.parametrize(
    ("action", "word"),
    [
        ("label", "label"),
        ("incident_resolved", "resolution"),
        ("incident_dismissed", "dismissal"),
        ("incident_open", "last act"),
    ],
)
def test_offers_to_undo_every_act_on_an_incident(action: str, word: str) -> None:
    act = Act(7, NOON, "terminal:ada", action, "I-1", {}, 1)

    *_, menu = incident_buttons(incident(1), silence_minutes=60, defect_class=None, undoable=act)

    options: list[dict[str, Any]] = menu["options"]
    assert options[-1]["text"]["text"] == f"Undo the {word}"
