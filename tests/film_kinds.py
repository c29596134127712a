"""Made-up films of every kind that DICOM knows: pixel types, photometric interpretations, windows and tables."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

from tests.films import make_film, write

ROWS, COLUMNS, TILE = 64, 96, 16
CENTRES = [(column + 7.5, row + 7.5) for row in range(0, ROWS, TILE) for column in range(0, COLUMNS, TILE)]


def tiles(low: float, high: float, dtype: type[np.generic]) -> np.ndarray:
    """An image of 24 even tiles that go from `low` to `high`."""
    levels = np.linspace(low, high, len(CENTRES)).reshape(ROWS // TILE, COLUMNS // TILE)
    return np.kron(levels, np.ones((TILE, TILE))).astype(dtype)


def table(keyword: str, first: int, entries: np.ndarray, bits: int) -> dict[str, Sequence]:
    """Make a sequence with one lookup table."""
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = entries.astype("<u2").tobytes()
    return {keyword: Sequence([item])}


def gamma(count: int, bits: int) -> np.ndarray:
    """Entries of a table that rises slowly, then fast."""
    return np.rint((np.arange(count) / (count - 1)) ** 2.2 * (2**bits - 1)).astype(np.int64)


def with_bits(ds: Dataset, stored: int) -> Dataset:
    """Say how many of the bits are used."""
    ds.BitsStored, ds.HighBit = stored, stored - 1
    return ds


def float_film(dtype: type[np.generic], keyword: str) -> Dataset:
    """Make a film of fractions."""
    ds = make_film(tiles(0, 1, np.uint16))
    del ds.PixelData, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    values = tiles(-0.4, 1.3, dtype)
    ds.BitsAllocated = values.dtype.itemsize * 8
    setattr(ds, keyword, values.tobytes())
    return ds


def one_bit_film() -> Dataset:
    """Make a chessboard."""
    bits = (np.kron(np.indices((4, 6)).sum(0) % 2, np.ones((TILE, TILE)))).astype(np.uint8)
    ds = make_film(bits)
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    ds.PixelData = np.packbits(bits.ravel(), bitorder="little").tobytes()
    return ds


def palette_film() -> Dataset:
    """Make a film whose colours are in a palette."""
    ds = make_film(tiles(0, 255, np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for color, entries in {"Red": np.arange(256), "Green": np.arange(256)[::-1], "Blue": np.arange(256) // 2}.items():
        setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{color}PaletteColorLookupTableData", (entries * 257).astype("<u2").tobytes())
    return ds


def color_film(photometric: str) -> Dataset:
    """Make a film of three samples a pixel."""
    levels = tiles(0, 255, np.uint8)
    return make_film(np.stack([levels, 255 - levels, levels // 2], -1), PhotometricInterpretation=photometric)


def padded_film() -> Dataset:
    """Make a film with a tile of padding, and no window."""
    pixels = tiles(500, 1500, np.int16)
    pixels[:TILE, :TILE] = -2000
    return make_film(pixels, PixelPaddingValue=-2000, WindowCenter=None, WindowWidth=None)


def lut_film() -> Dataset:
    """Make a film with a VOI LUT."""
    return with_bits(make_film(tiles(0, 4095, np.uint16), **table("VOILUTSequence", 0, gamma(4096, 12), 12)), 12)


def modality_lut_film() -> Dataset:
    """Make a film with a modality LUT."""
    return make_film(tiles(10, 250, np.uint8), **table("ModalityLUTSequence", 10, gamma(241, 16), 16))


def inverted(ds: Dataset) -> Dataset:
    """Change black and white over."""
    ds.PhotometricInterpretation = "MONOCHROME1"
    return ds


KINDS: Mapping[str, Callable[[], Dataset]] = {
    "8 bits": lambda: make_film(tiles(0, 255, np.uint8)),
    "8 bits signed": lambda: make_film(tiles(-128, 127, np.int8), WindowCenter=0, WindowWidth=200),
    "12 bits": lambda: with_bits(make_film(tiles(0, 4095, np.uint16), WindowCenter=1500, WindowWidth=2000), 12),
    "16 bits": lambda: make_film(tiles(0, 65535, np.uint16), WindowCenter=30000, WindowWidth=50000),
    "16 bits narrow": lambda: make_film(tiles(40000, 40100, np.uint16), WindowCenter=40050, WindowWidth=80),
    "16 bits signed": lambda: make_film(tiles(-32768, 32767, np.int16), WindowCenter=0, WindowWidth=40000),
    "32 bits": lambda: make_film(tiles(0, 4e9, np.uint32), WindowCenter=2e9, WindowWidth=3e9),
    "fractions": lambda: make_film(
        tiles(0, 4000, np.uint16),
        RescaleSlope=0.0005,
        RescaleIntercept=-0.5,
        WindowCenter=0.5,
        WindowWidth=1.2,
        VOILUTFunction="LINEAR_EXACT",
    ),
    "float": lambda: float_film(np.float32, "FloatPixelData"),
    "double": lambda: float_film(np.float64, "DoubleFloatPixelData"),
    "1 bit": one_bit_film,
    "MONOCHROME1": lambda: make_film(tiles(0, 4095, np.uint16), PhotometricInterpretation="MONOCHROME1"),
    "exact": lambda: make_film(
        tiles(0, 255, np.uint8), WindowCenter=128, WindowWidth=100, VOILUTFunction="LINEAR_EXACT"
    ),
    "sigmoid": lambda: make_film(
        tiles(0, 4095, np.uint16), WindowCenter=2000, WindowWidth=1500, VOILUTFunction="SIGMOID"
    ),
    "width of 1": lambda: make_film(tiles(0, 255, np.uint8), WindowCenter=100, WindowWidth=1),
    "VOI table": lut_film,
    "VOI table MONOCHROME1": lambda: inverted(lut_film()),
    "modality table": modality_lut_film,
    "padding": padded_film,
    "RGB": lambda: color_film("RGB"),
    "YBR_FULL": lambda: color_film("YBR_FULL"),
    "palette": palette_film,
}


def write_kinds(folder: Path) -> dict[str, Path]:
    """Write every kind as a series of its own in one study."""
    study = generate_uid()
    return {name: _write_kind(folder / name, name, number, study) for number, name in enumerate(KINDS)}


def _write_kind(path: Path, name: str, number: int, study: str) -> Path:
    ds = KINDS[name]()
    ds.StudyInstanceUID, ds.SeriesNumber, ds.SeriesDescription = study, number + 1, name
    return write(ds, path)


def write_mixed(folder: Path) -> list[Path]:
    """Write a series whose images have types, rescales and windows of their own; in reading order."""
    films = [
        make_film(tiles(0, 255, np.uint8), WindowCenter=100, WindowWidth=100),
        make_film(
            tiles(0, 4000, np.uint16),
            WindowCenter=0.5,
            WindowWidth=1,
            VOILUTFunction="LINEAR_EXACT",
            RescaleSlope=0.00025,
            RescaleIntercept=0,
        ),
        make_film(tiles(-500, 500, np.int16), WindowCenter=-100, WindowWidth=300),
        color_film("RGB"),
        make_film(tiles(0, 1000, np.uint16), PhotometricInterpretation="MONOCHROME1"),
    ]
    study, series = generate_uid(), generate_uid()
    for number, ds in enumerate(films):
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.InstanceNumber, ds.PatientID = study, series, number + 1, "MIXED"
    return [write(ds, folder / f"{number}") for number, ds in enumerate(films)]


def write_damaged(path: Path, damaged: tuple[int, ...], frames: int = 5) -> Path:
    """Write frames of JPEG 2000, some of which are cut short; intake decodes the first and the last."""
    pixels = np.stack([tiles(0, 4000, np.uint16)] * frames)
    ds = make_film(pixels, PatientID="DAMAGED")
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    streams = list(generate_frames(ds.PixelData, number_of_frames=frames))
    for number in damaged:
        streams[number] = streams[number][:60] + bytes(len(streams[number]) - 60)
    ds.PixelData = encapsulate(streams)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return write(ds, path, JPEG2000Lossless)
