"""Evaluate a model on labelled films: see that it tells what they are labelled with, ask it, and measure."""

from collections.abc import Callable
from pathlib import Path

from medcore.classifier import ModelCard
from medcore.classifier.model_folder import TRAINING_FILMS_FILE, read_training_films
from medcore.errors import ModelError
from medcore.worker.answers import Explains
from medcore.worker.evaluating.asking import AskedFilms, ask_cases
from medcore.worker.evaluating.cases import Cases, folded, told_classes
from medcore.worker.evaluating.measuring import Assessed, measure_answers

OnProgress = Callable[[int, int | None], object]


def known_films(folder: Path, card: ModelCard) -> frozenset[str]:
    """Return the hashes of the films that a model was made from; none where its folder does not list them.

    Raises
    ------
    ModelError
        If the list cannot be read.
    """
    return read_training_films(folder) if TRAINING_FILMS_FILE in card.parts else frozenset()


def check_labels(card: ModelCard, cases: Cases) -> None:
    """See that a model tells what the labels name.

    Raises
    ------
    ModelError
        If the labels name a class that it lacks, or only one side takes several findings of one film.
    """
    if cases.several and not card.several:
        raise ModelError(
            f"The films of {cases.name} can have several findings, and the model {card.name} gives one label a film. "
            "Give films with one label each."
        )
    if card.several and not cases.several:
        raise ModelError(
            f"The films of {cases.name} have one label each, and the model {card.name} gives several findings. Give "
            "films with all their findings."
        )
    told = told_classes(card, cases.classes)
    lacking = sorted(set(cases.classes) - folded(told))
    if lacking:
        raise ModelError(
            f"The data name {', '.join(map(repr, lacking[:5]))}, which the model {card.name} does not tell; it tells "
            f"{', '.join(card.classes)}. Rename the labels, or leave these films out."
        )


def assess(
    model: Explains,
    cases: Cases,
    known: frozenset[str],
    asked: AskedFilms,
    *,
    split: str = "",
    on_progress: OnProgress | None = None,
    is_outranked: Callable[[], bool] = lambda: False,
    resamples: int | None = None,
) -> Assessed | None:
    """Evaluate a model on labelled films.

    Parameters
    ----------
    model : Explains
    cases : Cases
    known : frozenset of str
        Hashes of the films that the model was made from; all films of their patients are left out.
    asked : AskedFilms
        What became of films so far.
    split : str
        Which part of the data this is, for the record.
    on_progress : callable, optional
        Called with films done and their total.
    is_outranked : callable
        Says between batches whether to give way.
    resamples : int, optional
        Of the draws behind the intervals; without it 2,000, of more than 10,000 films 500.

    Returns
    -------
    Assessed or None
        None where it gave way; with the same `asked` it goes on.

    Raises
    ------
    ModelError
        If the model does not tell what the labels name, or answers for no film.
    """
    check_labels(model.card, cases)
    done = sum(asked.get(case.key) is not None for case in cases.films)
    for found in ask_cases(model, cases.films, known, asked):
        asked.add(found)
        done += len(found)
        if on_progress:
            on_progress(done, len(cases.films))
        if is_outranked():
            return None
    return measure_answers(model, cases, asked, split, resamples)
