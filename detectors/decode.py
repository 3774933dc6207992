"""Turn a file nobody trusts into upright RGB pixels, in a process that may die of it.

The rule for the bit depth, kept in `detectors.pixels` and recorded in every bundle as NORMALISER: 8-bit images stay as
they are; 16-bit and 32-bit integer images are scaled by the depth their source declares (16 where it declares none);
float images count from 0 to 1 (or to the declared depth's top); a value outside is refused, never clipped.
"""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import structlog
from numpy.typing import NDArray

from config.sources import LimitSettings
from detectors.decode_child import PATIENCE, receive_message
from detectors.errors import DetectorError
from detectors.pixels import NORMALISER
from storage.records import RejectReason

__all__ = ["NORMALISER", "DecodeError", "DecodedImage", "Decoder"]

logger = structlog.get_logger()

ROOT = Path(__file__).resolve().parent.parent
# -I and the inserted root: neither the working directory nor PYTHONPATH can put a rival `detectors` first.
BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from detectors.decode_child import main; main()"
START_SECONDS = 60.0
GONE_SECONDS = 5.0
PIPE_BYTES = 1 << 20
# What the child says of a picture is a line of text. It may be in the hands of a file, and is believed nothing more.
LONGEST_REPLY = 65_536
# What finds the interpreter and its libraries; nothing that a file could want to know.
CHILD_ENV = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")


class DecodeError(DetectorError):
    """A file is no image that can be scored; `reason` is one of a closed list."""

    def __init__(self, name: str, reason: RejectReason, detail: str = "") -> None:
        super().__init__(f"{name} cannot be read as an image ({reason}){': ' if detail else ''}{detail}")
        self.reason = reason
        # A truncated file may still be growing.
        self.permanent = reason is not RejectReason.TRUNCATED


class _ChildGoneError(Exception):
    """The decoding process ended, or took longer than it may."""

    def __init__(self, reason: RejectReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An upright picture: pixels (H, W, 3) RGB; taken_at is EXIF's DateTimeOriginal as written, if any."""

    pixels: NDArray[np.uint8]
    taken_at: str | None
    format: str
    animated: bool


class Decoder:
    """Decode files one by one in a child process under memory and time limits; safe to share between threads."""

    def __init__(self, limits: LimitSettings, *, bit_depth: int | None = None) -> None:
        self.bit_depth = bit_depth
        self._limits = limits
        self._lock = Lock()
        self._child: _Child | None = None

    def decode(self, path: Path) -> DecodedImage:
        """Return the upright pixels of one file; raise DecodeError with the reason."""
        with self._lock:
            try:
                return self._decode_twice_at_most(path)
            except _ChildGoneError as error:
                logger.warning("decoder_gone", file=path.name, reason=error.reason.value)
                self._end_child()
                raise DecodeError(path.name, error.reason) from error
            except BaseException as error:
                if not isinstance(error, DecodeError):
                    # An interrupt in mid-reply leaves the pipe out of step.
                    self._end_child()
                raise

    @property
    def pid(self) -> int | None:
        """The child process now, None where there is none."""
        return self._child.pid if self._child else None

    def close(self) -> None:
        """End the child process; the next decode starts another."""
        with self._lock:
            self._end_child()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _decode_twice_at_most(self, path: Path) -> DecodedImage:
        """Decode, once more where the child died: a machine short of memory kills whom it finds, whatever the file."""
        try:
            return self._decode(path)
        except _ChildGoneError as error:
            if error.reason is not RejectReason.DECODER_CRASH:
                raise
            self._end_child()
            return self._decode(path)

    def _decode(self, path: Path) -> DecodedImage:
        if self._child is None:
            self._child = _Child()
        deadline = time.monotonic() + PATIENCE * self._limits.decode_seconds
        self._child.send(self._request(path))
        reply = _told(self._child, path, deadline)
        if reply["height"] * reply["width"] > self._limits.max_pixels:
            raise _ChildGoneError(RejectReason.DECODER_CRASH)
        pixels = np.empty((reply["height"], reply["width"], 3), dtype=np.uint8)
        top = 0
        while top < len(pixels):
            rows = _told(self._child, path, deadline)["rows"]
            if not 0 < rows <= len(pixels) - top:
                raise _ChildGoneError(RejectReason.DECODER_CRASH)
            self._child.receive_into(pixels[top : top + rows], deadline)
            top += rows
        return DecodedImage(pixels, reply["taken_at"], reply["format"], reply["animated"])

    def _request(self, path: Path) -> dict[str, Any]:
        return {
            "path": os.path.abspath(path),  # noqa: PTH100 - resolve() would follow the links that are refused
            "bit_depth": self.bit_depth,
            "max_bytes": self._limits.max_bytes,
            "max_pixels": self._limits.max_pixels,
            "max_aspect": self._limits.max_aspect,
            "memory_bytes": self._limits.decode_memory_bytes,
            "seconds": self._limits.decode_seconds,
        }

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """The decoding process and its two pipes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            [sys.executable, "-I", "-c", BOOT, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in CHILD_ENV if name in os.environ}
            | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"},
            # Ctrl-C is for the parent, which ends the child in its own time.
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
        assert self._process.stdout is not None  # noqa: S101 - PIPE was asked for
        self._requests, self._replies = self._process.stdin, self._process.stdout
        _widen(self._replies.fileno())
        self._poll = select.poll()
        self._poll.register(self._replies, select.POLLIN)
        try:
            self.receive(time.monotonic() + START_SECONDS)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, request: dict[str, Any]) -> None:
        body = json.dumps(request).encode()
        try:
            self._requests.write(len(body).to_bytes(4) + body)
            self._requests.flush()
        except OSError as error:
            raise _ChildGoneError(RejectReason.DECODER_CRASH) from error

    def receive(self, deadline: float) -> dict[str, Any]:
        def read(length: int) -> bytes:
            data = bytearray(length)
            self._fill(memoryview(data), deadline)
            return bytes(data)

        try:
            reply = receive_message(read, longest=LONGEST_REPLY)
        except ValueError as error:
            raise _ChildGoneError(RejectReason.DECODER_CRASH) from error
        if reply is None:
            raise _ChildGoneError(RejectReason.DECODER_CRASH)
        return reply

    def receive_into(self, pixels: NDArray[np.uint8], deadline: float) -> None:
        self._fill(memoryview(pixels.data).cast("B"), deadline)

    def _fill(self, view: memoryview, deadline: float) -> None:
        while view:
            milliseconds = (deadline - time.monotonic()) * 1000
            if milliseconds <= 0 or not self._poll.poll(milliseconds):
                raise _ChildGoneError(RejectReason.DECODER_TIMEOUT)
            count = os.readv(self._replies.fileno(), [view[:PIPE_BYTES]])
            if count == 0:
                raise _ChildGoneError(self._why_gone())
            view = view[count:]

    def _why_gone(self) -> RejectReason:
        try:
            has_timed_out = self._process.wait(GONE_SECONDS) == -signal.SIGPROF
        except subprocess.TimeoutExpired:
            has_timed_out = False
        return RejectReason.DECODER_TIMEOUT if has_timed_out else RejectReason.DECODER_CRASH

    def end(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._replies.close()
        try:
            self._requests.close()
        except BrokenPipeError:
            # A request half-sent to a child that is gone.
            return


def _told(child: _Child, path: Path, deadline: float) -> dict[str, Any]:
    """Return what the child says next of a file; raise DecodeError where it refuses it."""
    reply = child.receive(deadline)
    if "reason" in reply:
        raise DecodeError(path.name, RejectReason(reply["reason"]), reply["detail"])
    return reply


def _widen(pipe: int) -> None:
    """Let a pipe hold more at once, where it can: a picture is many megabytes, and each wake-up takes time."""
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (AttributeError, OSError):  # another system, or a user who has too many such pipes
        return
