"""Split patients into parts to train, calibrate, validate and test with; who was put into a part stays there.

Source: Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-label Data, ECML 2011: the rarest class is
dealt out first, each time to the part that lacks it most. Here whole patients are dealt: none is in two parts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from types import MappingProxyType

import numpy as np

from medcore.errors import ModelError

SHARES: Mapping[str, float] = MappingProxyType({"train": 0.6, "calibration": 0.1, "validation": 0.15, "test": 0.15})


@dataclass(frozen=True)
class Labelled:
    """An image by what a split needs to know of it."""

    patient: str
    classes: tuple[str, ...]


def split_patients(
    images: Sequence[Labelled],
    known: Mapping[str, str] = MappingProxyType({}),
    alike: Sequence[tuple[str, str]] = (),
    *,
    shares: Mapping[str, float] = SHARES,
    seed: int = 0,
) -> dict[str, str]:
    """Put each patient into a part, so that each part has its share of the images of every class.

    Parameters
    ----------
    images : sequence of Labelled
        Their order makes no difference.
    known : mapping
        The part of patients that were split before; they stay there, and others are dealt out around them.
    alike : sequence of pairs of str
        Patients with pictures that look the same; they are kept together.
    shares : mapping
        Of each part; they add up to 1.
    seed : int

    Returns
    -------
    dict
        The part of every patient.

    Raises
    ------
    ModelError
        If the shares do not add up to 1, or patients that look the same were put into two parts before.
    """
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ModelError(f"The shares of the parts add up to {sum(shares.values()):g}, not to 1. Correct them.")
    groups = group_patients({image.patient for image in images}, alike)
    counts = _class_counts(images, groups)
    parts = _parts_known(groups, known)
    dealt = [its for group, its in counts.items() if parts.get(group, next(iter(shares))) in shares]
    total = sum(dealt, Counter())  # of what is put into these parts
    wanted = {part: Counter({name: share * total[name] for name in total}) for part, share in shares.items()}
    for group, part in parts.items():
        if part in wanted:  # else nobody new is put there
            wanted[part].subtract(counts[group])
    waiting = sorted(set(counts) - set(parts))
    order = np.random.default_rng(seed).permutation(len(waiting))
    queue = [waiting[place] for place in order]
    queue.sort(key=lambda group: min(total[name] for name in counts[group]))
    for group in queue:
        rarest = min(counts[group], key=lambda name: (total[name], name))
        part = max(shares, key=lambda name: (wanted[name][rarest], fsum(wanted[name].values())))
        wanted[part].subtract(counts[group])
        parts[group] = part
    return {patient: parts[group] for patient, group in groups.items()}


def group_patients(patients: Iterable[str], alike: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Name the group of each patient, with all who look alike, by its first patient."""
    group = {patient: patient for patient in sorted(patients)}

    def root(patient: str) -> str:
        while group[patient] != patient:
            patient = group[patient]
        return patient

    for one, other in alike:
        if one in group and other in group:
            first, second = sorted((root(one), root(other)))
            group[second] = first
    return {patient: root(patient) for patient in patients}


def _class_counts(images: Sequence[Labelled], groups: Mapping[str, str]) -> dict[str, Counter[str]]:
    """Count each group's images of each class; an image of no class counts as one of a class of its own."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for image in images:
        counts[groups[image.patient]].update(image.classes or ("",))
    return counts


def _parts_known(groups: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for patient, group in groups.items():
        if patient not in known:
            continue
        if parts.setdefault(group, known[patient]) != known[patient]:
            raise ModelError(
                "Pictures of two patients look the same, and these patients were put into two parts before. Decide "
                "whose the pictures are, and take the other's label back."
            )
    return parts
