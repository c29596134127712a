"""What the report says of each group of pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from medcore.classifier.familiarity import Familiarity
from medcore.classifier.quality import QualityModel
from medcore.classifier.report import ScopeRow
from medcore.training.fit_familiarity import fit_familiarity
from medcore.training.fit_quality import fit_quality
from medcore.training.scope_groups import gradients, read_pictures, read_slices, reported_half, scope_groups
from medcore.training.scope_report import report_scope
from tests.films import write_film
from tests.test_quality import chests


def coarse_features(films: np.ndarray) -> np.ndarray:
    """Stand for a network: the gray values of 12 x 12 patches."""
    return np.stack(
        [cv2.resize(film.astype(np.float32), (12, 12), interpolation=cv2.INTER_AREA).ravel() for film in films]
    )


@pytest.fixture(scope="module")
def quality() -> QualityModel:
    return fit_quality(chests(150), chests(100, 1))


@pytest.fixture(scope="module")
def familiarity() -> Familiarity:
    return fit_familiarity(coarse_features(chests(150)), coarse_features(chests(100, 1)))


@pytest.fixture(scope="module")
def rows(
    quality: QualityModel, familiarity: Familiarity, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, ScopeRow]:
    data = tmp_path_factory.mktemp("data")
    (data / "body-part-64" / "Hand").mkdir(parents=True)
    for number, film in enumerate(gradients()[:7]):
        cv2.imwrite(str(data / "body-part-64" / "Hand" / f"{number}.png"), cv2.resize(film, (64, 64)))
    found, left_out = report_scope(coarse_features, quality, familiarity, chests(20, 2), data)
    assert "CT of heads, at 64 pixels: the pictures are not at hand." in left_out
    assert "hands, at 64 pixels: the pictures are not at hand." not in left_out
    return {row.group: row for row in found}


def test_films_that_should_be_answered_are_and_the_others_are_not(rows: dict[str, ScopeRow]) -> None:
    assert rows["films kept aside"].refused <= 0.1
    assert rows["films kept aside"].auroc == 0.5
    assert rows["films kept aside, mirrored"].in_scope
    assert not rows["films kept aside, inverted"].in_scope
    for name in ("inverted", "upside down", "turned to the left", "turned to the right"):
        assert rows[f"films kept aside, {name}"].refused_quality == 1
    assert rows["gray gradients"].auroc == 1
    assert rows["films kept aside, at 64 pixels"].auroc_controls == 0.5  # against themselves
    assert rows["gray gradients"].auroc_controls == 1
    assert (rows["noise"].refused, rows["noise"].films) == (1, 40)


def test_every_refusal_counts_once(rows: dict[str, ScopeRow]) -> None:
    for row in rows.values():
        assert max(row.refused_quality, row.refused_picture) <= row.refused <= row.refused_quality + row.refused_picture


def test_the_half_that_the_method_was_chosen_on_is_not_reported(rows: dict[str, ScopeRow]) -> None:
    assert rows["hands, at 64 pixels"].films == 3  # of 0 to 6: 1, 3, 5


def test_pictures_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for number in (3, 1, 2, 0):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((9, 9), 10 * number, np.uint8))
    (tmp_path / "notes.txt").write_text("no picture")
    films, half = read_pictures(tmp_path), reported_half(tmp_path)
    assert films is not None and half is not None
    assert films[:, 0, 0].tolist() == [0, 10, 20, 30]
    assert half[:, 0, 0].tolist() == [10, 30]
    assert read_pictures(tmp_path / "none") is None


def test_a_series_is_shown_as_the_network_would_see_it_and_what_is_no_image_is_passed_over(tmp_path: Path) -> None:
    write_film(tmp_path / "slice")
    (tmp_path / "index").write_bytes(b"no image")
    films = read_slices(tmp_path)
    assert films is not None
    assert films.shape == (1, 224, 224)
    assert (films.min(), films.max()) == (0, 255)
    assert read_slices(tmp_path / "none") is None


def test_real_pictures_are_at_hand_for_every_group(shared_data: Path) -> None:
    missing = [name for name, make in scope_groups(chests(2), shared_data).items() if make() is None]
    assert missing == []
