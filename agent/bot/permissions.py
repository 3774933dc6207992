"""Who may change what: full members of the team, or those the settings name; everybody else is refused, visibly."""

from collections.abc import Collection

import structlog
from slack_sdk import WebClient

from agent.notifiers.slack_errors import SlackTrouble, explain

logger = structlog.get_logger()
NOT_NAMED = "Only people named in Oddspot's settings may do this."
UNKNOWN = "Slack did not say who you are, so nothing was changed. Please try again."
REFUSALS = {
    "is_bot": "Bots may not do this.",
    "deleted": "This account is closed.",
    "is_stranger": "People of another company may not do this.",
    "is_restricted": "Guests may not do this.",
    "is_ultra_restricted": "Guests may not do this.",
}


class Permissions:
    """Decides by the settings and by what Slack says of a person now."""

    def __init__(self, client: WebClient, allowed_users: Collection[str]) -> None:
        self._client = client
        self._allowed_users = frozenset(allowed_users)

    def refusal(self, user: str, *, team: str) -> str | None:
        """Return why a person may not change anything, None where they may; in doubt they may not."""
        if self._allowed_users and user not in self._allowed_users:
            return NOT_NAMED
        try:
            person = self._client.users_info(user=user)["user"]
        except SlackTrouble as error:
            logger.warning("person_not_looked_up", user=user, reason=explain(user, error).reason)
            return UNKNOWN
        for flag, words in REFUSALS.items():
            if person.get(flag):
                return words
        return REFUSALS["is_stranger"] if person.get("team_id") not in {None, "", team} else None
