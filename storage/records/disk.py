"""How full the disk is on which everything is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes in use and bytes this user may still write, as `df` counts them."""

    used_bytes: int
    free_bytes: int

    @property
    def total_bytes(self) -> int:
        """All bytes this user may have in use."""
        return self.used_bytes + self.free_bytes

    @property
    def share(self) -> float:
        """The share in use, from 0 to 1."""
        return self.used_bytes / self.total_bytes if self.total_bytes else 1.0
