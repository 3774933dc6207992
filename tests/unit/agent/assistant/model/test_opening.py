import pytest

from agent.assistant.errors import ModelError
from agent.assistant.model.opening import Place, open_model, places_of
from config.team import AssistantSettings

LOCAL = "http://127.0.0.1:11434/v1"


def settings(**values: object) -> AssistantSettings:
    return AssistantSettings.model_validate(values)


def secret(place: Place) -> str | None:
    return place.api_key.get_secret_value() if place.api_key else None


def test_asks_nobody_without_a_model_and_one_without_a_fallback() -> None:
    assert places_of(settings(fallback_model="openai:b")) == []
    assert [place.model for place in places_of(settings(model="openai:a"))] == ["openai:a"]


def test_keeps_a_fallback_of_the_same_provider_on_the_same_server() -> None:
    _, second = places_of(settings(model="openai:a", base_url=LOCAL, api_key="k", fallback_model="openai:b"))

    assert (second.model, second.base_url, secret(second)) == ("openai:b", LOCAL, "k")


def test_sends_no_key_and_no_address_of_one_provider_to_another() -> None:
    _, second = places_of(settings(model="openai:a", base_url=LOCAL, api_key="k", fallback_model="anthropic:b"))

    assert (second.base_url, secret(second)) == (None, None)


def test_sends_no_key_to_another_server() -> None:
    _, second = places_of(
        settings(model="openai:a", api_key="k", fallback_model="openai:b", fallback_base_url="http://127.0.0.1:1/v1")
    )

    assert (second.base_url, secret(second)) == ("http://127.0.0.1:1/v1", None)


def test_takes_the_fallbacks_own_server_and_key() -> None:
    given = settings(
        model="openai:a", api_key="k", fallback_model="openai:b", fallback_base_url=LOCAL, fallback_api_key="own"
    )

    _, second = places_of(given)

    assert (second.base_url, secret(second)) == (LOCAL, "own")


@pytest.mark.parametrize("model", ["nobody:nothing", "nonsense", ""])
def test_says_which_model_there_is_none_of(model: str) -> None:
    with pytest.raises(ModelError, match="did not answer"):
        open_model(Place(model, None, None), settings(model=model or None))
