"""A library of images of every type for tests of what a viewer gets, and what pydicom makes of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pixel_array
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless

from medcore.library import Instance, Library
from tests.films import make_film, ramp, write, write_ct_series, write_film
from tests.servers import Answer, Server

PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
TYPES = {
    "uint8": np.dtype("u1"),
    "int8": np.dtype("i1"),
    "uint16": np.dtype("<u2"),
    "int16": np.dtype("<i2"),
    "float32": np.dtype("<f4"),
    "rgb8": np.dtype("u1"),
}
RNG = np.random.default_rng(11)


@dataclass(frozen=True)
class Site:
    """A running server, its library and a browser's cookie."""

    server: Server
    library: Library
    cookie: str

    def ask(self, path: str, **headers: str) -> Answer:
        """Ask as a browser with a session does."""
        return self.server.ask(path, Cookie=self.cookie, **headers)

    def json(self, path: str) -> Any:
        """Ask for something that is there."""
        answer = self.ask(path)
        assert answer.status == 200, (path, answer.status, answer.body[:200])
        return json.loads(answer.body)

    def instances(self) -> list[Instance]:
        """List every image of the library."""
        rows = self.library.studies().rows
        return [instance for row in rows for instance in self.library.study(row.id).instances]

    def find(self, uid: str) -> Instance:
        """Find an image that is there."""
        instance = self.library.find_instance(uid)
        assert instance is not None
        return instance


def write_files(folder: Path) -> Path:
    """Write an image of each type, and those that single tests need; each has a UID of its own."""
    for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32"):
        info = np.iinfo(dtype)
        pixels = RNG.integers(info.min, info.max, (5, 7), dtype, endpoint=True)
        write_film(folder / dtype, pixels, SOPInstanceUID=f"1.2.3.{len(dtype)}{info.bits}{int(info.min < 0)}")
    big = make_film(ramp(), SOPInstanceUID="1.2.3.100")
    big.PixelData = ramp().astype(">u2").tobytes()
    write(big, folder / "big endian", ExplicitVRBigEndian)
    for keyword, kind, uid in (("FloatPixelData", "<f4", "1.2.3.101"), ("DoubleFloatPixelData", "<f8", "1.2.3.102")):
        values = np.array([[0.5, -1e30, 7, 1e-9], [1, 2, 3, 4]], kind)
        ds = make_film(
            np.zeros((2, 4), np.uint16), PixelData=None, BitsAllocated=8 * values.itemsize, SOPInstanceUID=uid
        )
        for element in ("BitsStored", "HighBit", "PixelRepresentation"):
            delattr(ds, element)
        setattr(ds, keyword, values.tobytes())
        write(ds, folder / keyword)
    write_film(folder / "run", run_of_frames(), SOPInstanceUID="1.2.3.103", FrameTime=40, Modality="XA")
    _write_half_damaged(folder / "damaged")
    write_ct_series(folder / "ct", slices=5, SeriesDescription="Axial", FrameOfReferenceUID="1.2.3.9")
    write_film(folder / "inverted", PhotometricInterpretation="MONOCHROME1", SOPInstanceUID="1.2.3.105")
    write_film(folder / "to be deleted", SOPInstanceUID="1.2.3.106", PatientID="DELETED")
    write_film(folder / "to be lost", SOPInstanceUID="1.2.3.107")
    return folder


def run_of_frames() -> np.ndarray:
    """Make the frames of the run, the same each time."""
    return np.random.default_rng(3).integers(0, 60000, (6, 9, 11)).astype(np.uint16)


def _write_half_damaged(path: Path) -> None:
    """Write three frames of JPEG 2000 whose middle one is cut short; intake decodes the first and the last."""
    pixels = RNG.integers(0, 4000, (3, 64, 64)).astype(np.uint16)
    ds = make_film(pixels, SOPInstanceUID="1.2.3.104")
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    frames = list(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=3))
    frames[1] = frames[1][:60] + bytes(len(frames[1]) - 60)
    ds.PixelData = pydicom.encaps.encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    write(ds, path, JPEG2000Lossless)


def _decode(path: Path, frame: int) -> tuple[Dataset, np.ndarray]:
    ds = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in ds.file_meta:
        is_implicit, is_little = ds.original_encoding
        explicit = ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian
        ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if is_implicit else explicit
    return ds, pixel_array(ds, index=frame)


def expected(path: Path, frame: int) -> tuple[str, np.ndarray]:
    """Return the type and the values that pydicom's own decoding leads to."""
    ds, array = _decode(path, frame)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        colors = apply_color_lut(array, ds)
        return "rgb8", (colors >> (8 if colors.max() > 255 else 0)).astype(np.uint8)
    if array.ndim == 3:
        return "rgb8", (array >> max(ds.BitsStored - 8, 0)).astype(np.uint8)
    if ds.BitsAllocated > 16:
        return "float32", array.astype("<f4")
    if ds.BitsAllocated == 1:
        return "uint8", array.astype(np.uint8)
    kind = f"{'int' if ds.PixelRepresentation else 'uint'}{ds.BitsAllocated}"
    return kind, array.astype(array.dtype.newbyteorder("<"))


def received(answer: Answer, image: dict[str, Any]) -> np.ndarray:
    """Read an answer as the type that the image names."""
    assert answer.status == 200, (answer.status, answer.body[:200])
    shape = (image["rows"], image["columns"]) + ((3,) if image["type"] == "rgb8" else ())
    return np.frombuffer(answer.body, TYPES[image["type"]]).reshape(shape)
