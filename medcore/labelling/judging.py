"""What an upload of labels would do, before anything is taken: what counts, contradicts itself, or is there twice.

Where two rows contradict each other both are refused: which one is right is not ours to say.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from medcore.labelling.duplicates import find_near
from medcore.labelling.gathering import Candidate, Refused

FEW_PATIENTS = 5  # of a class; with fewer its figures on test patients say next to nothing
TWICE = "It is the same picture as {}, with the same label. One of them is taken."
TWO_LABELS = "The same picture is given two labels, {}: see {}. Decide which is right, and leave the other out."
TWO_PATIENTS = "The same picture is given to two patients, {}: see {}. Decide whose it is, and leave the other out."
TWO_SPLITS = "Pictures of one patient stand in several splits, {}: see {}. Put all of a patient's pictures into one."
MANY_NAMES = 5  # named in one sentence


@dataclass(frozen=True)
class LookedAt:
    """A candidate whose picture was read."""

    candidate: Candidate
    patient: str  # as the table says, else as the file says
    pixels_sha256: str
    look: bytes  # perceptual hash


@dataclass(frozen=True)
class LookAlike:
    """Two pictures of different patients that look the same; they are taken, and never part in a split."""

    first: str  # sources
    second: str
    bits: int


@dataclass(frozen=True)
class ClassCount:
    """How much of a class an upload brings."""

    name: str
    images: int
    patients: int

    @property
    def is_small(self) -> bool:
        """Say whether some patients have it, but too few."""
        return 0 < self.patients < FEW_PATIENTS


@dataclass(frozen=True)
class Judged:
    """What an upload would do."""

    taken: tuple[LookedAt, ...]
    refused: tuple[Refused, ...]
    alike: tuple[LookAlike, ...]
    counts: tuple[ClassCount, ...]  # one for each class, those that nothing has too


def judge(looked_at: Sequence[LookedAt], classes: Sequence[str]) -> Judged:
    """Say which pictures are taken with their labels, which are not and why, and what to look at before.

    Parameters
    ----------
    looked_at : sequence of LookedAt
    classes : sequence of str
        Of the label set.
    """
    refused: dict[int, str] = {}
    groups = _groups(looked_at, lambda one: one.pixels_sha256)
    _refuse_contradictions(groups, looked_at, lambda one: one.patient, TWO_PATIENTS, refused)
    _refuse_contradictions(groups, looked_at, lambda one: "|".join(sorted(one.candidate.classes)), TWO_LABELS, refused)
    of_patient = [group for group in _groups(looked_at, lambda one: one.patient) if looked_at[group[0]].patient]
    _refuse_contradictions(of_patient, looked_at, lambda one: one.candidate.split, TWO_SPLITS, refused)
    for group in groups:
        left = [place for place in group if place not in refused]
        for place in left[1:]:
            refused[place] = TWICE.format(looked_at[left[0]].candidate.source)
    taken = tuple(one for place, one in enumerate(looked_at) if place not in refused)
    return Judged(
        taken,
        tuple(Refused(looked_at[place].candidate.source, reason) for place, reason in sorted(refused.items())),
        tuple(_look_alikes(taken)),
        tuple(_count(name, taken) for name in classes),
    )


def _groups(looked_at: Sequence[LookedAt], key: Callable[[LookedAt], Hashable]) -> list[list[int]]:
    """Return the places of those that share a key and are not alone with it."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, one in enumerate(looked_at):
        groups[key(one)].append(place)
    return [group for group in groups.values() if len(group) > 1]


def _refuse_contradictions(
    groups: Iterable[list[int]],
    looked_at: Sequence[LookedAt],
    said: Callable[[LookedAt], str],
    sentence: str,
    refused: dict[int, str],
) -> None:
    """Refuse every member of a group whose members do not say the same; what is empty says nothing."""
    for group in groups:
        words = {said(looked_at[place]) for place in group} - {""}
        if len(words) < 2:
            continue
        shown = ", ".join(sorted(words)[:MANY_NAMES])
        for place in group:
            others = [looked_at[other].candidate.source for other in group if other != place]
            refused.setdefault(place, sentence.format(shown, ", ".join(others[:MANY_NAMES])))


def _look_alikes(taken: Sequence[LookedAt]) -> Iterable[LookAlike]:
    for pair in find_near([one.look for one in taken]):
        first, second = taken[pair.first], taken[pair.second]
        if not first.patient or first.patient != second.patient:
            yield LookAlike(first.candidate.source, second.candidate.source, pair.bits)


def _count(name: str, taken: Sequence[LookedAt]) -> ClassCount:
    having = [one for one in taken if name in one.candidate.classes]
    named = {one.patient for one in having if one.patient}
    return ClassCount(name, len(having), len(named) + sum(not one.patient for one in having))
