"""Frames and descriptions for a viewer, made where it is safe: compressed pixels and headers in a decoder's child."""

import io
import mmap
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from medcore.dicom import decoders
from medcore.dicom.decoding import decode, index_fragments, map_pixels
from medcore.dicom.description import TAGS, Description, describe
from medcore.dicom.display import thumbnail
from medcore.dicom.elements import DAMAGE
from medcore.dicom.frames import damage_as_sentence, needs_child, read_frame, read_layout_of, read_native
from medcore.dicom.header import DAMAGED, read_header
from medcore.dicom.inspection import NO_MEMORY, decode_file
from medcore.dicom.layout import Layout, read_layout
from medcore.dicom.limits import FILE_S, KILL_AFTER_S, allow, allowed_s, decoding_s, file_limits
from medcore.dicom.stored_values import as_sent, encode
from medcore.errors import IntakeError, PixelError

FILES_KNOWN = 4  # whose fragments' places a child remembers
FRAME_S = 2e-3  # processor time that reading one frame's functional groups may take


def write_frame(path: Path, frame: int, coding: str, target: Path) -> None:
    """Write the stored values of one frame, as they are sent under a content coding, into a new file `target`.

    Parameters
    ----------
    path : Path
        A file that `check_files` accepted.
    frame : int
        The number of the frame, from 0.
    coding : str
        One of `stored_values.CODINGS`.
    target : Path
        Where the bytes go; half of them may be there after an error.

    Raises
    ------
    PixelError
        If the file holds no such frame, or its pixels are damaged or of a kind that cannot be shown.
    OSError
        If `target` cannot be written, or the file is gone.
    """
    size = path.stat().st_size
    with damage_as_sentence():
        ds, layout = read_layout_of(path, frame)
        if not needs_child(layout):
            body = encode(as_sent(read_native(path, layout, frame), ds, layout), coding)
    if needs_child(layout):
        limit_s = allowed_s(size) + KILL_AFTER_S + decoders.GRACE_S
        # The child need not read the header again; a table of offsets may be long, and the child makes its own.
        known = replace(layout, extended_offsets=None)
        decoders.run_twice(write_in_child, limit_s, path, frame, known, coding, target)
    else:
        write_private(target, body)


def map_stored(path: Path, frame: int) -> memoryview | None:
    """Map the stored values of one frame where they lie in the file just as they are sent; None where they do not.

    Raises
    ------
    PixelError
        If the file holds no such frame, or its pixels are of a kind that cannot be shown.
    FileNotFoundError
        If the file is gone.
    """
    path.stat()
    with damage_as_sentence():
        ds, layout = read_layout_of(path, frame)
        mapped = None if needs_child(layout) else map_pixels(path, layout, frame)
        if mapped is None or as_sent(mapped, ds, layout) is not mapped or mapped.base is None:
            return None
        body = mapped.reshape(-1).view(np.uint8)
    body[:: mmap.PAGESIZE].max()  # read from the disk now: who sends it must not wait for that
    return body.data


def write_in_child(path: Path, frame: int, layout: Layout, coding: str, target: Path) -> None:
    """Decode a frame under limits and write it; see `write_frame`."""
    with damage_as_sentence():
        try:
            array = _decode(path, frame, layout)
            ds = read_layout_of(path)[0] if layout.photometric == "PALETTE COLOR" else Dataset()
            body = encode(as_sent(array, ds, layout), coding)
        except MemoryError as error:
            raise PixelError(NO_MEMORY) from error
    write_private(target, body)


def _decode(path: Path, frame: int, layout: Layout) -> np.ndarray:
    if layout.is_native:  # deflated
        return decode_file(path, frame)
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        with file_limits(FILE_S + decoding_s(layout.frame_samples, status.st_size)):
            if layout.frames > 1:
                layout = replace(layout, extended_offsets=_fragments(path, layout, status.st_mtime_ns, status.st_size))
            return decode(stream, layout, frame)


@lru_cache(maxsize=FILES_KNOWN)
def _fragments(path: Path, layout: Layout, modified: int, size: int) -> tuple[bytes, bytes] | None:
    with path.open("rb") as stream:
        return index_fragments(stream, layout, size)


def write_thumbnail(path: Path, frame: int, side: int, target: Path) -> None:
    """Write a small picture of a frame as PNG, its longer side `side` pixels, into a new file; see `write_frame`."""
    picture = Image.fromarray(thumbnail(read_frame(path, frame), side))
    png = io.BytesIO()
    picture.save(png, "PNG")
    write_private(target, png.getvalue())


def write_private(target: Path, body: bytes | memoryview) -> None:
    """Write a new file that only this user can read."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(body)


def describe_files(paths: Sequence[Path]) -> list[Description | PixelError]:
    """Describe images in a child; an image that cannot be shown gives the error that says why."""
    limit_s = sum(allowed_s(path.stat().st_size) for path in paths) + KILL_AFTER_S + decoders.GRACE_S
    return decoders.run_twice(describe_in_child, limit_s, list(paths))


def describe_in_child(paths: list[Path]) -> list[Description | PixelError]:
    """Describe images under limits; see `describe_files`."""
    return [_describe_or_say(path) for path in paths]


def _describe_or_say(path: Path) -> Description | PixelError:
    try:
        with path.open("rb") as stream, file_limits():
            header = read_header(stream, TAGS)
            layout = read_layout(header)
            allow(FILE_S + FRAME_S * layout.frames)
            return describe(header.ds, layout)
    except (IntakeError, PixelError) as error:
        return PixelError(str(error))
    except FileNotFoundError:
        raise
    except DAMAGE:
        return PixelError(DAMAGED)
