"""The same film gets the same answer, whatever kind of file it comes in."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless

from medcore.classifier import Classifier, Prediction, default_model_folder
from medcore.dicom import display_values, read_frame
from medcore.training.films import Film, read_inputs
from medcore.worker.classify import Row, classify_files
from tests.films import make_film, write

FILMS_A_LABEL = 2
WHITE_12 = 4095
FULL_RANGE = {"WindowCenter": 2048, "WindowWidth": 4096}  # LINEAR: 0 is black, 4095 is white (PS3.3 C.11.2.1.2)
CHILD = {"PatientAge": "004Y", "PatientBirthDate": None}
SLIGHT = 0.05  # of a probability: training averages a film in whole gray values, a file of 12 bits in finer ones


def twelve_bits(gray: np.ndarray) -> Dataset:
    """Spread gray values of 8 bits to 12, with the window that shows them as they were."""
    ds = make_film(np.rint(gray * (WHITE_12 / 255)).astype(np.uint16), **FULL_RANGE, **CHILD)
    ds.BitsStored, ds.HighBit = 12, 11
    return ds


def uncompressed(gray: np.ndarray, path: Path) -> Path:
    return write(twelve_bits(gray), path)


def jpeg_2000(gray: np.ndarray, path: Path) -> Path:
    ds = twelve_bits(gray)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    return write(ds, path, JPEG2000Lossless)


def monochrome1(gray: np.ndarray, path: Path) -> Path:
    """Turn the values over and say that the lowest is white."""
    ds = twelve_bits(gray)
    pixels = WHITE_12 - np.frombuffer(ds.PixelData, "<u2")
    ds.PixelData = pixels.astype("<u2").tobytes()
    ds.PhotometricInterpretation = "MONOCHROME1"
    return write(ds, path)


FORMS: dict[str, Callable[[np.ndarray, Path], Path]] = {
    "12 bits, uncompressed": uncompressed,
    "12 bits, JPEG 2000": jpeg_2000,
    "12 bits, MONOCHROME1": monochrome1,
}


def chest() -> np.ndarray:
    """A soft drawing of a chest: two dark lungs in a bright trunk, ribs, a heart; gray values of 8 bits."""
    down, across = np.mgrid[0:600, 0:720] / np.array([600, 720])[:, None, None]
    film = 40 + 150 * np.exp(-(((across - 0.5) / 0.42) ** 6))
    for middle in (0.32, 0.68):
        film -= 110 * np.exp(-((((across - middle) / 0.13) ** 2 + ((down - 0.45) / 0.28) ** 2) ** 2))
    film += 60 * np.exp(-(((across - 0.55) / 0.12) ** 2 + ((down - 0.6) / 0.14) ** 2))
    film += 8 * np.sin(down * 60) + np.random.default_rng(5).normal(0, 3, film.shape)
    return np.clip(np.rint(film), 0, 255).astype(np.uint8)


def write_jpeg(gray: np.ndarray, path: Path) -> Path:
    assert cv2.imwrite(str(path), gray, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return path


def gray_of(jpeg: Path) -> np.ndarray:
    """Decode a film as training does."""
    gray = cv2.imread(str(jpeg), cv2.IMREAD_GRAYSCALE)
    assert gray is not None
    return gray


def from_jpegs(classifier: Classifier, jpegs: list[Path]) -> list[Prediction]:
    inputs = read_inputs([Film(jpeg, "normal", "1") for jpeg in jpegs], classifier.card.input_size)
    return classifier.predict(inputs.astype(np.float32))


def test_every_kind_of_file_shows_the_network_the_same_film(classifier: Classifier, tmp_path: Path) -> None:
    jpeg = write_jpeg(chest(), tmp_path / "film.jpeg")
    (shown,) = read_inputs([Film(jpeg, "normal", "1")], classifier.card.input_size)
    frames = [
        display_values(read_frame(write_as(gray_of(jpeg), tmp_path / str(number))), classifier.card.input_size)
        for number, write_as in enumerate(FORMS.values())
    ]
    for frame in frames:
        np.testing.assert_allclose(frame, shown, atol=0.6)  # training rounds to whole gray values
    expected, *predictions = classifier.predict(np.stack([shown.astype(np.float32), *frames]))
    for form, prediction in zip(FORMS, predictions, strict=True):
        assert prediction.decision == expected.decision, form
        assert prediction.pneumonia == pytest.approx(expected.pneumonia, abs=SLIGHT), form


def test_real_films_get_the_same_answer_in_every_kind_of_file(
    classifier: Classifier, shared_data: Path, tmp_path: Path
) -> None:
    jpegs = some_films(shared_data / "chest-xray-fullsize")
    files = [
        write_as(gray_of(jpeg), tmp_path / f"{jpeg.stem} {number}")
        for jpeg in jpegs
        for number, write_as in enumerate(FORMS.values())
    ]
    rows: dict[Path, list[Row]] = {jpeg: [] for jpeg in jpegs}
    for place, row in enumerate(classify_files(files, default_model_folder())):
        rows[jpegs[place // len(FORMS)]].append(row)
    expected = dict(zip(jpegs, from_jpegs(classifier, jpegs), strict=True))
    for jpeg, its_rows in rows.items():
        assert len({(row.scope, row.reason) for row in its_rows}) == 1, jpeg.name
        if its_rows[0].scope == "answered":
            assert {row.decision for row in its_rows} == {expected[jpeg].decision}, jpeg.name
            chances = [row.pneumonia for row in its_rows]
            assert chances == pytest.approx([expected[jpeg].pneumonia] * len(FORMS), abs=SLIGHT), jpeg.name
    answered = [its_rows for its_rows in rows.values() if its_rows[0].scope == "answered"]
    assert len(answered) >= len(jpegs) - 1  # the picture check may take one for something else


def some_films(folder: Path) -> list[Path]:
    """Take the first films of each label at their original size."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        labelled = [(row["label"], folder / row["file"]) for row in csv.DictReader(table) if row["split"] == "train"]
    return [
        film
        for label in sorted({label for label, _ in labelled})
        for film in [film for its_label, film in labelled if its_label == label][:FILMS_A_LABEL]
    ]
