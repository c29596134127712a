"""The heatmap of an error, and what a chart in a browser is told."""

from dataclasses import asdict
from typing import Any

import cv2
import numpy as np

from medcore.evaluation.evaluation import QuestionFigures
from medcore.explanation import has_evidence, heatmap
from medcore.pictures import encode_png
from medcore.worker.evaluating.assessment import Assessment, WorstFilm

OPACITY = 0.45  # of a heatmap over a film
GRID = 168  # rows and columns of a heatmap; a browser stretches it over the film


def error_heatmap(assessment: Assessment, film: WorstFilm) -> bytes | None:
    """Return where the network saw what the decision is about, as PNG to lay over the film; None where nowhere."""
    cells = np.array(film.heatmap, dtype=np.float32)
    if cells.ndim != 2 or not has_evidence(cells):
        return None
    return encode_png(heatmap(cells, GRID, GRID, assessment.map_scale))


def with_heatmap(assessment: Assessment, film: WorstFilm, png: bytes) -> bytes:
    """Lay an error's heatmap over its film; where there is none, return the film."""
    over = error_heatmap(assessment, film)
    if over is None:
        return png
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    colored = cv2.imdecode(np.frombuffer(over, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or colored is None:
        return png
    colored = cv2.resize(cv2.cvtColor(colored, cv2.COLOR_BGRA2RGBA), picture.shape[::-1])
    share = OPACITY * colored[:, :, 3:] / 255
    return encode_png(np.rint(share * colored[:, :, :3] + (1 - share) * picture[:, :, None]).astype(np.uint8))


def chart_data(question: QuestionFigures) -> dict[str, Any]:
    """Return what the charts of a question are drawn from, as values that JSON knows."""
    entries = asdict(question)
    return {
        name: entries[name] for name in ("name", "threshold", "roc", "precision_recall", "reliability", "thresholds")
    }
