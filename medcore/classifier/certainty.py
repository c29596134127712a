"""What a model's logits are worth: a calibrated probability, an interval around it, and the labels not ruled out.

Source: Guo et al., ICML 2017 (temperature), with the offset of Platt, 1999; Vovk and Petej, UAI 2014 (Venn-Abers
interval); Vovk, ACML 2012 (class-conditional prediction sets). All were fitted on films that trained nothing else.

The Venn-Abers score is the pneumonia logit before the temperature: only its order matters, and the interval's promise
asks for a score that owes nothing to the calibration films. The interval is no confidence interval around the
calibrated probability but an estimate of its own, a point to within about one calibration film, and narrow where
films are many: the calibrated probability may well lie outside. `within_interval` is the probability that lies inside.

The easy question (pneumonia or not) and the hard one (which kind) have a temperature each, for a network that is too
sure of one need not be so of the other. Where a film can have several findings, each has a temperature and an offset.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from medcore.classifier.decision import any_logit, positive_logit, probabilities
from medcore.evaluation.venn_abers_table import VennAbersTable, one_probability

LEVEL = 0.9


@dataclass(frozen=True)
class Platt:
    """What makes a probability of one finding's logit."""

    temperature: float  # the logit is divided by it
    offset: float  # added to that


@dataclass(frozen=True)
class Certainty:
    """What calibration films taught about a model's logits."""

    temperature: float  # the logit of pneumonia is divided by it
    offset: float  # added to that, for a network that leans to one side
    kind_temperature: float  # the logits of bacterial and viral are, when they share what pneumonia has
    venn_abers: VennAbersTable  # over `score` of the logits as they come
    set_quantiles: tuple[float, ...]  # by class: 1 - the least probability not ruled out; infinity: never ruled out
    level: float = LEVEL  # least share of each class's films whose set holds the class
    findings: tuple[Platt, ...] = ()  # of each, where a film can have several; else none

    def score(self, logits: np.ndarray) -> np.ndarray:
        """Return the logit of the finding, shape (n,), as it comes from the network."""
        return any_logit(logits) if self.findings else positive_logit(logits)

    def calibrated(self, logits: np.ndarray) -> np.ndarray:
        """Turn logits as they come from the network into calibrated probabilities, shape (n, classes).

        Where a film can have several findings, the first column is that of none, for which there is no logit; some
        finding is then at least as likely as the likeliest one.
        """
        positive = expit(self.score(logits) / self.temperature + self.offset)[:, None]
        if self.findings:
            temperatures = np.array([one.temperature for one in self.findings])
            shares = expit(logits.astype(np.float64) / temperatures + [one.offset for one in self.findings])
            return np.hstack([1 - np.maximum(positive, shares.max(axis=1, keepdims=True)), shares])
        kinds = probabilities(logits[:, 1:].astype(np.float64) / self.kind_temperature)
        return np.hstack([1 - positive, positive * kinds])

    def interval(self, pneumonia_score: float) -> tuple[float, float]:
        """Return the lower and upper probability of pneumonia of one film.

        Parameters
        ----------
        pneumonia_score : float
            `score` of the logits as they come from the network.

        Raises
        ------
        ValueError
            If the score is not a number.
        """
        if math.isnan(pneumonia_score):
            raise ValueError("The score of pneumonia is not a number.")
        low, high = self.venn_abers.interval(np.array([pneumonia_score]))
        return float(low[0]), float(high[0])

    def within_interval(self, pneumonia_score: float) -> float:
        """Return the one probability of pneumonia that the interval stands for; it lies between the bounds."""
        low, high = self.interval(pneumonia_score)
        return float(one_probability(np.array(low), np.array(high)))

    def not_ruled_out(self, probabilities: np.ndarray, classes: Sequence[str]) -> tuple[str, ...]:
        """Name the classes that one film may well be, in their order; none where the film is like no class.

        Parameters
        ----------
        probabilities : numpy.ndarray, shape (classes,)
            Calibrated, of one film.
        classes : sequence of str

        Raises
        ------
        ValueError
            If probabilities, classes and quantiles are not equally many.
        """
        named = zip(classes, 1 - probabilities, self.set_quantiles, strict=True)
        return tuple(name for name, surprise, quantile in named if surprise <= quantile)

    def to_json(self) -> dict[str, Any]:
        """Return plain entries, from which `from_json` makes the same; an infinite quantile becomes None."""
        return {
            "temperature": self.temperature,
            "offset": self.offset,
            "kind_temperature": self.kind_temperature,
            "venn_abers": self.venn_abers.to_json(),
            "set_quantiles": [quantile if math.isfinite(quantile) else None for quantile in self.set_quantiles],
            "level": self.level,
            "findings": [dataclasses.asdict(one) for one in self.findings],
        }

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> "Certainty":
        """Read what `to_json` returned.

        Raises
        ------
        KeyError
            If an entry is missing.
        TypeError, ValueError
            If an entry is not what it should be.
        """
        temperature, kind_temperature = float(entries["temperature"]), float(entries["kind_temperature"])
        offset, level = float(entries["offset"]), float(entries["level"])
        if not math.isfinite(offset):
            raise ValueError("The offset is not a number.")
        if not (0 < temperature < math.inf and 0 < kind_temperature < math.inf and 0 < level < 1):
            raise ValueError("A temperature must be above 0, and the level above 0 and below 1.")
        quantiles = tuple(math.inf if quantile is None else float(quantile) for quantile in entries["set_quantiles"])
        if any(math.isnan(quantile) for quantile in quantiles):
            raise ValueError("A quantile of the prediction sets is not a number.")
        findings = tuple(Platt(float(one["temperature"]), float(one["offset"])) for one in entries.get("findings", ()))
        if not all(0 < one.temperature < math.inf and math.isfinite(one.offset) for one in findings):
            raise ValueError("A finding's temperature must be above 0, and its offset a number.")
        venn_abers = VennAbersTable.from_json(entries["venn_abers"])
        return cls(temperature, offset, kind_temperature, venn_abers, quantiles, level, findings)
