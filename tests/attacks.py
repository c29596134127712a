"""Files that are made to do harm, as small as they can be built."""

import stat
import zipfile
import zlib
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    MediaStorageDirectoryStorage,
    RLELossless,
    generate_uid,
)

from tests.films import make_film, write, write_film

MIB = 2**20
DEPTH = 100_000
ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0" + bytes(4), b"\xfe\xff\xdd\xe0" + bytes(4)
UNDEFINED = b"\xff\xff\xff\xff"
SEQUENCE_TAG = b"\x08\x00\x40\x11"  # (0008,1140) Referenced Image Sequence


def file_with(data_set: bytes, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Write a file whose meta group is right and whose data set is `data_set`."""
    write_film(path)
    ds = make_film(PixelData=None)
    write(ds, path, ExplicitVRLittleEndian)
    whole = path.read_bytes()
    meta = whole[: whole.index(b"\x08\x00\x05\x00CS")]
    old = ExplicitVRLittleEndian.encode() + b"\0"
    new = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = meta.replace(len(old).to_bytes(2, "little") + old, len(new).to_bytes(2, "little") + new)
    path.write_bytes(meta + data_set)
    return path


def data_set_of(ds: Dataset, is_implicit: bool = False) -> bytes:
    """Return the encoded data set of a film, without any file header."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, is_implicit
    write_dataset(buffer, ds)
    return buffer.getvalue()


def deflate_bomb(path: Path) -> Path:
    """Build 1 MiB that inflates to 1 GiB: a block of zeros, packed once and repeated."""
    ds = make_film(np.zeros((8, 8), np.uint16), PixelData=None, Rows=32768, Columns=16384)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(data_set_of(ds) + b"\xe0\x7f\x10\x00OW\0\0" + (1024 * MIB).to_bytes(4, "little"))
    packed += packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return file_with(packed + 1024 * block + packer.flush(), path, DeflatedExplicitVRLittleEndian)


def rle_giant(path: Path) -> Path:
    """Claim 65535 x 65535 pixels in a small RLE file."""
    ds = make_film(np.zeros((8, 8), np.uint8), Rows=65535, Columns=65535)
    return _compressed(ds, path, b"\x01" + bytes(63) + b"\x81\x00", RLELossless)


def _compressed(ds: Dataset, path: Path, frame: bytes, syntax: str) -> Path:
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return write(ds, path, syntax)


def jpeg_2000_giant(path: Path, side: int = 60000) -> Path:
    """Claim far more pixels in the compressed frame itself than in the header."""
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)
    ds = make_film(pixels)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(JPEG2000Lossless, pixels, generate_instance_uid=False)
    frame = bytearray(next(generate_frames(ds.PixelData, number_of_frames=1)))
    size = frame.index(b"\xff\x51") + 6  # image width and height, offsets, tile width and height
    for place in (size, size + 4, size + 16, size + 20):
        frame[place : place + 4] = side.to_bytes(4, "big")
    return _compressed(ds, path, bytes(frame), JPEG2000Lossless)


def garbage_frame(path: Path, syntax: str) -> Path:
    """Put noise where a compressed frame should be."""
    noise = np.random.default_rng(1).integers(0, 256, 5000, np.uint8).tobytes()
    return _compressed(make_film(np.zeros((64, 64), np.uint8)), path, noise, syntax)


def deep_undefined(path: Path, is_implicit: bool = False) -> Path:
    """Nest sequences of undefined length."""
    head = SEQUENCE_TAG + (b"" if is_implicit else b"SQ\0\0") + UNDEFINED + ITEM + UNDEFINED
    nested = DEPTH * head + DEPTH * (ITEM_END + SEQUENCE_END)
    return _with_sequence(nested, path, is_implicit)


def deep_explicit(path: Path, is_implicit: bool = False) -> Path:
    """Nest sequences that state their length."""
    overhead = 16 if is_implicit else 20
    parts = []
    for inner in range(DEPTH - 1, -1, -1):
        item = (inner * overhead).to_bytes(4, "little")
        sequence = (inner * overhead + 8).to_bytes(4, "little")
        parts.append(SEQUENCE_TAG + (b"" if is_implicit else b"SQ\0\0") + sequence + ITEM + item)
    return _with_sequence(b"".join(parts), path, is_implicit)


def _with_sequence(nested: bytes, path: Path, is_implicit: bool) -> Path:
    body = data_set_of(make_film(), is_implicit)
    middle = body.index(b"\x10\x00\x10\x00")  # the patient's name comes after group 8
    syntax = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
    return file_with(body[:middle] + nested + body[middle:], path, syntax)


def deep_deflated(path: Path) -> Path:
    """Nest sequences inside a deflated data set, whose inflated bytes look like the start of another file."""
    body = data_set_of(make_film())
    middle = body.index(b"\x10\x00\x10\x00")
    head = SEQUENCE_TAG + b"SQ\0\0" + UNDEFINED + ITEM + UNDEFINED
    fake_prefix = b"\x08\x00\x05\x00CS" + (124).to_bytes(2, "little") + b"ISO_IR 192".ljust(120) + b"DICM"
    nested = DEPTH * head + DEPTH * (ITEM_END + SEQUENCE_END)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(fake_prefix + body[18:middle] + nested + body[middle:]) + packer.flush()
    return file_with(packed, path, DeflatedExplicitVRLittleEndian)


def endless_header(path: Path, size: int) -> Path:
    """Put `size` bytes of empty elements before the pixels."""
    body = data_set_of(make_film())
    middle = body.index(b"\x10\x00\x10\x00")
    empty = b"\x09\x00\x10\x00LO\0\0"
    return file_with(body[:middle] + size // len(empty) * empty + body[middle:], path)


def padded(path: Path, size: int = 20 * MIB) -> Path:
    """Add bytes to the end of a file, to make it look like a large one."""
    with path.open("ab") as file:
        file.write(bytes(size))
    return path


def truncated(path: Path) -> Path:
    """Cut the last byte of the pixels off."""
    write_film(path)
    path.write_bytes(path.read_bytes()[:-1])
    return path


def executable_preamble(path: Path) -> Path:
    """Make a film that a Windows machine would run."""
    return write(make_film(), path, preamble=b"MZ\x90\x00" + b"\xcc" * 124)


def archive(path: Path, members: dict[str, bytes | Path]) -> Path:
    """Pack members; a Path becomes a symbolic link to it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if isinstance(content, Path):
                info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
                content = str(content).encode()
            packed.writestr(info, content)
    return path


def zip_bomb(path: Path) -> Path:
    """Pack 200 MiB of zeros behind a film's header."""
    film = path.with_suffix(".film")
    write_film(film)
    content = film.read_bytes() + bytes(200 * MIB)
    film.unlink()
    return archive(path, {"IM1": content})


def zip_that_lies(path: Path) -> Path:
    """State a size of 1 byte for a member that unpacks to 80 MiB."""
    archive(path, {"IM1": bytes(80 * MIB)})
    size = (80 * MIB).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (1).to_bytes(4, "little")))
    return path


def crowded_zip(path: Path, length: int = 8 * MIB) -> Path:
    """Build an archive whose table of contents is `length` bytes of smallest entries, far more than it says."""
    entry = b"PK\x01\x02" + bytes(42)
    entries = length // len(entry) * entry
    end = b"PK\x05\x06" + bytes(4) + (1).to_bytes(2, "little") * 2 + len(entries).to_bytes(4, "little") + bytes(6)
    path.write_bytes(b"PK\x03\x04" + bytes(26) + entries + end)
    return path


def directory_outside(path: Path, target: str = "..\\SECRET") -> Path:
    """Build a DICOMDIR whose record points out of its folder."""
    return directory(path, [target])


def directory(path: Path, targets: list[str]) -> Path:
    """Build a DICOMDIR that refers to `targets`, their parts separated by backslashes."""
    index = Dataset()
    index.SOPClassUID, index.SOPInstanceUID = MediaStorageDirectoryStorage, generate_uid()
    index.FileSetID = "DISC"
    index.DirectoryRecordSequence = [_record(target) for target in targets]
    return write(index, path)


def _record(target: str) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = "IMAGE"
    record.ReferencedFileID = target.split("\\")
    return record


def children() -> list[int]:
    """Return the process numbers of this process's children."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found
