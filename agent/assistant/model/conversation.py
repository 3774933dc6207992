"""A thread's earlier questions and answers, kept by a LangGraph checkpointer with no pickle."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph

from storage.database import make_file_private, make_private

SCHEMA = "oddspot_threads"
MOST_MESSAGES = 12
KEPT = timedelta(days=30)
GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)  # from which such ids count tenths of a microsecond
NODE = "remember"
Saver = BaseCheckpointSaver[Any]
Graph = CompiledStateGraph[Any, Any, Any, Any]


class Conversation:
    """Questions and verified answers by thread; only the last few are kept, and none for longer than KEPT.

    open_saver: opens the checkpointer for one use, so that a database that went away is found again.
    """

    def __init__(self, open_saver: Callable[[], AbstractContextManager[Saver]]) -> None:
        self._open_saver = open_saver

    def messages(self, thread: str) -> list[AnyMessage]:
        """Return a thread's last questions and answers, oldest first."""
        with self._open_saver() as saver:
            return _messages(_graph(saver), thread)

    def add(self, thread: str, question: str, answer: str) -> None:
        """Add a question and the answer that was really given; what is older than the last few is forgotten."""
        with self._open_saver() as saver:
            graph = _graph(saver)
            kept = [*_messages(graph, thread), HumanMessage(question), AIMessage(answer)][-MOST_MESSAGES:]
            saver.delete_thread(thread)
            graph.update_state(_config(thread), {"messages": kept}, as_node=NODE)
            _forget(saver, datetime.now(UTC) - KEPT)

    def forget(self, before: datetime) -> None:
        """Forget the threads in which nothing was asked since."""
        with self._open_saver() as saver:
            _forget(saver, before)


def open_conversation(database_url: str, data_dir: Path) -> Conversation:
    """Return the memory: a schema of its own on PostgreSQL, else threads.db in data_dir."""
    if database_url.startswith("postgres"):
        address = "postgresql://" + database_url.split("://", 1)[1]
        return Conversation(lambda: _postgres_saver(address))
    return Conversation(lambda: _sqlite_saver(data_dir))


@contextmanager
def _sqlite_saver(data_dir: Path) -> Iterator[Saver]:
    make_private(data_dir)
    make_file_private(data_dir / "threads.db")
    with SqliteSaver.from_conn_string(str(data_dir / "threads.db")) as saver:
        saver.serde = _serde()
        yield saver


@contextmanager
def _postgres_saver(address: str) -> Iterator[Saver]:
    mark = "&" if "?" in address else "?"
    with PostgresSaver.from_conn_string(f"{address}{mark}options={quote(f'-c search_path={SCHEMA}')}") as saver:
        saver.conn.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")  # type: ignore[union-attr]  # a single connection
        saver.serde = _serde()
        saver.setup()
        yield saver


def _forget(saver: Saver, before: datetime) -> None:
    earlier: RunnableConfig = {"configurable": {"checkpoint_id": _first_id_of(before)}}
    for thread in {kept.config["configurable"]["thread_id"] for kept in saver.list(None, before=earlier)}:
        saver.delete_thread(thread)


def _first_id_of(moment: datetime) -> str:
    """Return what no checkpoint id of this moment comes before: they are UUIDs of version 6, in order of time."""
    ticks = (moment - GREGORIAN) // timedelta(microseconds=1) * 10
    return str(UUID(int=ticks >> 12 << 80 | 6 << 76 | (ticks & 0xFFF) << 64))


def _serde() -> JsonPlusSerializer:
    return JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)


def _graph(saver: Saver) -> Graph:
    graph = StateGraph(MessagesState)
    graph.add_node(NODE, RunnableLambda(_nothing))
    graph.add_edge(START, NODE)
    graph.add_edge(NODE, END)
    return graph.compile(checkpointer=saver)


def _messages(graph: Graph, thread: str) -> list[AnyMessage]:
    return list(graph.get_state(_config(thread)).values.get("messages", []))


def _config(thread: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread}}


def _nothing(_state: MessagesState) -> dict[str, list[AnyMessage]]:
    return {"messages": []}
