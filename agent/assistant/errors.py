"""What a language model can fail with."""

from agent.errors import AgentError


class ModelError(AgentError):
    """The language model did not answer."""

    permanent = False

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"The language model {model} did not answer: {reason}")
