"""Labelled pictures of nobody, and a model that goes by brightness, so that an evaluation's figures are known."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from medcore.worker.evaluating.asking import AskedFilms
from medcore.worker.evaluating.assess import assess
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.folder_cases import read_cases
from medcore.worker.evaluating.measuring import Assessed
from tests.test_predict import BrightnessModel

HEADING = ("file", "patient", "label", "split", "sex", "age", "view", "scanner", "source")
SIDE = 32


class GrayModel(BrightnessModel):
    """Calls a film pneumonia, and bacterial, from half brightness on; refuses very bright ones."""

    def __init__(self) -> None:
        super().__init__("gray 1")
        point = replace(self.card.operating_point, threshold=0.5)
        self.card = replace(self.card, operating_points=(point,), live_point=point.name, map_scale=1.0)


def picture(gray: int, seed: int = 0) -> np.ndarray:
    """Draw a picture whose mean is `gray`, all of them different; shape (32, 32), uint8."""
    half = np.random.default_rng(seed).integers(-9, 10, (SIDE // 2, SIDE))
    return (gray + np.concatenate([half, -half])).astype(np.uint8)


def write_folder(folder: Path, films: Sequence[Mapping[str, object]]) -> Path:
    """Write pictures with their table; a film gives its `gray` and the columns that matter."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HEADING, restval="")
        writer.writeheader()
        for number, film in enumerate(films):
            row = {"file": f"Doe_Jane_{number}.png", "patient": f"MRN-{number}", "label": "normal", **film}
            gray = int(str(row.pop("gray")))
            cv2.imwrite(str(folder / str(row["file"])), picture(gray, number))
            writer.writerow(row)
    return folder


def twelve_films() -> list[dict[str, object]]:
    """Twelve films: six of each truth, of which the model has one normal and two bacterial ones wrong."""
    grays = {"normal": (40, 50, 60, 70, 80, 180), "bacterial": (60, 90, 150, 170, 190, 200)}
    return [
        {"gray": gray, "label": label, "sex": "FM"[place % 2], "age": 2 + place % 3}
        for label, many in grays.items()
        for place, gray in enumerate(many)
    ]


def assessed(folder: Path, **options: object) -> Assessed:
    """Evaluate the brightness model on a folder."""
    known, model = options.pop("known", frozenset()), options.pop("model", None) or GrayModel()
    found = assess(model, read_cases(folder), known, AskedFilms(folder / "asked"), resamples=20, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def assessment(folder: Path) -> Assessment:
    """Evaluate the brightness model on twelve films."""
    return assessed(write_folder(folder, twelve_films())).assessment
