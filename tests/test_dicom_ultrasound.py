"""Ultrasound regions: where lengths are in millimetres, against what pydicom reads from its own files."""

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.sequence import Sequence

from medcore.dicom.description import TAGS, describe
from medcore.dicom.header import read_header
from medcore.dicom.layout import read_layout
from medcore.dicom.ultrasound import Region, read_regions


def region(**values: object) -> Dataset:
    """One region of tissue, 100 x 50 pixels of 0.02 cm."""
    item = Dataset()
    known = {
        "RegionSpatialFormat": 1,
        "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3,
        "RegionLocationMinX0": 10,
        "RegionLocationMinY0": 20,
        "RegionLocationMaxX1": 109,
        "RegionLocationMaxY1": 69,
        "PhysicalDeltaX": 0.02,
        "PhysicalDeltaY": 0.03,
    }
    for keyword, value in (known | values).items():
        if value is not None:
            setattr(item, keyword, value)
    return item


def regions_of(*items: Dataset) -> tuple[Region, ...]:
    ds = Dataset()
    ds.SequenceOfUltrasoundRegions = Sequence(items)
    return read_regions(ds)


def test_a_region_of_tissue_is_to_scale_in_millimetres() -> None:
    assert regions_of(region()) == (Region((10, 20, 109, 69), pytest.approx((0.3, 0.2))),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"RegionSpatialFormat": 2},  # M mode: across is time
        {"PhysicalUnitsXDirection": 4},  # seconds
        {"PhysicalUnitsYDirection": None},
        {"PhysicalDeltaX": 0.0},
        {"PhysicalDeltaX": 1e30},
        {"PhysicalDeltaX": None},
        {"RegionLocationMaxX1": 10},
        {"RegionLocationMinX0": None},
    ],
)
def test_a_region_that_is_not_to_scale_is_left_out(change: dict[str, object]) -> None:
    assert regions_of(region(**change), region()) == regions_of(region())


def test_no_more_regions_are_read_than_a_scanner_writes() -> None:
    assert len(regions_of(*[region()] * 1000)) == 16


@pytest.mark.parametrize("name", ["examples_palette.dcm", "examples_ybr_color.dcm", "RG1_UNCR.dcm"])
def test_the_regions_of_real_images_are_those_that_pydicom_reads(name: str) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom does not carry {name}")
    with open(path, "rb") as stream:  # noqa: PTH123 (pydicom gives a str)
        header = read_header(stream, TAGS)
        found = describe(header.ds, read_layout(header)).as_json()["regions"]
    expected = [
        {
            "box": (
                item.RegionLocationMinX0,
                item.RegionLocationMinY0,
                item.RegionLocationMaxX1,
                item.RegionLocationMaxY1,
            ),
            "spacing_mm": (10 * item.PhysicalDeltaY, 10 * item.PhysicalDeltaX),
        }
        for item in dcmread(path).get("SequenceOfUltrasoundRegions", [])
        if item.RegionSpatialFormat == 1
    ]
    assert found == expected
    assert bool(expected) == (name != "RG1_UNCR.dcm")
