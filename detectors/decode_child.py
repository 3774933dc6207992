"""The process that decodes: it reads requests from stdin, answers on stdout, and may die of a file.

A message is a 4-byte big-endian length and that much JSON. The one that gives a picture's shape is followed by its
bands, each a message that tells its rows, and their raw pixels; a refusal may come in place of any of them.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from detectors.image_file import FileLimits, OpenedImage, RejectedError, open_image
from storage.records import RejectReason

LENGTH_BYTES = 4
READY: dict[str, Any] = {"ready": True}
# How many times as long as it may compute a decode may take by the clock, on a machine where others compute too.
PATIENCE = 5
# What a larger picture took is given back to the machine before the next one, whose own comes on top.
LARGE_PIXELS = 8_000_000


def main() -> None:
    """Answer requests until stdin closes."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a service is stopped with all its processes: this one ends last
        signal.signal(number, signal.SIG_IGN)
    requests, replies = _take_over_streams()
    send_message(replies, READY)
    while (request := receive_message(requests.read)) is not None:
        answer(request, replies)


def answer(request: dict[str, Any], replies: BinaryIO) -> None:
    """Decode one requested file and write the reply."""
    _limit_memory(int(request["memory_bytes"]))
    # Processor time counts, so that a busy machine rejects nothing; SIGPROF ends what takes more of it.
    signal.setitimer(signal.ITIMER_PROF, float(request["seconds"]))
    # The parent kills a child that is late by the clock; the alarm ends one whose parent was killed first.
    signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE * float(request["seconds"]) + 1)
    limits = FileLimits(request["max_bytes"], request["max_pixels"], request["max_aspect"])
    try:
        image = open_image(Path(request["path"]), limits, request["bit_depth"])
        _send_image(replies, image)
    except RejectedError as error:
        send_message(replies, {"reason": error.reason.value, "detail": str(error)[:200]})
    except MemoryError:
        send_message(replies, {"reason": RejectReason.DECODER_CRASH.value, "detail": "out of memory"})
    else:
        if image.height * image.width >= LARGE_PIXELS:
            del image
            _give_back_memory()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.setitimer(signal.ITIMER_PROF, 0)


def send_message(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one length-prefixed JSON object and flush it."""
    body = json.dumps(message).encode()
    stream.write(len(body).to_bytes(LENGTH_BYTES) + body)
    stream.flush()


def receive_message(read: Callable[[int], bytes], *, longest: int | None = None) -> dict[str, Any] | None:
    """Return the next length-prefixed JSON object, or None where the stream has ended; raise ValueError for no such."""
    prefix = read(LENGTH_BYTES)
    if len(prefix) < LENGTH_BYTES:
        return None
    length = int.from_bytes(prefix)
    if longest is not None and length > longest:
        too_long = f"a message of {length} bytes"
        raise ValueError(too_long)
    body = read(length)
    if len(body) < length:
        return None
    message: dict[str, Any] = json.loads(body)
    return message


def _give_back_memory() -> None:
    """Let the C library return what it keeps of freed memory; others than glibc keep little."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _send_image(replies: BinaryIO, image: OpenedImage) -> None:
    facts = {"height": image.height, "width": image.width, "format": image.format, "animated": image.animated}
    send_message(replies, {**facts, "taken_at": image.taken_at})
    for band in image.bands():
        send_message(replies, {"rows": len(band)})
        replies.write(band.data)
    replies.flush()


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdout for replies alone: what a library prints goes nowhere."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    return sys.stdin.buffer, replies


def _limit_memory(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    within = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (within, hard))
