"""LocalSlack: a Slack of one's own on loopback, in a thread, with an oracle and faults on demand."""

from collections.abc import Iterable
from typing import Self

from aiohttp import web

from tests.servers.listener import Listener
from tests.servers.manifest import bot_events, bot_scopes, slash_commands
from tests.servers.slack.faults import Faults
from tests.servers.slack.gateway import Gateway
from tests.servers.slack.mischief import Mischief
from tests.servers.slack.oracle import WAIT_SECONDS, Oracle
from tests.servers.slack.people import Attachment, People
from tests.servers.slack.records import Channel, Envelope, Json, Message, Person
from tests.servers.slack.side_doors import SideDoors
from tests.servers.slack.signed_posts import SignedPoster
from tests.servers.slack.sockets import SocketHub
from tests.servers.slack.web import WebApi
from tests.servers.slack.workspace import ANNA, BOT_USER, Workspace


class LocalSlack(Oracle, Mischief):
    """A local Slack; use it as a context manager.

    api_url goes into `slack.api_url`; bot_token, app_token and signing_secret are what it accepts. The channel
    #oddspot exists, with the app in it; the people are Anna and Ben, a guest and a stranger.
    """

    bot_token = "xoxb-local-bot"
    app_token = "xapp-local-app"
    signing_secret = "local-signing-secret"

    def __init__(
        self, *, scopes: tuple[str, ...] | None = None, file_delay_seconds: float = 0.05, enforces_rate: bool = False
    ) -> None:
        workspace = Workspace(bot_scopes() if scopes is None else scopes)
        workspace.file_delay_seconds, workspace.enforces_rate = file_delay_seconds, enforces_rate
        self.faults = Faults()
        Oracle.__init__(self, workspace)
        Mischief.__init__(self, self.faults)
        self._listener = Listener("local-slack")
        self.gateway = Gateway(workspace, self._listener.loop)
        self.people = People(workspace, self.gateway, bot_events(), slash_commands())
        self.hub = SocketHub(workspace, self.gateway)
        self.gateway.carrier = self.hub
        workspace.publish, workspace.later = self.people.tell, self._listener.loop.call_later
        self.channel = self.add_channel("oddspot")

    def __enter__(self) -> Self:
        self._listener.start(self._routes())
        self.workspace.base_url = self.url
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.run(self.gateway.stop())
        self._listener.run(self.hub.cut())
        self._listener.stop()

    @property
    def url(self) -> str:
        """The server's address, without a slash at the end."""
        return self._listener.url

    @property
    def api_url(self) -> str:
        """The Web API's address, as `slack.api_url` and `WebClient(base_url=...)` want it."""
        return f"{self.url}/api/"

    def add_channel(self, name: str, *, is_private: bool = False, is_member: bool = True) -> Channel:
        """Create a channel, with the app in it unless said otherwise."""
        letter = "G" if is_private else "C"
        channel = Channel(f"{letter}0{name.upper().replace('-', '')}", name, is_private=is_private, is_member=is_member)
        with self.workspace.changing():
            self.workspace.channels[channel.id] = channel
        return channel

    def add_person(self, person: Person) -> None:
        """Let somebody into the workspace."""
        with self.workspace.changing():
            self.workspace.people[person.id] = person

    def mention(
        self,
        channel: str,
        text: str,
        user: str = ANNA,
        thread_ts: str | None = None,
        files: Iterable[Attachment] = (),
    ) -> Message:
        """Write a message that names the bot; the app gets app_mention and message, as from Slack."""
        return self.people.say(channel, f"<@{BOT_USER}> {text}", user, thread_ts, files)

    def say(self, channel: str, text: str, user: str = ANNA, thread_ts: str | None = None) -> Message:
        """Write a message that names nobody."""
        return self.people.say(channel, text, user, thread_ts)

    def direct_message(
        self, text: str, user: str = ANNA, thread_ts: str | None = None, files: Iterable[Attachment] = ()
    ) -> Message:
        """Write to the bot alone."""
        return self.people.say(self.workspace.direct(user).id, text, user, thread_ts, files)

    def click(self, message: Message | str, action_id: str, user: str = ANNA, value: str | None = None) -> Envelope:
        """Press a button in a message as it stands now."""
        return self.people.click(message, action_id, user, value)

    def slash(self, text: str, user: str = ANNA, channel: str = "oddspot", command: str = "/oddspot") -> Envelope:
        """Type a slash command."""
        return self.people.slash(text, user, channel, command)

    def submit_view(self, view: Json | str, values: Json, user: str = ANNA) -> Envelope:
        """Press a modal's submit button."""
        return self.people.submit_view(view, values, user)

    @property
    def envelopes(self) -> list[Envelope]:
        """Everything sent to the app, with its acknowledgements."""
        return list(self.gateway.envelopes)

    def wait_for_socket(self, timeout: float = WAIT_SECONDS) -> None:
        """Return once the app holds a socket."""
        self.wait_for(lambda: self.hub.sockets, timeout)

    def resend(self, envelope: Envelope, reason: str = "timeout") -> None:
        """Send an envelope again, as Slack does when an acknowledgement did not come."""
        self.gateway.resend(envelope, reason)

    def down(self) -> None:
        """Refuse every connection and cut those that are open."""
        self._listener.go_down()
        self.cut_sockets()

    def up(self) -> None:
        """Listen again, on the same port."""
        self._listener.go_up()

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to change its socket."""
        self._listener.run(self.hub.disconnect(reason))

    def cut_sockets(self) -> None:
        """End every socket without a word."""
        self._listener.run(self.hub.cut())

    def use_http(self, url: str, signing_secret: str | None = None) -> None:
        """Send everything as signed posts to a URL from now on, instead of over sockets."""
        self.gateway.carrier = SignedPoster(self.gateway, url, signing_secret or self.signing_secret)

    def _routes(self) -> list[web.RouteDef]:
        api = WebApi(self.workspace, self.faults, bot_token=self.bot_token, app_token=self.app_token)
        api.open_link = self.hub.open_link
        doors = SideDoors(self.workspace, self.faults, bot_token=self.bot_token)
        return [
            web.route("*", "/api/{method}", api.call),
            web.get("/link/", self.hub.connect),
            web.post("/upload/v1/{file}", doors.upload),
            web.get("/files-pri/{team}-{file}/download/{name}", doors.download),
            web.post("/actions/{team}/{key}", doors.respond),
        ]
