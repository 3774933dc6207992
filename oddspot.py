"""The one front door: `oddspot COMMAND`, with each package's commands mounted when they are asked for."""

from __future__ import annotations

import errno
import importlib.metadata
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

ROOT = Path(__file__).resolve().parent
ROOMS = ("config", "storage", "detectors", "agent")
DECODE_CHILD = "decode-child"
# What a person mends at the disk, and no fault of ours.
DISK_TROUBLES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
# What a person mends by naming another place.
PLACE_TROUBLES = {
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.EEXIST,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
}
# What may be empty: a question, which is answered as one.
MAY_BE_EMPTY = {"ask", "chat"}


def main() -> None:
    """Run one command."""
    missing = [room for room in ROOMS if not (ROOT / room).is_dir()]
    if missing:
        sys.exit("oddspot runs from its checkout: install it with `pip install -e .` inside the cloned folder.")
    _prefer_our_rooms()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve the other process: 278 against 36 ms
    if sys.argv[1:2] == [DECODE_CHILD]:  # before anything heavy: this process must stay small
        from detectors.decode_child import main as decode  # noqa: PLC0415 - the same

        decode()
        return
    from config.supervising import end_with_supervisor  # noqa: PLC0415 - after our folder stands first on the path

    end_with_supervisor()
    sys.exit(_run_command())


def _run_command() -> int:
    """Run the command line; an error made on purpose is one sentence on stderr and exit code 1."""
    from config.errors import OddspotError, reason_of  # noqa: PLC0415 - after our folder stands first on the path
    from config.printable import printable  # noqa: PLC0415 - the same

    if "" in sys.argv[1:] and sys.argv[1] not in MAY_BE_EMPTY:
        print("oddspot: a word of the command is empty; is a variable not set?", file=sys.stderr)  # noqa: T201 - an error
        return 1
    try:
        result = _front_door()(prog_name="oddspot", standalone_mode=True)
    except OddspotError as error:
        print(f"oddspot: {printable(error)}", file=sys.stderr)  # noqa: T201 - a command's error
        return 1
    except KeyboardInterrupt:
        print("oddspot: interrupted; nothing was left half-written.", file=sys.stderr)  # noqa: T201 - the same
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.errno not in DISK_TROUBLES and not (error.errno in PLACE_TROUBLES and error.filename):
            raise
        _drop_output()
        place = f": {error.filename}" if error.filename else ""
        print(f"oddspot: {printable(reason_of(error))}{printable(place)}.", file=sys.stderr)  # noqa: T201 - the same
        return 1
    return result if isinstance(result, int) else 0


def _drop_output() -> None:
    """Let nothing more be written to standard output, which may be what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _prefer_our_rooms() -> None:
    """Put our folder first, so that a rival `config.py` in the working directory never wins."""
    sys.path[:] = [str(ROOT), *(entry for entry in sys.path if entry not in {str(ROOT), ""})]


def _config_commands() -> Any:
    from config.cli import app  # noqa: PLC0415 - mounted lazily, so that each command loads only its own package

    return app


def _storage_commands() -> Any:
    from storage.cli import app  # noqa: PLC0415 - the same

    return app


def _detector_commands() -> Any:
    from detectors.cli import app  # noqa: PLC0415 - the same

    return app


def _agent_commands() -> Any:
    from agent.cli import app  # noqa: PLC0415 - the same

    return app


COMMANDS: dict[str, Callable[[], Any]] = {
    "init": _config_commands,
    "config": _config_commands,
    "collect": _detector_commands,
    "triage": _detector_commands,
    "fit": _detector_commands,
    "add": _detector_commands,
    "score": _detector_commands,
    "evaluate": _detector_commands,
    "compare": _detector_commands,
    "detect": _detector_commands,
    "demo": _detector_commands,
    "source": _storage_commands,
    "model": _detector_commands,
    "missed": _detector_commands,
    "forget": _detector_commands,
    "incident": _storage_commands,
    "silence": _storage_commands,
    "memory": _storage_commands,
    "outage": _storage_commands,
    "audit": _storage_commands,
    "label": _storage_commands,
    "history": _storage_commands,
    "db": _storage_commands,
    "outbox": _storage_commands,
    "feedback": _storage_commands,
    "requeue": _storage_commands,
    "talk": _agent_commands,
    "ask": _agent_commands,
    "chat": _agent_commands,
    "whatif": _agent_commands,
    "routes": _agent_commands,
    "report": _agent_commands,
}


def _front_door() -> Any:
    import typer  # noqa: PLC0415 - the decoding child needs none of this
    from typer.core import TyperGroup  # noqa: PLC0415 - the same

    class LazyGroup(TyperGroup):
        """Commands of every package, loaded one by one."""

        def list_commands(self, ctx: Any) -> list[str]:
            """Name every command."""
            return [*COMMANDS, *super().list_commands(ctx)]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """Load one command."""
            if cmd_name in COMMANDS:
                return typer.main.get_group(COMMANDS[cmd_name]()).get_command(ctx, cmd_name)
            return super().get_command(ctx, cmd_name)

    app = typer.Typer(
        cls=LazyGroup,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Oddspot watches images and tells your team in Slack the moment something is off.",
    )
    _add_joint_commands(app)
    return typer.main.get_command(app)


def _add_joint_commands(app: typer.Typer) -> None:
    import typer  # noqa: PLC0415 - see _front_door

    config_option = typer.Option(None, help="Settings file.")
    json_option = typer.Option(False, "--json", help="One object a line.")
    version_option = typer.Option(
        False,
        "--version",
        is_eager=True,
        callback=_print_version,
        help="Print the version and stop.",
    )

    @app.command()
    def run(config: Path | None = config_option) -> None:
        """Start the service: one process that detects, one that talks."""
        from config.logs import configure_logs  # noqa: PLC0415 - see _front_door
        from config.supervising import supervise  # noqa: PLC0415 - the same

        configure_logs()
        _prepare(config)
        sys.exit(supervise([["detect"], ["talk"]], config))

    @app.command()
    def doctor(
        *,
        config: Path | None = config_option,
        as_json: bool = json_option,
    ) -> None:
        """Look at everything Oddspot needs: each ok, or the fix."""
        sys.exit(0 if _examine(config, as_json=as_json) else 1)

    @app.callback()
    def front(*, version: bool = version_option) -> None:
        del version


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - an option's callback
    if wanted:
        print(importlib.metadata.version("oddspot"))  # noqa: T201 - a command's output
        sys.exit(0)


def _prepare(config: Path | None) -> None:
    """Find what is wrong with settings or database before any child starts."""
    from config.load import load_settings  # noqa: PLC0415 - see _front_door
    from storage.database import Database  # noqa: PLC0415 - the same
    from storage.migrate import migrate  # noqa: PLC0415 - the same

    migrate(Database(load_settings(config).database_url))


def _examine(config: Path | None, *, as_json: bool) -> bool:
    from agent.checks import checks as agent_checks  # noqa: PLC0415 - see _front_door
    from config.load import load_settings  # noqa: PLC0415 - the same
    from config.printable import printable  # noqa: PLC0415 - the same
    from detectors.checks import checks as detector_checks  # noqa: PLC0415 - the same
    from storage.checks import checks as storage_checks  # noqa: PLC0415 - the same

    settings = load_settings(config)
    is_well = True
    for look in (storage_checks, detector_checks, agent_checks):
        for check in _all_looked(look, settings):
            is_well = is_well and check.is_ok
            if as_json:
                line = {"name": check.name, "ok": check.is_ok, "found": check.found, "fix": check.fix}
                print(json.dumps(line), flush=True)  # noqa: T201 - a command's output
            else:
                fix = f"\n       fix: {check.fix}" if check.fix and not check.is_ok else ""
                line_shown = f"{'ok  ' if check.is_ok else 'FAIL'} {check.name}: {check.found}{fix}"
                print(printable(line_shown), flush=True)  # noqa: T201 - the same
    return is_well


def _all_looked(look: Callable[[Any], Iterator[Any]], settings: Any) -> Iterator[Any]:
    """Yield what a package checks, and what kept it from going on."""
    from config.errors import OddspotError  # noqa: PLC0415 - see _front_door
    from storage.records import Check  # noqa: PLC0415 - the same

    try:
        yield from look(settings)
    except (OddspotError, OSError) as error:
        yield Check(look.__module__.partition(".")[0], is_ok=False, found=str(error), fix="See the lines above.")


if __name__ == "__main__":
    main()
