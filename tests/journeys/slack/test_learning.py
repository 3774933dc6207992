"""Audits, missed defects and proposed thresholds in Slack, over real HTTP and websockets, with the real job runner."""

from datetime import timedelta
from pathlib import Path

from agent.talk import utc_now
from detectors.audit_watch import start_audits
from storage.queries.misses import misses
from storage.queries.selection import Selection
from storage.records import JobKind, LabelKind
from storage.repositories.jobs import add_job
from storage.repositories.labels import add_label, labels_of
from storage.repositories.sources import source_by_name
from storage.repositories.versions import version_by_id
from tests.factories import make_version
from tests.factories_agent import Plant
from tests.factories_learning import add_normals, keep_in, minutes, run_jobs
from tests.journeys.slack.conftest import Start
from tests.journeys.slack.reading import buttons, roots, settled, words
from tests.servers.slack import ANNA, BEN, GUEST, LocalSlack, Message


def active_of(plant: Plant, source: str = "line-1") -> str:
    with plant.database.reading() as session:
        found = source_by_name(session, source).active_version_id
        return version_by_id(session, found or 0).name


def test_posts_an_audit_with_pictures_and_takes_one_click_for_each_frame(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    yesterday = (utc_now() - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    add_normals(plant, "line-1", minutes(yesterday, 12))
    plant.reconfigure(alerts={"audit_time": "00:00"}, reports={"daily": False})
    assert start_audits(plant.database, plant.settings, now=utc_now()) == ["line-1"]
    assert run_jobs(plant, now=utc_now()) == 1
    start()

    (message,) = slack.wait_for(lambda: roots(slack))
    slack.wait_for(lambda: slack.files and slack.files[0].title)
    assert buttons(message.blocks) == ["Good", "Missed defect"] * 5
    assert words(message).count("picked at random") == 3
    assert words(message).count("nearest below the threshold") == 2
    assert "misses unknown: only alerted frames were labelled" in words(message)
    (sheet,) = slack.files
    assert (sheet.title, (sheet.content or b"")[:4]) == ("The frames", b"\x89PNG")

    first, second = [b["elements"][1]["value"] for b in message.blocks if b["type"] == "actions"][:2]
    press(slack, message, "audit_missed", first, user=ANNA)
    press(slack, message, "audit_missed", first, user=ANNA)
    press(slack, message, "audit_good", second, user=BEN)
    press(slack, message, "audit_good", second, user=GUEST)

    slack.wait_for(lambda: f"Good, says <@{BEN}>" in words(roots(slack)[0]) and slack.workspace.ephemerals)
    slack.wait_for(lambda: all(envelope.is_acked for envelope in slack.envelopes) and settled(plant))
    assert f"Missed defect, says <@{ANNA}>" in words(roots(slack)[0])
    assert "misses: 1 of 2 audited frames called normal was a defect" in words(roots(slack)[0])
    with plant.database.reading() as session:
        found = misses(session, selection=Selection(sources=("line-1",)))
    assert (found.looked_at, found.missed) == (2, 1)
    answers = [(row.action, row.actor) for row in plant.audit() if row.action == "audit_answer"]
    assert answers == [("audit_answer", f"slack:{ANNA}"), ("audit_answer", f"slack:{BEN}")]
    assert [shown["user"] for shown in slack.workspace.ephemerals] == [GUEST]


def press(slack: LocalSlack, message: Message, action_id: str, value: str, *, user: str) -> None:
    """Press the one of several alike buttons that carries a value."""
    envelope = slack.click(message, action_id, user=user, value=value)
    slack.wait_for(lambda: envelope.is_acked)


def test_sends_the_frames_round_a_time_to_the_person_who_saw_a_defect(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    seen_at = utc_now() - timedelta(minutes=20)
    add_normals(plant, "line-2", minutes(seen_at - timedelta(minutes=6), 12))
    start()
    asked = slack.slash(f"missed line-2 {seen_at:%Y-%m-%d %H:%M}", user=ANNA)
    (told,) = slack.wait_for(lambda: slack.workspace.ephemerals)
    slack.resend(asked)
    slack.wait_for(lambda: len(asked.acked_at) == 2)
    assert "The 9 frames of line-2 nearest to" in told["text"]
    assert run_jobs(plant, now=utc_now()) == 1

    direct = slack.workspace.direct(ANNA)

    def shown() -> list[Message]:
        return [one for one in slack.bot_messages() if one.channel == direct.id and one.blocks]

    (message,) = slack.wait_for(shown)
    slack.wait_for(lambda: slack.files)
    assert buttons(message.blocks) == ["Missed defect"] * 9
    value = next(block["elements"][0]["value"] for block in message.blocks if block["type"] == "actions")
    press(slack, message, "missed_defect", value, user=ANNA)

    slack.wait_for(lambda: "labelled missed" in words(shown()[0]))
    assert buttons(shown()[0].blocks) == ["Missed defect"] * 8
    with plant.database.reading() as session:
        (label,) = labels_of(session, int(value.split(":")[1]))
    assert (label.kind, label.author) == (LabelKind.MISSED, f"slack:{ANNA}")
    assert [row.action for row in plant.audit() if row.subject == "line-2"][-1] == "missed_asked"


def ask(slack: LocalSlack, text: str, user: str) -> None:
    """Type a command, and wait for what only the person who typed it sees."""
    before = len(slack.workspace.ephemerals)
    slack.slash(text, user=user)
    slack.wait_for(lambda: len(slack.workspace.ephemerals) > before)


def test_says_what_is_wrong_with_a_missed_command_and_refuses_guests(
    slack: LocalSlack, plant: Plant, start: Start
) -> None:
    plant.source("line-1")
    start()
    for text, user in (
        ("missed", ANNA),
        ("missed line-9 10:32", ANNA),
        ("missed line-1 soon", ANNA),
        ("missed line-1 10:32", ANNA),
        ("missed line-1 10:32", GUEST),
    ):
        ask(slack, text, user)

    said = [shown["text"] for shown in slack.workspace.ephemerals]
    assert "/oddspot missed line-2 10:32" in said[0]
    assert "There is no source 'line-9'" in said[1]
    assert "is no time" in said[2]
    assert "No frame of line-1 was judged within half an hour" in said[3]
    assert said[4] == "Guests may not do this."
    assert run_jobs(plant) == 0


def propose(slack: LocalSlack, plant: Plant, folder: Path, start: Start) -> Message:
    keep_in(plant, folder)
    plant.reconfigure(reports={"daily": False})  # in the morning it would come first
    for number, (score, kind) in enumerate(
        [(1.2, LabelKind.FALSE_ALARM), (1.4, LabelKind.FALSE_ALARM), (2.0, LabelKind.DEFECT), (3.0, None)]
    ):
        found = plant.anomaly(
            score=score, at=utc_now() - timedelta(hours=9 - 2 * number), pages=False, has_heatmap=False
        )
        if kind is not None:
            with plant.database.transaction() as session:
                add_label(session, found.id, kind, author="ada", now=utc_now())
    with plant.database.transaction() as session:
        source = source_by_name(session, "line-1").id
        arguments = {"reason": "labels"}
        add_job(session, JobKind.SWEEP, source_id=source, arguments=arguments, requested_by="ada", now=utc_now())
    assert run_jobs(plant, now=utc_now()) == 1
    start()
    (message,) = slack.wait_for(lambda: roots(slack))
    slack.wait_for(lambda: settled(plant))
    return message


def test_proposes_a_threshold_that_a_click_applies_and_another_rolls_back(
    slack: LocalSlack, plant: Plant, start: Start, tmp_path: Path
) -> None:
    message = propose(slack, plant, tmp_path, start)
    compared = (
        "line-1@2 would have sent 2 alerts instead of 4 in the last 7 days and missed none of the 1 labelled defect"
    )
    assert compared in words(message)
    assert "misses unknown: only alerted frames were labelled" in words(message).lower()
    assert buttons(message.blocks) == ["Apply"]
    assert active_of(plant) == "line-1@1"

    slack.click(message, "apply_version", user=GUEST)
    slack.wait_for(lambda: slack.workspace.ephemerals)
    assert active_of(plant) == "line-1@1"
    click = slack.click(message, "apply_version", user=ANNA)
    slack.wait_for(lambda: click.is_acked)
    slack.resend(click)
    slack.wait_for(lambda: len(click.acked_at) == 2 and buttons(roots(slack)[0].blocks) == ["Roll back"])
    assert active_of(plant) == "line-1@2"
    assert "line-1@2 instead of line-1@1" in words(roots(slack)[0])

    slack.click(roots(slack)[0], "roll_back_version", user=BEN)
    slack.wait_for(lambda: buttons(roots(slack)[0].blocks) == ["Apply"])
    assert active_of(plant) == "line-1@1"
    acts = [row.action for row in plant.audit() if row.action.startswith("version_")]
    assert acts == ["version_applied", "version_rolled_back"]


def test_applies_no_proposal_that_was_compared_with_another_version(
    slack: LocalSlack, plant: Plant, start: Start, tmp_path: Path
) -> None:
    message = propose(slack, plant, tmp_path, start)
    with plant.database.transaction() as session:
        source = source_by_name(session, "line-1")
        other = make_version(session, source).name

    slack.click(message, "apply_version", user=ANNA)

    (told,) = slack.wait_for(lambda: slack.workspace.ephemerals)
    assert told["text"] == f"line-1 is judged by {other} by now, so nothing was changed."
    assert active_of(plant) == other
