"""Who changed what, and when."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.models import AuditRow


def write_audit(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    """Record one act of a person or a setting; audit rows are never changed."""
    session.add(AuditRow(at=now, actor=actor, action=action, subject=subject, detail=detail))
