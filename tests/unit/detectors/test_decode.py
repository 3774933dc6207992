import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from config.sources import LimitSettings
from detectors import decode
from detectors.decode import ROOT, DecodeError, Decoder
from storage.records import RejectReason
from tests.plates import SIDE, make_plate


def plate(seed: int) -> NDArray[np.uint8]:
    return np.asarray(make_plate(seed))


def save_plate(path: Path, seed: int) -> Path:
    make_plate(seed).save(path)
    return path


def child_pid(decoder: Decoder) -> int:
    assert decoder._child is not None
    return decoder._child._process.pid


def reason_of(decoder: Decoder, path: Path) -> RejectReason:
    with pytest.raises(DecodeError) as caught:
        decoder.decode(path)
    return caught.value.reason


def encoded(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    make_plate(1).save(buffer, format=kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_returns_the_exact_pixels_of_a_lossless_file(decoder: Decoder, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(encoded(kind))

    image = decoder.decode(tmp_path / "a")

    assert np.array_equal(image.pixels, plate(1))
    assert (image.format, image.animated, image.taken_at) == (kind, False, None)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_reads_a_lossy_file(decoder: Decoder, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(encoded(kind, quality=95))

    image = decoder.decode(tmp_path / "a")

    assert np.abs(image.pixels.astype(int) - plate(1)).mean() < 4
    assert image.format == kind


def test_decodes_by_content_whatever_the_extension(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "wrong.jpg").write_bytes(encoded("PNG"))

    assert decoder.decode(tmp_path / "wrong.jpg").format == "PNG"


def test_a_pipe_without_a_writer_blocks_nobody(decoder: Decoder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    started = time.monotonic()

    assert reason_of(decoder, tmp_path / "a.jpg") is RejectReason.NOT_A_REGULAR_FILE
    assert time.monotonic() - started < 5


def test_only_a_truncated_file_is_worth_another_look(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "half.jpg").write_bytes(encoded("JPEG")[:1000])
    (tmp_path / "text.jpg").write_bytes(b"dear diary, today was a good day")

    permanent = {}
    for name in ("half.jpg", "text.jpg"):
        with pytest.raises(DecodeError) as caught:
            decoder.decode(tmp_path / name)
        permanent[caught.value.reason] = caught.value.permanent

    assert permanent == {RejectReason.TRUNCATED: False, RejectReason.NOT_AN_IMAGE: True}


def test_broken_files_leave_the_next_one_alone(decoder: Decoder, tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    (tmp_path / "bad.png").write_bytes(encoded("PNG")[:500])
    decoder.decode(good)
    before = child_pid(decoder)

    for _ in range(3):
        assert reason_of(decoder, tmp_path / "bad.png") is RejectReason.TRUNCATED
        assert np.array_equal(decoder.decode(good).pixels, plate(1))

    assert child_pid(decoder) == before


def test_decodes_an_image_though_the_child_was_killed_by_another(decoder: Decoder, tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    decoder.decode(good)
    dead = child_pid(decoder)
    os.kill(dead, signal.SIGKILL)

    assert np.array_equal(decoder.decode(good).pixels, plate(1))
    assert child_pid(decoder) != dead


def test_rejects_a_file_that_kills_two_children_and_decodes_the_next_one(
    decoder: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    killed: list[int] = []

    def die(child: decode._Child, _request: object) -> None:
        killed.append(child._process.pid)
        child._process.kill()

    with monkeypatch.context() as patched:
        patched.setattr(decode._Child, "send", die)
        assert reason_of(decoder, good) is RejectReason.DECODER_CRASH

    assert len(set(killed)) == 2
    assert np.array_equal(decoder.decode(good).pixels, plate(1))


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    with Decoder(LimitSettings(decode_seconds=0.5)) as decoder:
        decoder.decode(good)
        stuck = child_pid(decoder)
        os.kill(stuck, signal.SIGSTOP)
        started = time.monotonic()

        assert reason_of(decoder, good) is RejectReason.DECODER_TIMEOUT
        assert time.monotonic() - started < 10
        assert np.array_equal(decoder.decode(good).pixels, plate(1))
        assert not Path(f"/proc/{stuck}").exists()


def test_an_image_past_the_memory_limit_is_rejected_and_the_next_one_decodes(tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    Image.new("RGB", (9000, 5000)).save(tmp_path / "large.png", compression="tiff_deflate", format="TIFF")
    # Enough for Pillow and numpy themselves, not for 45 megapixels in colour.
    with Decoder(LimitSettings(decode_memory_bytes=260_000_000)) as decoder:
        assert reason_of(decoder, tmp_path / "large.png") is RejectReason.DECODER_CRASH
        assert np.array_equal(decoder.decode(good).pixels, plate(1))


def test_a_decompression_bomb_costs_little(decoder: Decoder, tmp_path: Path) -> None:
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")
    started = time.monotonic()

    assert reason_of(decoder, tmp_path / "bomb.png") is RejectReason.TOO_MANY_PIXELS
    assert time.monotonic() - started < 3


def test_threads_share_one_decoder(decoder: Decoder, tmp_path: Path) -> None:
    paths = [save_plate(tmp_path / f"{seed}.png", seed) for seed in range(8)]

    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(decoder.decode, paths * 3))

    for seed, image in zip(list(range(8)) * 3, images, strict=True):
        assert np.array_equal(image.pixels, plate(seed))


def test_decodes_again_after_being_closed(decoder: Decoder, tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    decoder.decode(good)
    decoder.close()

    assert decoder.decode(good).pixels.shape == (SIDE, SIDE, 3)


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    save_plate(tmp_path / "good.png", 1)
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from config.settings import LimitSettings; from detectors.decode import Decoder\n"
        "decoder = Decoder(LimitSettings()); decoder.decode(Path(sys.argv[2]))\n"
        "print(decoder._child._process.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), str(tmp_path / "good.png")], stdout=subprocess.PIPE, check=False
    )
    child = Path(f"/proc/{int(done.stdout)}/cmdline")

    deadline = time.monotonic() + 10
    while child.exists() and child.read_bytes() and time.monotonic() < deadline:
        os.sched_yield()

    assert not child.exists() or not child.read_bytes()


def test_a_rival_package_in_the_working_directory_does_not_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoder: Decoder
) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    rival = tmp_path / "detectors"
    rival.mkdir()
    (rival / "__init__.py").write_text("raise SystemExit(3)")
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert np.array_equal(decoder.decode(good).pixels, plate(1))


def test_needs_no_network_library() -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import detectors.decode; print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script, str(ROOT)], stdout=subprocess.PIPE, check=True, text=True)

    assert done.stdout.strip() == "False"


def test_a_name_that_is_not_utf8_is_still_a_file(decoder: Decoder, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe \xe2\x80\xae.png"))
    save_plate(odd, 1)

    assert decoder.decode(odd).format == "PNG"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_goes_on_decoding_though_every_process_of_the_service_was_asked_to_stop(
    decoder: Decoder, tmp_path: Path, number: signal.Signals
) -> None:
    file = save_plate(tmp_path / "a.png", 1)
    decoder.decode(file)
    child = child_pid(decoder)

    os.kill(child, number)

    assert np.array_equal(decoder.decode(file).pixels, plate(1))
    assert child_pid(decoder) == child


def test_the_process_that_a_file_may_take_over_knows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoder: Decoder
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("ODDSPOT__STORAGE__URL", "postgresql://oddspot:secret@db/oddspot")

    decoder.decode(save_plate(tmp_path / "good.png", 1))

    assert b"secret" not in Path(f"/proc/{decoder.pid}/environ").read_bytes()


def test_a_file_that_takes_much_computing_is_ended_by_that(tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    Image.new("RGB", (6000, 6000)).save(tmp_path / "large.png", compress_level=1)
    with Decoder(LimitSettings(decode_seconds=0.05)) as decoder:
        decoder.decode(good)

        assert reason_of(decoder, tmp_path / "large.png") is RejectReason.DECODER_TIMEOUT
        assert np.array_equal(decoder.decode(good).pixels, plate(1))


def test_waiting_for_a_busy_machine_rejects_nothing(tmp_path: Path) -> None:
    good = save_plate(tmp_path / "good.png", 1)
    with Decoder(LimitSettings(decode_seconds=1.0)) as decoder:
        decoder.decode(good)
        stopped = child_pid(decoder)
        os.kill(stopped, signal.SIGSTOP)
        later = Timer(2.0, os.kill, (stopped, signal.SIGCONT))
        later.start()

        assert np.array_equal(decoder.decode(good).pixels, plate(1))
        later.join()
