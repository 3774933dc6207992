"""The base of every error of the agent."""

from config.errors import OddspotError


class AgentError(OddspotError):
    """Something the agent could not do."""
