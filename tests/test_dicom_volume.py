"""A series is a volume only if every slice has its place on one regular grid; the order follows the patient."""

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians, sin, tan
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EnhancedMRImageStorage

from medcore.dicom.description import Description, FrameDescription
from medcore.dicom.sending import describe_files
from medcore.dicom.volume import Volume, find_volume
from medcore.dicom.windowing import Window
from tests.films import make_film, write, write_ct_series

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def describe(position: Sequence[float] | None = (0, 0, 0), orientation: Any = AXIAL, **values: Any) -> Description:
    place = None if position is None else tuple(map(float, position))
    known: dict[str, Any] = {
        "rows": 512,
        "columns": 512,
        "frames": 1,
        "type": "int16",
        "photometric_interpretation": "MONOCHROME2",
        "inverted": False,
        "modality": "CT",
        "unit": "HU",
        "bits_stored": 12,
        "spacing_mm": (0.5, 0.5),
        "spacing_source": "Pixel Spacing",
        "regions": (),
        "pixel_aspect": 1.0,
        "frame_of_reference_uid": "1.2.3",
        "frame_time_ms": None,
        "slope": 1.0,
        "intercept": -1024.0,
        "modality_lut": None,
        "windows": (Window(40, 400),),
        "voi_lut": None,
        "padding": None,
        "per_frame": (FrameDescription(place, orientation),),  # type: ignore[arg-type]
    }
    return Description(**known | values)


def axial(*heights: float, **values: Any) -> list[Description]:
    return [describe((0, 0, height), **values) for height in heights]


def reason(images: Sequence[Description]) -> str:
    volume = find_volume(images)
    assert volume.possible == (volume.reason == "")
    if volume.reason:
        assert volume.reason.startswith("Not a volume: ") and volume.reason.endswith(".")
    return volume.reason


def images_of(volume: Volume) -> list[int]:
    return [image for image, _ in volume.order]


@pytest.mark.parametrize("modality", ["CT", "MR", "PT"])
def test_equal_steps_are_a_volume(modality: str) -> None:
    assert reason(axial(0, 2.5, 5, 7.5, modality=modality)) == ""


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, CORONAL, (cos(0.3), sin(0.3), 0, 0, 0, -1)])
def test_slices_of_any_orientation_go_by_their_normal(orientation: Any) -> None:
    normal = np.cross(orientation[:3], orientation[3:])
    heights = [3.0, 0.0, 2.0, 1.0]
    images = [describe(7 + height * normal, orientation) for height in heights]
    volume = find_volume(images)
    assert volume.reason == ""
    assert images_of(volume) == [1, 3, 2, 0]


def test_frames_within_one_object_go_by_their_normal_too() -> None:
    frames = tuple(FrameDescription((0, 0, height), AXIAL) for height in (4.0, 0.0, 2.0, 6.0))
    volume = find_volume([describe(frames=4, per_frame=frames)])
    assert volume.reason == ""
    assert volume.order == ((0, 1), (0, 2), (0, 0), (0, 3))


def test_images_without_a_place_keep_the_given_order() -> None:
    images = [describe((0, 0, 5)), describe(None), describe((0, 0, 1))]
    volume = find_volume(images)
    assert images_of(volume) == [0, 1, 2]
    assert volume.reason == "Not a volume: image 2 does not say where it lies in the patient."


def test_phases_at_one_place_keep_the_given_order() -> None:
    frames = tuple(FrameDescription((0, 0, 3), AXIAL) for _ in range(5))
    volume = find_volume([describe(frames=5, per_frame=frames, modality="MR")])
    assert volume.order == tuple((0, frame) for frame in range(5))
    assert volume.reason == "Not a volume: images 1 and 2 lie in the same place, and the same at 3 more places."


@pytest.mark.parametrize(
    ("heights", "said"),
    [
        ((0, 2, 4, 8, 10, 12), "one slice is missing between image 3 and 4"),
        ((0, 2, 4, 10, 12, 14), "two slices are missing between image 3 and 4"),
        ((0, 2, 4, 8, 10, 12, 14, 18), "one slice is missing between image 3 and 4, and the same at 1 more place"),
        ((0, 1, 2, 3, 30, 31), "26 slices are missing between image 4 and 5"),
        ((0, 2, 4, 7, 9, 11), "the distance between its slices varies from 2.00 to 3.00 mm"),
        ((0, 1, 2, 3, 8, 13, 18, 23), "the distance between its slices varies from 1.00 to 5.00 mm"),
        ((0, 2, 2, 4, 6), "images 2 and 3 lie in the same place"),
        ((0, 2, 4, 4.005, 6), "images 3 and 4 lie in the same place"),
        ((5, 5, 5), "images 1 and 2 lie in the same place, and the same at 1 more place"),
    ],
)
def test_steps_that_are_not_equal_are_named(heights: Sequence[float], said: str) -> None:
    assert reason(axial(*heights)) == f"Not a volume: {said}."


def test_the_numbers_are_those_of_the_reading_order() -> None:
    assert reason(axial(12, 10, 8, 4, 2, 0)) == "Not a volume: one slice is missing between image 3 and 4."


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_positions_that_were_rounded_are_equal_steps(digits: int) -> None:
    step = 3.0 if digits == 1 else 0.625
    assert reason(axial(*(round(step * number, digits) for number in range(300)))) == ""


def test_steps_that_differ_by_more_than_a_hundredth_are_not_equal() -> None:
    assert reason(axial(0, 5, 10.04, 15.04)) == ""
    assert "varies from 5.00 to 5.06" in reason(axial(0, 5, 10.06, 15.06))


def test_a_tilted_gantry_is_named_with_its_angle() -> None:
    sheared = [describe((0, tan(radians(15)) * height, height)) for height in range(0, 50, 5)]
    assert reason(sheared) == (
        "Not a volume: its slices are shifted sideways against each other, as by a tilted gantry (15.0 degrees)."
    )


def test_a_drift_of_less_than_half_a_pixel_over_the_series_is_none() -> None:
    assert reason([describe((0.02 * number, 0, 2 * number)) for number in range(12)]) == ""
    assert "sideways" in reason([describe((0.02 * number, 0, 2 * number)) for number in range(14)])


def test_one_slice_that_is_shifted_alone_is_noticed() -> None:
    images = axial(0, 2, 4, 6, 8)
    images[2] = describe((3, 0, 4))
    assert "shifted sideways" in reason(images)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"modality": "DX"}, "only slices of CT, MR and PET are put together"),
        ({"type": "rgb8"}, "its images are in colour"),
        ({"type": "uint16"}, "its images hold different kinds of values"),
        ({"modality_lut": {"first": 0, "bits": 8, "table": [0]}}, "its values come from a table of each image's own"),
        (
            {"frame_of_reference_uid": "1.2.4"},
            "its images do not share one Frame of Reference, so their places cannot be compared",
        ),
        ({"rows": 256}, "its images differ in size (512 x 512 and 256 x 512 pixels)"),
        ({"spacing_mm": (0.5, 0.6)}, "the pixels of image 3 are of another size than those of image 1"),
        ({"spacing_mm": None}, "image 3 does not say how large its pixels are in the patient"),
        ({"spacing_source": "Imager Pixel Spacing"}, "image 3 does not say how large its pixels are in the patient"),
        ({"per_frame": (FrameDescription((0, 0, 4), (0.8, 0.6, 0, 0, 1, 0)),)}, "rows and columns of image 3"),
        ({"per_frame": (FrameDescription((0, 0, 4), (0, 1, 0, -1, 0, 0)),)}, "image 3 is turned against image 1"),
    ],
)
def test_one_image_that_is_different_is_named(change: dict[str, Any], said: str) -> None:
    images = axial(0, 2, 4, 6)
    images[2] = replace(images[2], **change)
    assert said in reason(images)


def test_slices_that_are_scaled_each_by_its_own_slope_are_a_volume_as_in_pet() -> None:
    images = [replace(image, slope=1.0 + place) for place, image in enumerate(axial(0, 2, 4, 6))]
    assert reason(images) == ""


@pytest.mark.parametrize("own", [{"spacing_mm": (0.7, 0.7)}, {"orientation": SAGITTAL}])
def test_one_frame_that_is_different_is_noticed(own: dict[str, Any]) -> None:
    frames = [FrameDescription((0.0, 0.0, 2.0 * number), AXIAL) for number in range(4)]
    whole = describe(frames=4, per_frame=tuple(frames))
    assert reason([whole]) == ""
    frames[2] = replace(frames[2], **own)
    assert reason([replace(whole, per_frame=tuple(frames))]) != ""


def test_a_localizer_of_three_planes_is_no_volume() -> None:
    planes = [describe((0, 0, number), orientation) for orientation in (AXIAL, SAGITTAL, CORONAL) for number in (0, 9)]
    volume = find_volume(planes)
    assert volume.reason == "Not a volume: image 3 is turned against image 1."
    assert images_of(volume) == list(range(6))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_slices_are_no_volume(count: int) -> None:
    volume = find_volume(axial(*range(count)))
    assert volume.reason == "Not a volume: it takes three slices or more."
    assert len(volume.order) == count


def test_directions_that_make_no_plane_are_no_volume() -> None:
    assert reason(axial(0, 1, 2, orientation=(0.0,) * 6)) != ""
    assert reason(axial(0, 1, 2, orientation=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0))) != ""


def described(paths: Sequence[Path]) -> list[Description]:
    found = describe_files(paths)
    assert all(isinstance(one, Description) for one in found)
    return [one for one in found if isinstance(one, Description)]


def test_a_series_of_files_is_a_volume_foot_to_head(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, slices=6, FrameOfReferenceUID="1.2.3")
    volume = find_volume(described(paths[::-1]))
    assert volume.reason == ""
    assert images_of(volume) == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("uid", ["__proto__", "constructor", "Doe^Jane", "1.2.3 4", "1" * 65])
def test_what_is_no_uid_names_no_frame_of_reference_for_a_browser_to_keep(tmp_path: Path, uid: str) -> None:
    (description,) = described([write(make_film(FrameOfReferenceUID=uid), tmp_path / "film")])
    assert description.frame_of_reference_uid == ""


def test_an_enhanced_object_is_a_volume_by_its_functional_groups(tmp_path: Path) -> None:
    heights = [6.0, 0.0, 3.0]
    ds = make_film(np.zeros((3, 8, 6), np.uint16), SOPClassUID=EnhancedMRImageStorage, Modality="MR", ViewPosition=None)
    del ds.ImagerPixelSpacing
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, orientation.ImageOrientationPatient = [0.8, 0.7], list(AXIAL)
    ds.SharedFunctionalGroupsSequence = Items([Dataset()])
    ds.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence = Items([measures])
    ds.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence = Items([orientation])
    ds.PerFrameFunctionalGroupsSequence = Items([])
    for number, height in enumerate(heights):
        group, place, window = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [1, 2, height]
        window.WindowCenter, window.WindowWidth = (100, 200) if number else (50, 80)
        group.PlanePositionSequence, group.FrameVOILUTSequence = Items([place]), Items([window])
        ds.PerFrameFunctionalGroupsSequence.append(group)
    (image,) = described([write(ds, tmp_path / "enhanced")])
    assert image.spacing_mm == (0.8, 0.7)
    assert [frame.position for frame in image.per_frame] == [(1, 2, height) for height in heights]
    assert {frame.orientation for frame in image.per_frame} == {AXIAL}
    assert [window.center for window in image.windows] == [50]
    own = [frame.windows for frame in image.per_frame]
    assert own[0] is None
    assert [windows[0].center for windows in own[1:] if windows] == [100, 100]
    volume = find_volume([image])
    assert volume.reason == ""
    assert volume.order == ((0, 1), (0, 2), (0, 0))


@pytest.mark.parametrize("name", ["ct-head-series", "mr-head-series"])
def test_real_series_are_volumes_in_the_order_of_their_positions(shared_data: Path, name: str) -> None:
    by_series: dict[str, list[tuple[Path, Dataset]]] = {}
    for path in sorted((shared_data / "dicom" / name).rglob("*")):
        if path.is_file():
            ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            if "ImagePositionPatient" in ds:
                by_series.setdefault(ds.SeriesInstanceUID, []).append((path, ds))
    assert by_series
    for files in by_series.values():
        volume = find_volume(described([path for path, _ in files]))
        assert volume.reason == ""
        along = int(np.argmax(np.abs(np.cross(*np.reshape(files[0][1].ImageOrientationPatient, (2, 3)).astype(float)))))
        places = [float(files[image][1].ImagePositionPatient[along]) for image in images_of(volume)]
        assert places in (sorted(places), sorted(places, reverse=True))
