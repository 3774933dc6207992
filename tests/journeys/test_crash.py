"""The short form of `make crash`: a death at the steps that matter most, and a few random kills, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.checker import broken_promises
from tests.crash.kills import kill_at_random
from tests.crash.postgres import MortalPostgres
from tests.crash.processes import descendants_of, kill, wait_for_the_end_of
from tests.crash.steps import die_at_every_step
from tests.crash.world import OPEN_LINE, Template, World
from tests.journeys.commands import Running, wait_until
from tests.journeys.conftest import write_settings
from tests.servers.slack import LocalSlack

STEPS = ("event.written", "slack.answered")


@pytest.fixture(params=["sqlite", "postgresql"])
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MortalPostgres | None]:
    if request.param == "sqlite":
        yield None
        return
    server = MortalPostgres(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def world(fitted_home: Path, tmp_path: Path, mortal: MortalPostgres | None) -> Iterator[World]:
    with LocalSlack() as slack:
        made = Template(fitted_home, (OPEN_LINE,)).copy(tmp_path / "home", slack, mortal)
        folder = made.home / "incoming" / OPEN_LINE
        folder.mkdir()
        write_settings(made.home, sources={OPEN_LINE: {"path": str(folder)}}, reports={"daily": False})
        yield made
        made.database.close()


@pytest.mark.timeout(300)
def test_keeps_every_promise_though_it_dies_at_a_step(world: World) -> None:
    deaths = list(die_at_every_step(world, steps=STEPS, files=("odd",), most=1))

    assert [death.has_died for death in deaths] == [True] * len(STEPS)
    assert [death.broken for death in deaths] == [[]] * len(STEPS)


@pytest.mark.timeout(300)
def test_keeps_every_promise_whatever_is_killed(world: World, mortal: MortalPostgres | None) -> None:
    outcome = kill_at_random(world, mortal, seed=7, kills=4)

    assert outcome.killed.total() == 4
    assert outcome.files > 0
    assert outcome.broken == [], outcome.log


def test_finds_what_is_broken(world: World) -> None:
    world.drop("odd")

    broken = broken_promises(world)

    assert broken == ["every_file_is_one_frame_that_ended: ('line-1', '1000-odd.png') has no frame"]


@pytest.mark.timeout(120)
def test_the_two_halves_end_with_a_supervisor_that_is_killed(home: Path) -> None:
    with Running("run", cwd=home) as service:
        service.wait_for("detecting")
        service.wait_for("talking")
        started = descendants_of(service.process.pid)

        kill(service.process.pid)

        assert len(started) >= 3
        wait_until(lambda: not wait_for_the_end_of(started, seconds=0))
