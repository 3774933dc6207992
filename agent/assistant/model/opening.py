"""The chat models that the settings name: the one to ask, and the one to ask where it fails."""

from dataclasses import dataclass
from typing import Any

from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from agent.assistant.errors import ModelError
from config.team import AssistantSettings

NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """A model and where it is served."""

    model: str
    base_url: str | None
    api_key: SecretStr | None


def places_of(settings: AssistantSettings) -> list[Place]:
    """Return the models in the order they are asked; what is local is never followed by a cloud nobody named."""
    if settings.model is None:
        return []
    first = Place(settings.model, settings.base_url, settings.api_key)
    if settings.fallback_model is None:
        return [first]
    is_same = _provider(settings.fallback_model) == _provider(settings.model)
    inherits = is_same and settings.fallback_base_url is None
    address = settings.base_url if inherits else settings.fallback_base_url
    key = settings.fallback_api_key or (settings.api_key if inherits else None)
    return [first, Place(settings.fallback_model, address, key)]


def open_model(place: Place, settings: AssistantSettings) -> BaseChatModel:
    """Make a chat model; raise ModelError."""
    options: dict[str, Any] = {"timeout": settings.time_limit_seconds, "max_retries": settings.retries}
    if settings.max_answer_tokens:
        options["max_tokens"] = settings.max_answer_tokens
    if place.base_url:
        options["base_url"] = place.base_url
    if place.api_key or place.base_url:
        options["api_key"] = place.api_key.get_secret_value() if place.api_key else NO_KEY
    try:
        model = init_chat_model(place.model, **options)
    except (ImportError, ValueError, TypeError) as error:
        raise ModelError(place.model, in_one_line(error)) from error
    if not isinstance(model, BaseChatModel):
        raise ModelError(place.model, "it is no chat model")
    return model


def in_one_line(error: Exception) -> str:
    """Return an error's words, short and in one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def _provider(model: str) -> str:
    return model.partition(":")[0] if ":" in model else ""
