"""Let things go wrong, from a test's side."""

from tests.servers.slack.faults import Fault, Faults


class Mischief:
    """Chooses what goes wrong with the calls to come."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def fail_next(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        rate_limited: int | None = None,
        drop_before: bool = False,
        drop_after_accept: bool = False,
        redirect: str | None = None,
        count: int | None = 1,
    ) -> None:
        """Let the next calls of a method ("*": any; "upload", "download": the bytes) go wrong; count None: for good.

        redirect: where a download is sent to.
        """
        self._faults.add(
            Fault(
                method,
                error=error,
                status=status,
                rate_limited=rate_limited,
                drop_before=drop_before,
                drop_after_accept=drop_after_accept,
                redirect=redirect,
                remaining=count,
            )
        )

    def clear_faults(self) -> None:
        """Let everything go well again."""
        self._faults.clear()

    def slow(self, seconds: float) -> None:
        """Let every call take this long before it does anything."""
        self._faults.seconds = seconds
