"""A local Slack for tests: Web API, files, Socket Mode, people, faults and an oracle."""

from tests.servers.slack.people import NothingToPressError
from tests.servers.slack.records import Call, Channel, Envelope, Message, Person, StoredFile, Version
from tests.servers.slack.server import LocalSlack
from tests.servers.slack.workspace import ANNA, APP, BEN, BOT, BOT_USER, GUEST, STRANGER, TEAM

__all__ = [
    "ANNA",
    "APP",
    "BEN",
    "BOT",
    "BOT_USER",
    "GUEST",
    "STRANGER",
    "TEAM",
    "Call",
    "Channel",
    "Envelope",
    "LocalSlack",
    "Message",
    "NothingToPressError",
    "Person",
    "StoredFile",
    "Version",
]
