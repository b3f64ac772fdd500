"""Image files of every format and mode that the decoder reads, written by Pillow, and what Pillow reads back from them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

WIDTH, HEIGHT = 37, 29
ORIENTATION = 0x0112

File = tuple[str, bytes]


def pixels(channels: int, seed: int = 1) -> np.ndarray:
    """uint8 [h, w, channels]: ramps with some noise, and rows of pure black and white."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [(x * (3 + c) + y * (5 - c) + 40 * c) % 256 for c in range(channels)]
    image = np.stack(planes, -1) + random.integers(-6, 7, (HEIGHT, WIDTH, channels))
    image = image.clip(0, 255).astype(np.uint8)
    image[0], image[1] = 0, 255
    return image


def image(mode: str) -> Image.Image:
    if mode == "1":
        return Image.fromarray(pixels(1)[..., 0]).convert("1")
    if mode == "P":
        return image("RGB").quantize(50)
    if mode in ("I;16", "I;16B"):
        wide = pixels(1)[..., 0].astype(np.uint16) * 257 + 11
        return Image.frombytes(mode, (WIDTH, HEIGHT), wide.astype(">u2" if mode == "I;16B" else "<u2").tobytes())
    if mode == "I":
        return Image.fromarray(pixels(1)[..., 0].astype(np.int32) * 2 - 100)
    if mode == "F":
        return Image.fromarray(pixels(1)[..., 0].astype(np.float32) * 1.5 - 60)
    if mode == "L":
        return Image.fromarray(pixels(1)[..., 0])
    made = Image.frombytes(mode, (WIDTH, HEIGHT), pixels({"LA": 2, "RGB": 3}.get(mode, 4 if mode != "LAB" else 3)).tobytes())
    return made


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(depth: int, color: int, rows: np.ndarray, *chunks: tuple[bytes, bytes]) -> bytes:
    """What Pillow does not write: rows [h, bytes of a row] of a PNG, with further chunks."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, 0)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    middle = b"".join(chunk(*one) for one in chunks)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + middle + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def deep(channels: int) -> np.ndarray:
    """Rows of 16-bit numbers, big-endian, whose low bytes are of any size."""
    high, low = pixels(channels), pixels(channels, seed=2)
    return np.stack([high, low], -1).reshape(HEIGHT, -1)


def pngs() -> Iterator[File]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"{mode}.png", saved(image(mode), "PNG")
    for bits in (1, 2, 4):
        yield f"P of {bits} bits.png", saved(image("RGB").quantize(2**bits), "PNG", bits=bits)
    yield "P with transparency.png", saved(image("P"), "PNG", transparency=3)
    yield "P with alpha.png", saved(image("P"), "PNG", transparency=bytes(range(0, 200, 4)))
    yield "L with transparency.png", saved(image("L"), "PNG", transparency=255)
    yield "RGB with transparency.png", saved(image("RGB"), "PNG", transparency=(255, 255, 255))
    for name, color, channels in (("LA", 4, 2), ("RGB", 2, 3), ("RGBA", 6, 4)):
        yield f"{name} of 16 bits.png", png(16, color, deep(channels))
    for bits in (2, 4):
        rows = np.random.default_rng(bits).integers(0, 256, (HEIGHT, -(-WIDTH * bits // 8))).astype(np.uint8)
        yield f"L of {bits} bits.png", png(bits, 0, rows)
    yield "gamma.png", png(8, 2, pixels(3).reshape(HEIGHT, -1), (b"gAMA", struct.pack(">I", 100_000)))
    yield "L with a profile of RGB.png", saved(image("L"), "PNG", icc_profile=profile())
    yield "profile.png", saved(image("RGB"), "PNG", icc_profile=profile())
    frames = [image("RGB"), ImageOps.invert(image("RGB"))]
    yield "animation.png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    hidden = {"save_all": True, "append_images": frames[1:], "default_image": True}
    yield "animation with a default image.png", saved(ImageOps.flip(frames[0]), "PNG", **hidden)


def profile() -> bytes:
    """Of a space that is not sRGB: Lab, which would change every color if it were applied."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()


def jpegs() -> Iterator[File]:
    yield "L.jpg", saved(image("L"), "JPEG")
    yield "CMYK.jpg", saved(image("CMYK"), "JPEG", quality=95)
    yield "YCbCr.jpg", saved(image("YCbCr"), "JPEG")
    for name, options in {
        "4:4:4": {"subsampling": 0},
        "4:2:2": {"subsampling": 1},
        "4:2:0": {"subsampling": 2},
        "progressive": {"progressive": True},
        "RGB kept": {"keep_rgb": True},
        "quality 20": {"quality": 20},
        "restart markers": {"restart_marker_blocks": 1},
        "profile": {"icc_profile": profile()},
    }.items():
        yield f"{name}.jpg", saved(image("RGB"), "JPEG", **options)
    yield "MPO.jpg", saved(image("RGB"), "MPO", save_all=True, append_images=[ImageOps.invert(image("RGB"))])


def webps() -> Iterator[File]:
    for mode in ("L", "RGB", "RGBA"):
        yield f"{mode}.webp", saved(image(mode), "WEBP", quality=80)
        yield f"{mode} lossless.webp", saved(image(mode), "WEBP", lossless=True, exact=True)
    for mode in ("RGB", "RGBA"):
        frames = [image(mode), ImageOps.flip(image(mode))]
        yield f"animation of {mode}.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


def gifs() -> Iterator[File]:
    yield "L.gif", saved(image("L"), "GIF")
    yield "P.gif", saved(image("P"), "GIF")
    yield "interlaced.gif", saved(image("P"), "GIF", interlace=True)
    yield "transparent.gif", saved(image("P"), "GIF", transparency=3)
    frames = [image("P"), ImageOps.flip(image("RGB")).quantize(50)]
    yield "animation.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield "transparent animation.gif", saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=3, disposal=2
    )
    yield "frame inside of the screen.gif", inside(saved(image("P"), "GIF"))


def inside(gif: bytes) -> bytes:
    """The same frame on a larger screen, three to the right and two below its corner."""
    changed = bytearray(gif)
    changed[6:10] = struct.pack("<HH", WIDTH + 8, HEIGHT + 6)
    at = changed.index(b"\x2c" + bytes(4) + struct.pack("<HH", WIDTH, HEIGHT))
    changed[at + 1 : at + 5] = struct.pack("<HH", 3, 2)
    return bytes(changed)


def tiffs() -> Iterator[File]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "I;16B", "I", "F"):
        yield f"{mode}.tif", saved(image(mode), "TIFF")
    for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"{how}.tif", saved(image("RGB"), "TIFF", compression=how)
    yield "YCbCr.tif", saved(image("YCbCr"), "TIFF", compression="jpeg")
    yield "group4.tif", saved(image("1"), "TIFF", compression="group4")
    yield "white is zero.tif", saved(image("L"), "TIFF", tiffinfo={262: 0})
    yield "1 with white as zero.tif", saved(image("1"), "TIFF", tiffinfo={262: 0})
    yield "BigTIFF.tif", saved(image("RGB"), "TIFF", big_tiff=True)
    yield "pages.tif", saved(image("RGB"), "TIFF", save_all=True, append_images=[ImageOps.flip(image("RGB"))])
    yield "profile.tif", saved(image("RGB"), "TIFF", icc_profile=profile())
    for channels, photometric in ((1, 1), (3, 2), (4, 2)):
        yield f"{channels} × 16 bits.tif", wide_tiff(channels, photometric)


def wide_tiff(channels: int, photometric: int) -> bytes:
    """Channels of 16 bits, big-endian, in one strip."""
    data = deep(channels).tobytes()
    tags = [(256, 4, 1, WIDTH), (257, 4, 1, HEIGHT), (258, 3, channels, 16), (259, 3, 1, 1), (262, 3, 1, photometric)]
    tags += [(273, 4, 1, 0), (277, 3, 1, channels), (278, 4, 1, HEIGHT), (279, 4, 1, len(data))]
    if channels == 4:
        tags.append((338, 3, 1, 2))
    bits_at = 8 + 2 + 12 * len(tags) + 4
    data_at = bits_at + 2 * channels
    entries = b""
    for tag, kind, count, value in tags:
        value = data_at if tag == 273 else value
        packed = struct.pack(">I", value) if kind == 4 else struct.pack(">HH", value, 0)
        entries += struct.pack(">HHI", tag, kind, count) + (struct.pack(">I", bits_at) if count > 2 else packed)
    header = b"MM\0*" + struct.pack(">IH", 8, len(tags))
    return header + entries + bytes(4) + struct.pack(f">{channels}H", *[16] * channels) + data


def avifs() -> Iterator[File]:
    for mode in ("L", "RGB", "RGBA"):
        yield f"{mode}.avif", saved(image(mode), "AVIF", quality=90)
    yield "4:4:4.avif", saved(image("RGB"), "AVIF", quality=100, subsampling="4:4:4")
    frames = [image("RGB"), ImageOps.flip(image("RGB"))]
    yield "animation.avif", saved(frames[0], "AVIF", save_all=True, append_images=frames[1:])


def orientations() -> Iterator[File]:
    """The tag as cameras set it, in each format that has a place for it."""
    exif = Image.Exif()
    for value in range(1, 9):
        exif[ORIENTATION] = value
        yield f"orientation {value}.jpg", saved(image("RGB"), "JPEG", exif=exif)
        yield f"orientation {value}.tif", saved(image("RGB"), "TIFF", tiffinfo={ORIENTATION: value})
    exif[ORIENTATION] = 6
    yield "orientation 6.png", saved(image("RGB"), "PNG", exif=exif)
    yield "orientation 6.webp", saved(image("RGB"), "WEBP", exif=exif, lossless=True)
    yield "orientation 6.avif", saved(image("RGB"), "AVIF", exif=exif)
    yield "orientation 6 of CMYK.jpg", saved(image("CMYK"), "JPEG", exif=exif)
    exif[ORIENTATION] = 9
    yield "orientation 9.jpg", saved(image("RGB"), "JPEG", exif=exif)


def others() -> Iterator[File]:
    """Formats that Pillow reads too."""
    for format in ("BMP", "DDS", "ICNS", "ICO", "IM", "JPEG2000", "PCX", "PPM", "QOI", "SGI", "TGA"):
        yield f"{format}.{format.lower()}", saved(image("RGB"), format)


def files() -> dict[str, bytes]:
    made = [*pngs(), *jpegs(), *webps(), *gifs(), *tiffs(), *avifs(), *orientations(), *others()]
    return dict(made)


def rgb(path: Path, upright: bool) -> Tensor:
    with Image.open(path) as opened:
        turned = ImageOps.exif_transpose(opened) if upright else opened
        return torch.from_numpy(np.array(turned.convert("RGB")))


def image_files(folder: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Writes them all; `<name>` is what `convert("RGB")` gives, `<name> upright` the same after `exif_transpose`."""
    tensors = {}
    for name, content in files().items():
        path = Path(folder, name.replace("/", " "))
        path.write_bytes(content)
        tensors[name] = rgb(path, upright=False)
        tensors[f"{name} upright"] = rgb(path, upright=True)
    return tensors, {"pillow": Image.__version__, "names": list(files())}
