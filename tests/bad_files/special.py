"""What lies in a folder under an image's name and is no file, or no file to be read."""

import os
import socket
from pathlib import Path

from storage.records import RejectReason


def write_special_files(folder: Path) -> dict[str, RejectReason]:
    """Put pipes, sockets, links and a sparse file of ten gigabytes there; return why each will be rejected."""
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\nsecret")
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket.jpg"))  # the whole path may be longer than a socket's may
    (folder / "zeros.jpg").symlink_to("/dev/zero")
    (folder / "link.png").symlink_to(outside / "secret.png")
    (folder / "nowhere.png").symlink_to("nothing-here")
    (folder / "one.png").symlink_to("two.png")
    (folder / "two.png").symlink_to("one.png")
    (folder / "outside").symlink_to(outside, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "folder.jpg").mkdir()
    with (folder / "sparse.jpg").open("wb") as sparse:
        sparse.truncate(10_000_000_000)
    names = ("pipe.jpg", "socket.jpg", "zeros.jpg", "link.png", "nowhere.png", "one.png", "two.png")
    return dict.fromkeys(names, RejectReason.NOT_A_REGULAR_FILE) | {"sparse.jpg": RejectReason.TOO_LARGE}
