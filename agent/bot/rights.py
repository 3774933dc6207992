"""Which right each thing a person can press or confirm needs, as `slack.may` names them."""

from agent.assistant.proposals import ProposedAct
from agent.bot.acts import Act
from agent.messages.incident_buttons import (
    ACKNOWLEDGE,
    DEFECT,
    DETAILS,
    EXPLAIN,
    FALSE_ALARM,
    SILENCE,
    SILENCE_LIKE,
    SIMILAR,
    UNSURE,
)
from agent.messages.notices import GO_LIVE
from config.team import Right
from storage.database import Database
from storage.repositories.audit import act_by_id
from storage.repositories.undoing import LABEL
from storage.repositories.undoing import SILENCE as SILENCED

OF_BUTTONS: dict[str, Right] = {
    DEFECT: "label",
    FALSE_ALARM: "label",
    UNSURE: "label",
    DETAILS: "label",
    ACKNOWLEDGE: "acknowledge",
    SILENCE: "silence",
    SILENCE_LIKE: "silence",
    SIMILAR: "ask",
    EXPLAIN: "ask",
    GO_LIVE: "change",
}
OF_PROPOSALS: dict[ProposedAct, Right] = {
    ProposedAct.ACKNOWLEDGE: "acknowledge",
    ProposedAct.RESOLVE: "acknowledge",
    ProposedAct.LABEL: "label",
    ProposedAct.SILENCE: "silence",
    ProposedAct.THRESHOLD: "change",
    ProposedAct.REFIT: "change",
}


def right_to_undo(database: Database, act: Act) -> Right:
    """Return the right that what is taken back needed; the widest where that is not known."""
    if not act.value.isascii() or not act.value.isdigit():
        return "change"
    with database.reading() as session:
        undone = act_by_id(session, act.row_id)
    if undone is None:
        return "change"
    return "label" if undone.action == LABEL else "silence" if undone.action == SILENCED else "acknowledge"
