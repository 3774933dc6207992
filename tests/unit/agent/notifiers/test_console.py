import io
from pathlib import Path

from rich.console import Console

from agent.messages.incident_message import incident_message
from agent.messages.message import message, section
from agent.notifiers.console import ConsoleNotifier
from agent.notifiers.port import Upload
from tests.unit.agent.messages.test_incident_message import view


def make() -> tuple[ConsoleNotifier, io.StringIO]:
    written = io.StringIO()
    return ConsoleNotifier(Console(file=written, width=100)), written


def test_prints_the_alert_as_it_would_stand_in_slack() -> None:
    notifier, written = make()
    notifier.post("#oddspot", incident_message(view(), revision="r"), key="k")

    for words in ("#oddspot", "line-1: an anomaly", "2.3x the threshold", "top left", "[ Defect ]  [ False alarm ]"):
        assert words in written.getvalue()


def test_prints_where_the_heatmap_is(tmp_path: Path) -> None:
    notifier, written = make()
    place = notifier.post("#oddspot", incident_message(view(), revision="r"), key="k")
    notifier.upload(place, Upload(tmp_path / "heatmap", "n.png", title="A-1042", alt_text="words"))
    notifier.upload(place, Upload(tmp_path / "page", "n.html", title="Report: May", alt_text="words"))

    assert f"heatmap of A-1042: {tmp_path / 'heatmap'}" in written.getvalue()
    assert f"\n  Report: May: {tmp_path / 'page'}" in written.getvalue()


def test_prints_a_change_only_where_the_words_changed() -> None:
    notifier, written = make()
    place = notifier.post("#oddspot", message("one", [section("one")]), key="k")
    first = written.getvalue()
    notifier.edit(place, message("one", [section("one")]))
    assert written.getvalue() == first
    notifier.edit(place, message("two", [section("two")]))

    assert "two" in written.getvalue()


def test_prints_markup_in_data_as_it_is() -> None:
    notifier, written = make()
    notifier.post("[red]#x[/]", message("t", [section("[bold]a &lt;b&gt; &amp; c[/bold]")]), key="k")

    assert "[bold]a <b> & c[/bold]" in written.getvalue()
    assert "[red]#x[/]" in written.getvalue()


def test_prints_what_became_of_a_message_of_an_earlier_run(tmp_path: Path) -> None:
    place = make()[0].post("#oddspot", message("one", [section("one")]), key="k")
    notifier, written = make()
    notifier.edit(place, message("14 alike", [section("14 alike")]))
    file = notifier.upload(place, Upload(tmp_path / "heatmap", "n.png", title="A-14", alt_text="words"))
    notifier.post("#oddspot", message("acknowledged", [section("acknowledged")]), key="r", under=place)

    assert all(words in written.getvalue() for words in ("14 alike", "changed", "A-14", "acknowledged", "reply"))
    assert notifier.is_usable(place, file)
