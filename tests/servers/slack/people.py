"""Play the people of the workspace: what they write, press, choose and open."""

from collections.abc import Iterable

from tests.servers.slack import payloads
from tests.servers.slack.blocks import elements_of
from tests.servers.slack.files import mimetype_of, new_file_id
from tests.servers.slack.gateway import Gateway
from tests.servers.slack.records import Channel, Envelope, Json, Message, StoredFile
from tests.servers.slack.wire import message_json
from tests.servers.slack.workspace import ANNA, BOT_USER, Workspace

Attachment = tuple[str, bytes]


class NothingToPressError(Exception):
    """The message a person looks at has no such button."""

    def __init__(self, action_id: str, seen: list[str]) -> None:
        super().__init__(f"There is no {action_id!r} to press; there are {seen}")


class People:
    """Everything a person can do; each act reaches the app as Slack would tell it."""

    def __init__(
        self, workspace: Workspace, gateway: Gateway, events: tuple[str, ...], commands: tuple[str, ...]
    ) -> None:
        self._workspace = workspace
        self._gateway = gateway
        self._events = events
        self._commands = commands

    def say(
        self, channel: str, text: str, user: str, thread_ts: str | None = None, files: Iterable[Attachment] = ()
    ) -> Message:
        """Write a message; the app hears of it as `message`, and as `app_mention` too where it is named."""
        with self._workspace.changing():
            place = self._workspace.channel(channel)
            stored = [self._share(user, name, content) for name, content in files]
            values: Json = {"subtype": "file_share", "files": [one.id for one in stored]} if stored else {}
            message = self._workspace.add_message(place, user, text, thread_ts=thread_ts, **values)
            for one in stored:
                one.shares.append((place.id, message.ts, thread_ts))
            shown = message_json(message, self._workspace) | {"channel": place.id, "event_ts": message.ts}
        shown["client_msg_id"] = message.ts
        if f"<@{BOT_USER}>" in text and not place.is_im and place.is_member:
            self.tell(shown | {"type": "app_mention"})
        self.tell(shown | {"channel_type": {"im": "im", "groups": "group"}.get(place.kind, "channel")})
        return message

    def tell(self, event: Json) -> Envelope | None:
        """Send an event if the manifest subscribes to it and the app is in the channel."""
        if not self._is_heard(event):
            return None
        return self._gateway.publish("events_api", payloads.event_payload(event))

    def click(self, message: Message | str, action_id: str, user: str = ANNA, value: str | None = None) -> Envelope:
        """Press a button (or choose the option `value`) in a message as it stands; of alike ones that of `value`."""
        stored, channel = self._find(message)
        shown = message_json(stored, self._workspace)
        pairs = [(element, block) for block in stored.blocks for element in elements_of(block)]
        found = [(element, block) for element, block in pairs if element["action_id"] == action_id]
        if not found:
            raise NothingToPressError(action_id, [element["action_id"] for element, _ in pairs])
        pressed = next((pair for pair in found if value is not None and pair[0].get("value") == value), found[0])
        action = payloads.action_part(*pressed, value)
        links = self._links(channel, stored.ts, user)
        return self._interact(payloads.actions_payload(channel, shown, self._person(user), action, links))

    def slash(self, text: str, user: str = ANNA, channel: str = "oddspot", command: str = "/oddspot") -> Envelope:
        """Type a slash command."""
        if command not in self._commands:
            message = f"{command} is not a valid command; the manifest has {self._commands}"
            raise ValueError(message)
        place, name = self._workspace.channel(channel), self._workspace.people[user].name
        links = self._links(place, None, user)
        return self._gateway.publish(
            "slash_commands", payloads.command_payload(place, user, name, command, text, links)
        )

    def submit_view(self, view: Json | str, values: Json, user: str = ANNA) -> Envelope:
        """Press a modal's submit button; the answer (errors, update) is in the envelope's response."""
        shown = self._workspace.views[view if isinstance(view, str) else view["id"]]
        trigger = self._workspace.new_trigger(user)
        return self._interact(payloads.submission_payload(shown, self._person(user), values, trigger))

    def shortcut(self, callback_id: str, user: str = ANNA, message: Message | str | None = None) -> Envelope:
        """Choose a shortcut, of a message where one is given."""
        if message is None:
            trigger = self._workspace.new_trigger(user)
            return self._interact(payloads.shortcut_payload(self._person(user), callback_id, trigger))
        stored, channel = self._find(message)
        links, shown = self._links(channel, stored.ts, user), message_json(stored, self._workspace)
        person = self._person(user)
        return self._interact(payloads.message_action_payload(channel, shown, person, callback_id, links))

    def react(self, message: Message | str, emoji: str, user: str = ANNA) -> Envelope | None:
        """Put an emoji on a message."""
        stored, channel = self._find(message)
        with self._workspace.changing():
            stored.reactions.setdefault(emoji, []).append(user)
        item = {"type": "message", "channel": channel.id, "ts": stored.ts}
        event = {"type": "reaction_added", "user": user, "reaction": emoji, "item": item, "item_user": stored.user}
        return self.tell(event | {"event_ts": self._workspace.next_ts()})

    def open_home(self, user: str = ANNA, tab: str = "home") -> Envelope | None:
        """Open the app's Home or Messages tab."""
        channel = self._workspace.direct(user)
        event = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        return self.tell(event | {"event_ts": self._workspace.next_ts()})

    def _is_heard(self, event: Json) -> bool:
        kinds = {"im": "message.im", "group": "message.groups", "channel": "message.channels"}
        name = kinds.get(str(event.get("channel_type")), "message") if event["type"] == "message" else event["type"]
        channel = self._workspace.channels.get(str(event.get("channel")))
        return name in self._events and (channel is None or channel.is_member)

    def _interact(self, payload: Json) -> Envelope:
        return self._gateway.publish("interactive", payload)

    def _person(self, user: str) -> Json:
        return payloads.user_part(user, self._workspace.people[user].name)

    def _links(self, channel: Channel, ts: str | None, user: str) -> Json:
        response_url = self._workspace.new_response_url(channel.id, ts, user)
        return {"trigger_id": self._workspace.new_trigger(user), "response_url": response_url}

    def _find(self, message: Message | str) -> tuple[Message, Channel]:
        ts = message if isinstance(message, str) else message.ts
        for stored in self._workspace.messages:
            if stored.ts == ts and not stored.is_deleted:
                return stored, self._workspace.channels[stored.channel]
        raise LookupError(ts)

    def _share(self, user: str, name: str, content: bytes) -> StoredFile:
        mimetype = mimetype_of(name, content)
        stored = StoredFile(new_file_id(), name, len(content), user, title=name, content=content, mimetype=mimetype)
        stored.is_completed = stored.is_ready = True
        self._workspace.files[stored.id] = stored
        return stored
