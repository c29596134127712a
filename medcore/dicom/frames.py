"""Read one frame of a file that intake has accepted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from medcore.dicom import presentation
from medcore.dicom.decoders import decode_in_child
from medcore.dicom.decoding import GARBAGE, check_length, check_syntax, decode, map_pixels
from medcore.dicom.elements import DAMAGE
from medcore.dicom.frame import Frame
from medcore.dicom.header import Header, read_header
from medcore.dicom.layout import Layout, read_layout
from medcore.errors import IntakeError, PixelError

HEADERS_KEPT = 4  # of the files read last: the functional groups of a long run take a second to parse


def read_frame(path: Path, frame: int = 0) -> Frame:
    """Read a frame in modality values.

    Uncompressed pixels are read in this process, mapped into memory where they can be; everything else is decoded in
    a child process with limits.

    Parameters
    ----------
    path : Path
        A file that `check_files` accepted.
    frame : int
        The number of the frame, from 0.

    Raises
    ------
    PixelError
        If the file holds no such frame, or its pixels are damaged or of a kind that cannot be shown.
    """
    with damage_as_sentence():
        ds, layout = read_layout_of(path, frame)
        return presentation.present(_pixels(path, layout, frame), ds, layout, frame)


@contextmanager
def damage_as_sentence() -> Iterator[None]:
    """Turn what damaged bytes make the libraries raise into a PixelError."""
    try:
        yield
    except IntakeError as error:
        raise PixelError(str(error)) from error
    except DAMAGE as error:
        raise PixelError(GARBAGE) from error


def read_layout_of(path: Path, frame: int = 0) -> tuple[Dataset, Layout]:
    """Return what an accepted file says of showing it, and how its pixels are laid out.

    Raises
    ------
    PixelError
        If the file has no such `frame`, or its pixels are of a kind that cannot be shown.
    """
    status = path.stat()
    header, layout = _read(path, status.st_mtime_ns, status.st_size)
    if not 0 <= frame < layout.frames:
        raise PixelError(f"The image has {layout.frames} frames; frame {frame + 1} was asked for.")
    return header.ds, layout


@lru_cache(maxsize=HEADERS_KEPT)
def _read(path: Path, modified: int, size: int) -> tuple[Header, Layout]:
    with path.open("rb") as stream:
        header = read_header(stream, presentation.TAGS)
    layout = read_layout(header)
    check_syntax(layout)
    if layout.is_native and header.body is None:
        check_length(layout, size)
    return replace(header, body=None), layout  # an inflated body is large, and the child inflates its own


def needs_child(layout: Layout) -> bool:
    """Whether only a child process with limits may decode the pixels."""
    return layout.syntax == DeflatedExplicitVRLittleEndian or not layout.is_native


def _pixels(path: Path, layout: Layout, frame: int) -> np.ndarray:
    return decode_in_child(path, frame) if needs_child(layout) else read_native(path, layout, frame)


def read_native(path: Path, layout: Layout, frame: int) -> np.ndarray:
    """Return one frame of uncompressed pixels, mapped where it can be."""
    mapped = map_pixels(path, layout, frame)
    if mapped is not None:
        return mapped
    with path.open("rb") as stream:
        return decode(stream, layout, frame)
