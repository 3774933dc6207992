"""Who may change what: full members of the team, or those the settings name; everybody else is refused, visibly."""

from collections.abc import Collection, Mapping
from typing import Self

import structlog
from slack_sdk import WebClient

from agent.notifiers.slack_errors import SlackTrouble, explain
from config.team import Right, SlackSettings

logger = structlog.get_logger()
NOT_HERE = "Oddspot's settings allow this only in other channels."
NOT_NAMED = "Only people named in Oddspot's settings may do this."
NOT_NAMED_FOR_THIS = "Only people named for this in Oddspot's settings may do it."
GROUP = "S"  # how ids of user groups begin
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

    def __init__(
        self,
        client: WebClient,
        allowed_users: Collection[str],
        allowed_groups: Collection[str] = (),
        allowed_channels: Collection[str] = (),
        may: Mapping[Right, Collection[str]] | None = None,
    ) -> None:
        self._client = client
        self._allowed_users = frozenset(allowed_users)
        self._allowed_groups = tuple(allowed_groups)
        self._allowed_channels = frozenset(allowed_channels)
        self._may = dict(may or {})

    @classmethod
    def of(cls, client: WebClient, slack: SlackSettings) -> Self:
        """Return what the settings say, all of it: whoever leaves a part out lets people in."""
        return cls(client, slack.allowed_users, slack.allowed_groups, slack.allowed_channels, slack.may)

    def refusal(self, user: str, *, team: str, channel: str | None = None, right: Right | None = None) -> str | None:
        """Return why a person may not change anything, None where they may; in doubt they may not.

        channel: where it was pressed; None for a modal, which was opened where that was allowed. right: what it needs;
        None for what everybody may who may anything.
        """
        if channel is not None and self._allowed_channels and channel not in self._allowed_channels:
            return NOT_HERE
        if not self._is_named(user):
            return NOT_NAMED
        if right in self._may and not self._is_among(user, self._may[right]):
            return NOT_NAMED_FOR_THIS
        try:
            person = self._client.users_info(user=user)["user"]
        except SlackTrouble as error:
            logger.warning("person_not_looked_up", user=user, reason=explain(user, error).reason)
            return UNKNOWN
        for flag, words in REFUSALS.items():
            if person.get(flag):
                return words
        return REFUSALS["is_stranger"] if person.get("team_id") not in {None, "", team} else None

    def _is_named(self, user: str) -> bool:
        """Say whether the settings let this person in, by name or by a group; where they name nobody, everybody."""
        if not self._allowed_users and not self._allowed_groups:
            return True
        return self._is_among(user, (*self._allowed_users, *self._allowed_groups))

    def _is_among(self, user: str, ids: Collection[str]) -> bool:
        """Say whether a person is named, by their own id or by that of a group of theirs."""
        groups = (one for one in ids if one.startswith(GROUP) or one in self._allowed_groups)
        return user in ids or any(user in self._members(group) for group in groups)

    def _members(self, group: str) -> Collection[str]:
        try:
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
        except SlackTrouble as error:
            logger.warning("group_not_looked_up", group=group, reason=explain(group, error).reason)
            return frozenset()
