from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from agent.assistant.model.conversation import MOST_MESSAGES, SCHEMA, Conversation, open_conversation
from tests.servers.postgres import PostgresServer, libpq_url


@pytest.fixture(params=["sqlite", "postgresql"])
def conversation(request: pytest.FixtureRequest, tmp_path: Path) -> Conversation:
    if request.param == "sqlite":
        return open_conversation(f"sqlite:///{tmp_path / 'oddspot.db'}", tmp_path)
    server = request.getfixturevalue("postgres")
    assert isinstance(server, PostgresServer)
    return open_conversation(server.url, tmp_path)


def test_keeps_threads_apart_and_only_their_last_messages(conversation: Conversation) -> None:
    for number in range(MOST_MESSAGES):
        conversation.add("one", f"question {number}", f"answer {number}")
    conversation.add("two", "hello", "there")

    texts = [message.text for message in conversation.messages("one")]

    assert len(texts) == MOST_MESSAGES
    assert texts[-2:] == [f"question {MOST_MESSAGES - 1}", f"answer {MOST_MESSAGES - 1}"]
    assert [message.text for message in conversation.messages("two")] == ["hello", "there"]
    assert conversation.messages("three") == []


def test_forgets_threads_in_which_nothing_was_asked_for_long(conversation: Conversation) -> None:
    conversation.add("old", "hello", "there")
    conversation.add("asked again", "hello", "there")
    between = datetime.now(UTC)
    conversation.add("asked again", "and now?", "still there")

    conversation.forget(between - timedelta(minutes=1))
    assert len(conversation.messages("old")) == 2

    conversation.forget(between)
    assert conversation.messages("old") == []
    assert len(conversation.messages("asked again")) == 4


def test_forgets_what_is_older_than_it_keeps_when_something_is_asked(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.add("old", "hello", "there")
    monkeypatch.setattr("agent.assistant.model.conversation.KEPT", timedelta())

    conversation.add("new", "hello", "there")

    assert conversation.messages("old") == []


def test_keeps_to_its_own_schema(postgres: PostgresServer, tmp_path: Path) -> None:
    open_conversation(postgres.url, tmp_path).add("thread", "question", "answer")

    with psycopg.connect(libpq_url(postgres.url)) as connection:
        rows = connection.execute("SELECT table_schema FROM information_schema.tables WHERE table_name = 'checkpoints'")
        assert rows.fetchall() == [(SCHEMA,)]
