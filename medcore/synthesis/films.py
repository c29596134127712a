"""Draw the films of nobody, choose them, and write them with a table of how near each drawn film came to a real one."""

import csv
import dataclasses
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from medcore.classifier import Classifier
from medcore.classifier.decision import CLASSES
from medcore.classifier.model_folder import read_quality
from medcore.classifier.network import INPUT_SIZE, build_network
from medcore.dicom.synthetic_film import InventedPatient, write_synthetic_film
from medcore.errors import ModelError
from medcore.evaluation.roc import auc
from medcore.synthesis.drawing import DrawnFilm, choose, draw_films
from medcore.synthesis.embedding import embed
from medcore.synthesis.kid import kernel_distance
from medcore.synthesis.likeness import Nearest, embed_variants, find_nearest, too_near
from medcore.synthesis.training import EMBEDDING_FILE, GENERATOR_FILE, load_network
from medcore.training.films import Film, divide, read_films, read_inputs
from medcore.training.pretrained import find_pretrained_weights, load_pretrained
from medcore.training.recipe import Phase, Recipe
from medcore.training.starting import pooled_features

log = logging.getLogger(__name__)

OF_EACH = 8  # films of each class
LOOKED_AT = 300  # films, so that what is measured does not hang on the chosen few
FIGURES_FILE, DISTANCES_FILE, SHEET_FILE = "figures.json", "distances.csv", "nearest-pairs.png"
AS_SEEN = Recipe(phases=(Phase(INPUT_SIZE[0], 1),))  # at which size the published network is shown films
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class FilmFigures:
    """What was measured of drawn films and of what judges them."""

    limit: float  # distance to the nearest training film below which a film is thrown away
    same_patient_auc: float  # of the distance of two films, on patients that the embedding never saw
    same_patient_pairs: int
    drawn: int
    too_near: int
    refused: int  # of the others, by the classifier's checks of quality and picture
    kernel_distance: float  # to real films of other patients
    kernel_distance_deviation: float
    kernel_distance_of_halves: float  # of two halves of those real films
    kernel_distance_of_halves_deviation: float


@dataclass(frozen=True, eq=False)
class Judge:
    """What a drawn film is held against."""

    embed: Callable[[np.ndarray], np.ndarray]
    known: np.ndarray  # (n, 224, 224) uint8, the training films
    points: np.ndarray  # of their variants
    strangers: np.ndarray  # (m, 224, 224) uint8, films of patients that trained nothing
    patients: Sequence[str]  # of the strangers
    labels: Sequence[str]
    limit: float

    def nearest_to(self, film: np.ndarray) -> Nearest:
        """Find the training film that a film comes nearest to."""
        return find_nearest(self.embed(film[None]), self.points, len(self.known))[0]


def make_films(data: Path, work: Path, out: Path, model: Path) -> FilmFigures:
    """Draw films until each class has enough, write those, and keep a contact sheet of the nearest pairs in `work`.

    Parameters
    ----------
    data : Path
        The folder with `labels.csv` and the films.
    work : Path
        Where `medcore.synthesis.training.train_synthesis` kept its networks.
    out : Path
        Folder for the DICOM files, the table of distances and the figures.
    model : Path
        Folder of the classifier whose checks the films must pass.

    Raises
    ------
    ModelError
        If the networks or films are missing, or too few films may be taken.
    """
    judge = open_judge(data, work)
    chosen, seen = choose(candidates(judge, work, model), OF_EACH, LOOKED_AT)
    if len(chosen) < OF_EACH * len(CLASSES):
        raise ModelError(
            f"Only {len(chosen)} of {len(seen)} drawn films may be taken, {OF_EACH * len(CLASSES)} are needed. "
            "Train the generator for longer."
        )
    figures = _measure(judge, seen)
    out.mkdir(parents=True, exist_ok=True)
    for number, film in enumerate(chosen, 1):
        (out / f"synthetic-{number:02d}.dcm").write_bytes(_as_dicom(number, film))
    _write_distances(out / DISTANCES_FILE, seen, chosen)
    (out / FIGURES_FILE).write_text(json.dumps(dataclasses.asdict(figures), indent=1) + "\n", encoding="utf-8")
    _write_sheet(work / SHEET_FILE, chosen, judge.known)
    return figures


def candidates(judge: Judge, work: Path, model: Path) -> Iterator[DrawnFilm]:
    """Draw one film after another, each with the reason why it may not be taken, if there is one."""
    classifier = Classifier.load(model)
    quality = read_quality(model, classifier.card)

    def refusal(film: np.ndarray) -> str:
        reason = quality.check(film.astype(np.float32)).reason if quality else ""
        return reason or classifier.predict(film[None].astype(np.float32))[0].refusal

    generator = partial(load_network(work, GENERATOR_FILE), training=False)
    return draw_films(generator, judge.nearest_to, judge.limit, refusal)


def open_judge(data: Path, work: Path) -> Judge:
    """Read the films that drawn ones are held against, and say from which distance on one is too near."""
    parts = divide(read_films(data))
    network = load_network(work, EMBEDDING_FILE)
    known = read_inputs(parts.training, INPUT_SIZE)
    kept_out: tuple[Film, ...] = (*parts.calibration, *parts.validation)
    strangers = read_inputs(kept_out, INPUT_SIZE)
    points = embed_variants(network, known)
    limit = too_near(embed(network, strangers), points, len(known))
    patients, labels = [film.patient for film in kept_out], [film.label for film in kept_out]
    return Judge(partial(embed, network), known, points, strangers, patients, labels, limit)


def _measure(judge: Judge, seen: Sequence[DrawnFilm]) -> FilmFigures:
    same, nearness = _pairs(judge)
    published = build_network(len(CLASSES))
    load_pretrained(published, find_pretrained_weights())
    features = partial(pooled_features, published, recipe=AS_SEEN)
    real = features(judge.strangers)
    order = np.random.default_rng(0).permutation(len(real))
    halves = kernel_distance(real[order[: len(real) // 2]], real[order[len(real) // 2 :]])
    apart = kernel_distance(features(np.stack([film.film for film in seen])), real)
    near = sum(film.nearest.distance < judge.limit for film in seen)
    return FilmFigures(
        limit=judge.limit,
        same_patient_auc=auc(same, nearness),
        same_patient_pairs=int(same.sum()),
        drawn=len(seen),
        too_near=near,
        refused=sum(bool(film.refused) for film in seen) - near,
        kernel_distance=apart.mean,
        kernel_distance_deviation=apart.deviation,
        kernel_distance_of_halves=halves.mean,
        kernel_distance_of_halves_deviation=halves.deviation,
    )


def _pairs(judge: Judge) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each pair of strangers' films of one class, whether it is of one patient, and how near it is."""
    points = judge.embed(judge.strangers)
    patients, labels = np.asarray(judge.patients), np.asarray(judge.labels)
    one, other = np.triu_indices(len(points), 1)
    of_one_class = labels[one] == labels[other]
    one, other = one[of_one_class], other[of_one_class]
    return patients[one] == patients[other], np.einsum("ij,ij->i", points[one], points[other])


def _as_dicom(number: int, film: DrawnFilm) -> bytes:
    generator = np.random.default_rng(film.seed)
    patient = InventedPatient(
        number,
        age_years=int(generator.integers(1, 6)),
        sex=str(generator.choice(["F", "M"])),
        study_date=date.fromordinal(FIRST_DAY.toordinal() + int(generator.integers(0, 300))),
    )
    said = f"Drawn by a generative network that was asked for: {film.asked}. Seed {film.seed}. Of nobody."
    return write_synthetic_film(film.film, patient, said)


def _write_distances(file: Path, seen: Sequence[DrawnFilm], chosen: Sequence[DrawnFilm]) -> None:
    number_of = {film.seed: number for number, film in enumerate(chosen, 1)}
    with file.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["seed", "asked for", "distance to the nearest training film", "not taken because", "film"])
        for film in seen:
            distance = f"{film.nearest.distance:.4f}"
            table.writerow([film.seed, film.asked, distance, film.refused, number_of.get(film.seed, "")])


def _write_sheet(file: Path, chosen: Sequence[DrawnFilm], known: np.ndarray) -> None:
    """Put each chosen film above the training film that it comes nearest to; the sheet is to be looked at, not kept."""
    pairs = [np.vstack([film.film, known[film.nearest.place]]) for film in chosen]
    rows = [np.hstack(pairs[start : start + OF_EACH]) for start in range(0, len(pairs), OF_EACH)]
    cv2.imwrite(str(file), np.vstack(rows))
