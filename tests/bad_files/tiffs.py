"""Bad TIFF files, and good ones of the rarer kinds."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from storage.records import RejectReason
from tests.bad_files.expected import HEIGHT, WIDTH, BadFile, as_rgb, grey_scene, on_background, scene

SHORT, LONG, LONG8 = 3, 4, 16
SIZES = {1: 1, 2: 1, SHORT: 2, LONG: 4, 5: 8, 7: 1, LONG8: 8}
LETTERS = {1: "B", 2: "B", SHORT: "H", LONG: "I", 7: "B", LONG8: "Q"}
BITS, COMPRESSION, COLOURS, OFFSETS, SAMPLES, ROWS, COUNTS = 258, 259, 262, 273, 277, 278, 279
PLANES, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 284, 317, 320, 322, 323, 324, 325
ORIENTATION, EXTRA, FORMAT = 274, 338, 339
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
DEFLATE = 8
MAYBE_CUT = RejectReason.TRUNCATED
OTHER_KIND = RejectReason.FORMAT_NOT_ALLOWED

Tags = Mapping[int, int | Sequence[int]]


def tiff(tags: Tags, strips: Sequence[bytes], *, order: str = "<", big: bool = False, following: int = 0) -> bytes:
    """Return a TIFF of these tags and strips; a tag given as None is left out, and none of the strips' is needed."""
    start = 16 if big else 8
    data = b"".join(strips)
    offsets = [start + sum(map(len, strips[:number])) for number in range(len(strips))]
    usual: dict[int, int | Sequence[int]] = {
        256: WIDTH,
        257: HEIGHT,
        BITS: 8,
        COMPRESSION: 1,
        COLOURS: BLACK_IS_ZERO,
        OFFSETS: offsets,
        SAMPLES: 1,
        ROWS: HEIGHT,
        COUNTS: [len(strip) for strip in strips],
    }
    if TILE_WIDTH in tags:
        usual |= {TILE_OFFSETS: usual.pop(OFFSETS), TILE_COUNTS: usual.pop(COUNTS)}
        del usual[ROWS]
    return _written(usual | dict(tags), data, order, big, following)


def _written(values: Tags, data: bytes, order: str, big: bool, following: int) -> bytes:  # noqa: FBT001 - as its caller
    wide, room = ("Q", 8) if big else ("I", 4)
    start = 16 if big else 8
    place = start + len(data) + len(data) % 2
    head = (b"II" if order == "<" else b"MM") + (
        struct.pack(f"{order}HHHQ", 43, 8, 0, place) if big else struct.pack(f"{order}HI", 42, place)
    )
    beyond = place + (8 if big else 2) + len(values) * (20 if big else 12) + room
    entries, extra = [], b""
    for tag, value in sorted(values.items()):
        many = [value] if isinstance(value, int) else list(value)
        kind = SHORT if all(each < 65_536 for each in many) and tag not in (OFFSETS, TILE_OFFSETS) else LONG
        body = struct.pack(f"{order}{len(many)}{LETTERS[kind]}", *many)
        if len(body) > room:
            body, extra = struct.pack(order + wide, beyond + len(extra)), extra + body + b"\0" * (len(body) % 2)
        entries.append(struct.pack(f"{order}HH{wide}", tag, kind, len(many)) + body.ljust(room, b"\0"))
    count = struct.pack(order + ("Q" if big else "H"), len(values))
    return b"".join((head, data, b"\0" * (len(data) % 2), count, *entries, struct.pack(order + wide, following), extra))


def rows_of(values: NDArray[np.generic], kind: str) -> bytes:
    """Return values in rows, as this dtype."""
    return values.astype(kind).tobytes()


def _deep(order: str, *, white_is_zero: bool = False, **tags: int) -> bytes:
    values = grey_scene().astype(int) * 257
    values = 65_535 - values if white_is_zero else values
    data = rows_of(values, order + "u2")
    if tags.get("compression") == DEFLATE:
        data = zlib.compress(data)
    return tiff(
        {BITS: 16, COLOURS: WHITE_IS_ZERO if white_is_zero else BLACK_IS_ZERO, COMPRESSION: tags.get("compression", 1)},
        [data],
        order=order,
    )


def _floats(order: str, size: int, *, packed: bool = False) -> bytes:
    data = rows_of(grey_scene() / 255, f"{order}f{size}")
    tags = {BITS: size * 8, FORMAT: 3, COMPRESSION: DEFLATE if packed else 1}
    return tiff(tags, [zlib.compress(data) if packed else data], order=order)


def _colour(
    *, bits: int = 8, order: str = "<", in_planes: bool = False, packed: bool = False, big: bool = False
) -> bytes:
    values = scene().astype(int) * (257 if bits == 16 else 1)
    planes = [values[:, :, each] for each in range(3)] if in_planes else [values]
    strips = [rows_of(plane, f"{order}u{bits // 8}") for plane in planes]
    tags: dict[int, int | Sequence[int]] = {BITS: [bits] * 3, COLOURS: RGB, SAMPLES: 3, PLANES: 2 if in_planes else 1}
    tags[COMPRESSION] = DEFLATE if packed else 1
    return tiff(tags, [zlib.compress(strip) for strip in strips] if packed else strips, order=order, big=big)


def _alpha(extra: int, *, bits: int = 8) -> bytes:
    alpha = np.repeat(np.linspace(0, 255, WIDTH).astype(int)[None], HEIGHT, axis=0)
    colour = scene().astype(int)
    if extra == 1:
        colour = colour * alpha[:, :, None] // 255
    values = np.dstack([colour, alpha]) * (257 if bits == 16 else 1)
    return tiff({BITS: [bits] * 4, COLOURS: RGB, SAMPLES: 4, EXTRA: extra}, [rows_of(values, f"<u{bits // 8}")])


def _seen_through() -> NDArray[np.uint8]:
    alpha = np.repeat(np.linspace(0, 255, WIDTH).astype(int)[None], HEIGHT, axis=0)
    return on_background(scene(), alpha)


def _grey_alpha(extra: int) -> bytes:
    alpha = np.repeat(np.linspace(0, 255, WIDTH).astype(int)[None], HEIGHT, axis=0)
    grey = grey_scene().astype(int)
    grey = grey * alpha // 255 if extra == 1 else grey
    return tiff({BITS: [8, 8], SAMPLES: 2, EXTRA: extra}, [rows_of(np.dstack([grey, alpha]), "u1")])


def _grey_seen_through() -> NDArray[np.uint8]:
    alpha = np.repeat(np.linspace(0, 255, WIDTH).astype(int)[None], HEIGHT, axis=0)
    return on_background(as_rgb(grey_scene()), alpha)


def _alpha_in_planes(extra: int, samples: int, *, packed: bool) -> bytes:
    alpha = np.repeat(np.linspace(0, 255, WIDTH).astype(np.uint8)[None], HEIGHT, axis=0)
    planes = [*np.moveaxis(scene(), 2, 0)[: samples - 1], alpha]
    strips = [zlib.compress(plane.tobytes()) if packed else plane.tobytes() for plane in planes]
    colours = RGB if samples == 4 else BLACK_IS_ZERO
    tags: dict[int, int | Sequence[int]] = {BITS: [8] * samples, COLOURS: colours, SAMPLES: samples, EXTRA: extra}
    return tiff(tags | {PLANES: 2, COMPRESSION: DEFLATE if packed else 1}, strips)


def _few_bits(bits: int, *, white_is_zero: bool = False) -> bytes:
    values = grey_scene().astype(int) * (2**bits - 1) // 255
    values = 2**bits - 1 - values if white_is_zero else values
    shifts = np.arange(bits - 1, -1, -1)
    digits = ((values[:, :, None] >> shifts) & 1).reshape(HEIGHT, -1).astype(np.uint8)
    colours = WHITE_IS_ZERO if white_is_zero else BLACK_IS_ZERO
    return tiff({BITS: bits, COLOURS: colours}, [np.packbits(digits, axis=1).tobytes()])


def _few_bits_seen(bits: int) -> NDArray[np.uint8]:
    top = 2**bits - 1
    return as_rgb((grey_scene().astype(int) * top // 255 * 255 + top // 2) // top)


def _palette() -> bytes:
    colours = np.random.default_rng(3).integers(0, 65_536, (3, 256))
    return tiff({COLOURS: PALETTE, COLOUR_MAP: colours.ravel().tolist()}, [grey_scene().tobytes()])


def _palette_seen() -> NDArray[np.uint8]:
    colours = np.random.default_rng(3).integers(0, 65_536, (3, 256)) >> 8
    return np.moveaxis(colours[:, grey_scene()], 0, -1).astype(np.uint8)


def _tiles(side: int = 32, *, claimed: int | None = None, packed: bool = False) -> bytes:
    down, across = -(-HEIGHT // side), -(-WIDTH // side)
    padded = np.zeros((down * side, across * side, 3), np.uint8)
    padded[:HEIGHT, :WIDTH] = scene()
    tiles = [
        padded[y * side : (y + 1) * side, x * side : (x + 1) * side].tobytes()
        for y in range(down)
        for x in range(across)
    ]
    tags: dict[int, int | Sequence[int]] = {
        BITS: [8] * 3,
        COLOURS: RGB,
        SAMPLES: 3,
        TILE_WIDTH: claimed or side,
        TILE_LENGTH: claimed or side,
    }
    tags[COMPRESSION] = DEFLATE if packed else 1
    return tiff(tags, [zlib.compress(tile) for tile in tiles] if packed else tiles)


def saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the scene as Pillow writes it."""
    buffer = io.BytesIO()
    picture = Image.fromarray(grey_scene()).convert(mode) if mode in ("1", "L") else Image.fromarray(scene())
    picture.convert(mode).save(buffer, format="TIFF", compression=kind, **options)
    return buffer.getvalue()


def _pages(count: int) -> bytes:
    buffer = io.BytesIO()
    others = [Image.new("RGB", (20, 20), (0, number % 256, 0)) for number in range(count - 1)]
    Image.fromarray(scene()).save(buffer, format="TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def _with(value: float) -> bytes:
    values = np.full((HEIGHT, WIDTH), 0.5)
    values[3, 4] = value
    return tiff({BITS: 32, FORMAT: 3}, [rows_of(values, "<f4")])


def _looped() -> bytes:
    """Return a TIFF whose only directory says that the next one is itself."""
    data = _colour()
    return _replaced_next(data, struct.unpack("<I", data[4:8])[0])


def _replaced_next(data: bytes, following: int) -> bytes:
    place = struct.unpack("<I", data[4:8])[0]
    end = place + 2 + 12 * struct.unpack("<H", data[place : place + 2])[0]
    return data[:end] + struct.pack("<I", following) + data[end + 4 :]


def _good(name: str, make: Callable[[], bytes], picture: NDArray[np.uint8], off_by: int = 0) -> BadFile:
    return BadFile(name, make, picture=picture, off_by=off_by)


GREY = as_rgb(grey_scene())
KINDS = (
    _good("grey-16-little.tif", partial(_deep, "<"), GREY),
    _good("grey-16-big.tif", partial(_deep, ">"), GREY),
    _good("grey-16-little-packed.tif", partial(_deep, "<", compression=DEFLATE), GREY),
    _good("grey-16-big-packed.tif", partial(_deep, ">", compression=DEFLATE), GREY),
    _good("grey-16-white-is-zero.tif", partial(_deep, "<", white_is_zero=True), GREY),
    _good("grey-16-white-is-zero-packed.tif", partial(_deep, "<", white_is_zero=True, compression=DEFLATE), GREY),
    *(
        _good(
            f"floats-{size * 8}-{'little' if order == '<' else 'big'}{'-packed' * packed}.tif",
            partial(_floats, order, size, packed=packed),
            GREY,
        )
        for size, order, packed in ((4, "<", False), (4, "<", True), (4, ">", False))
    ),
    *(_good(f"grey-{bits}.tif", partial(_few_bits, bits), _few_bits_seen(bits)) for bits in (1, 2, 4, 8)),
    *(
        _good(f"grey-{bits}-white-is-zero.tif", partial(_few_bits, bits, white_is_zero=True), _few_bits_seen(bits))
        for bits in (1, 2, 4, 8)
    ),
    _good("palette.tif", _palette, _palette_seen()),
    _good("colour.tif", _colour, scene()),
    _good("colour-big-endian.tif", partial(_colour, order=">"), scene()),
    _good("colour-16-little.tif", partial(_colour, bits=16), scene()),
    _good("colour-16-big.tif", partial(_colour, bits=16, order=">"), scene()),
    _good("colour-16-big-packed.tif", partial(_colour, bits=16, order=">", packed=True), scene()),
    _good("planes.tif", partial(_colour, in_planes=True), scene()),
    _good("planes-packed.tif", partial(_colour, in_planes=True, packed=True), scene()),
    _good("planes-alpha.tif", partial(_alpha_in_planes, 2, 4, packed=False), _seen_through(), 1),
    _good("planes-alpha-packed.tif", partial(_alpha_in_planes, 2, 4, packed=True), _seen_through(), 1),
    _good("planes-16-packed.tif", partial(_colour, in_planes=True, bits=16, packed=True), scene()),
    _good("big-tiff.tif", partial(_colour, big=True), scene()),
    _good("tiles.tif", _tiles, scene()),
    _good("tiles-packed.tif", partial(_tiles, packed=True), scene()),
    _good("alpha.tif", partial(_alpha, 2), _seen_through(), 1),
    _good("alpha-multiplied.tif", partial(_alpha, 1), _seen_through(), 6),
    _good("alpha-16.tif", partial(_alpha, 2, bits=16), _seen_through(), 1),
    _good("grey-alpha.tif", partial(_grey_alpha, 2), _grey_seen_through(), 1),
    _good("grey-alpha-multiplied.tif", partial(_grey_alpha, 1), _grey_seen_through(), 6),
    *(_good(f"saved-{kind}.tif", partial(saved, kind), scene()) for kind in ("tiff_lzw", "packbits", "tiff_deflate")),
    _good("saved-jpeg.tif", partial(saved, "jpeg", quality=97), scene(), 60),
    _good("saved-print-colours.tif", partial(saved, "raw", "CMYK"), scene(), 1),
    _good(
        "saved-fax.tif",
        partial(saved, "group4", "1"),
        np.asarray(Image.fromarray(grey_scene()).convert("1").convert("RGB")),
    ),
    _good("several-pages.tif", partial(_pages, 3), scene()),
    _good("a-thousand-pages.tif", partial(_pages, 1000), scene()),
    _good("orientation-6.tif", lambda: tiff({ORIENTATION: 6}, [grey_scene().tobytes()]), np.rot90(GREY, -1)),
    _good("orientation-99.tif", lambda: tiff({ORIENTATION: 99}, [grey_scene().tobytes()]), GREY),
    _good("next-is-itself.tif", _looped, scene()),
    _good("next-lies-outside.tif", lambda: _replaced_next(_colour(), 2**31), scene()),
)

NOT_READ = (
    BadFile("grey-16-white-is-zero-big.tif", partial(_deep, ">", white_is_zero=True), OTHER_KIND),
    BadFile("planes-grey-alpha.tif", partial(_alpha_in_planes, 2, 2, packed=False), OTHER_KIND),
    BadFile("planes-grey-alpha-packed.tif", partial(_alpha_in_planes, 2, 2, packed=True), OTHER_KIND),
    BadFile("planes-alpha-multiplied.tif", partial(_alpha_in_planes, 1, 4, packed=False), OTHER_KIND),
    BadFile("webp-inside.tif", lambda: tiff({COMPRESSION: 50_001}, [b"RIFF" + bytes(900)]), OTHER_KIND),
    BadFile("planes-16.tif", partial(_colour, in_planes=True, bits=16), OTHER_KIND),
    BadFile("floats-32-big-packed.tif", partial(_floats, ">", 4, packed=True), OTHER_KIND),
    *(
        BadFile(f"floats-64-{name}.tif", partial(_floats, order, 8), OTHER_KIND)
        for name, order in (("big", ">"), ("little", "<"))
    ),
)

BROKEN = (
    BadFile("not-a-number.tif", partial(_with, np.nan), RejectReason.NOT_FINITE),
    BadFile("infinite.tif", partial(_with, np.inf), RejectReason.NOT_FINITE),
    BadFile("above-one.tif", partial(_with, 200.0), RejectReason.SETTINGS_MISMATCH),
    BadFile("below-zero.tif", partial(_with, -3.0), RejectReason.SETTINGS_MISMATCH),
    BadFile(
        "32-bit-above.tif",
        lambda: tiff({BITS: 32}, [rows_of(grey_scene().astype(int) * 2**20, "<u4")]),
        RejectReason.SETTINGS_MISMATCH,
    ),
    BadFile(
        "signed-below-zero.tif",
        lambda: tiff({BITS: 16, FORMAT: 2}, [rows_of(grey_scene().astype(int) - 99, "<i2")]),
        RejectReason.SETTINGS_MISMATCH,
    ),
    BadFile("half-floats.tif", lambda: tiff({BITS: 16, FORMAT: 3}, [bytes(HEIGHT * WIDTH * 2)]), OTHER_KIND),
    BadFile("64-bit.tif", lambda: tiff({BITS: 64}, [bytes(HEIGHT * WIDTH * 8)]), OTHER_KIND),
    BadFile("3-bit.tif", lambda: tiff({BITS: 3}, [bytes(HEIGHT * WIDTH)]), OTHER_KIND),
    BadFile("seven-channels.tif", lambda: tiff({BITS: [8] * 7, SAMPLES: 7}, [bytes(HEIGHT * WIDTH * 7)]), OTHER_KIND),
    BadFile(
        "lab.tif", lambda: tiff({BITS: [8] * 3, SAMPLES: 3, COLOURS: LAB}, [bytes(HEIGHT * WIDTH * 3)]), OTHER_KIND
    ),
    BadFile("unknown-compression.tif", lambda: tiff({COMPRESSION: 40_000}, [grey_scene().tobytes()]), OTHER_KIND),
    BadFile("no-offsets.tif", lambda: tiff({OFFSETS: 0, COUNTS: 0}, []), MAYBE_CUT),
    BadFile("offset-outside.tif", lambda: tiff({OFFSETS: 2**31}, [b"x" * 9]), MAYBE_CUT),
    BadFile("strip-cut.tif", lambda: tiff({}, [grey_scene().tobytes()[:900]]), MAYBE_CUT),
    BadFile("strip-garbage.tif", lambda: tiff({COMPRESSION: DEFLATE}, [b"\xa5" * 900]), MAYBE_CUT),
    BadFile("strip-short.tif", lambda: tiff({COMPRESSION: DEFLATE}, [zlib.compress(bytes(900))]), MAYBE_CUT),
    BadFile("directory-outside.tif", lambda: b"II*\0\xff\xff\xff\x7f" + bytes(90), MAYBE_CUT),
    BadFile("directory-of-none.tif", lambda: b"II*\0\x08\0\0\0\0\0\0\0\0\0", MAYBE_CUT),
    BadFile("header-alone.tif", lambda: b"II*\0", MAYBE_CUT),
    BadFile("big-header-wrong.tif", lambda: b"II+\0\x04\0\0\0" + bytes(90), MAYBE_CUT),
    BadFile("no-width.tif", lambda: tiff({256: 0}, [grey_scene().tobytes()]), RejectReason.NOT_AN_IMAGE),
    BadFile("widest.tif", lambda: tiff({256: 2**31, 257: 2**31}, [b"x"]), RejectReason.TOO_MANY_PIXELS),
    BadFile("bomb.tif", lambda: tiff({256: 40_000, 257: 40_000}, [b"x"]), RejectReason.TOO_MANY_PIXELS),
    BadFile("tiles-of-a-bomb.tif", partial(_tiles, claimed=60_000, packed=True), RejectReason.TOO_MANY_PIXELS),
    BadFile(
        "million-strips.tif",
        lambda: tiff({OFFSETS: [8] * 1_000_000, COUNTS: [1] * 1_000_000}, [b"x"]),
        RejectReason.TOO_LARGE,
    ),
)

TIFFS = (*KINDS, *NOT_READ, *BROKEN)
