"""The heatmap of an error, and what a chart in a browser is told."""

from dataclasses import asdict
from typing import Any

import numpy as np

from medcore.evaluation.evaluation import QuestionFigures
from medcore.explanation import has_evidence, heatmap
from medcore.pictures import encode_png
from medcore.worker.evaluating.assessment import Assessment, WorstFilm

GRID = 168  # rows and columns of a heatmap; a browser stretches it over the film


def error_heatmap(assessment: Assessment, film: WorstFilm) -> bytes | None:
    """Return where the network saw what the decision is about, as PNG to lay over the film; None where nowhere."""
    cells = np.array(film.heatmap, dtype=np.float32)
    if cells.ndim != 2 or not has_evidence(cells):
        return None
    return encode_png(heatmap(cells, GRID, GRID, assessment.map_scale))


def chart_data(question: QuestionFigures) -> dict[str, Any]:
    """Return what the charts of a question are drawn from, as values that JSON knows."""
    entries = asdict(question)
    return {
        name: entries[name] for name in ("name", "threshold", "roc", "precision_recall", "reliability", "thresholds")
    }
