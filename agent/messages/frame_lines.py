"""Frames a person is asked about, one line and its buttons each."""

from datetime import datetime

from agent.messages.figures import against_threshold, clock
from agent.messages.safe_text import safe
from storage.records import Inspection


def frame_line(frame: Inspection, *, zone: str, now: datetime, more: str = "") -> str:
    """Return a frame in one line of mrkdwn: id, how odd, when, name."""
    odd = against_threshold(frame.score, frame.threshold)
    when = clock(frame.captured_at, zone, today=now)
    return f"*{frame.shown_id}*  " + "; ".join(part for part in (odd, when, safe(frame.name), more) if part)
