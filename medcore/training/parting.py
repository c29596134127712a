"""Which part of a data set a patient's pictures belong to, and which pictures may not train because another has them.

A patient stays where an earlier data set or an upload has put it. Of pictures that look the same and are in two parts,
the one in the later part stays: what is asked must not have been learnt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medcore.labelling.duplicates import find_near
from medcore.library import DatasetImage
from medcore.library.records import PARTS
from medcore.training.splitting import SHARES, group_patients

LOOKS_LIKE = "it looks the same as a picture of another patient in the {} part"
GIVEN_TRAINING = "train"


@dataclass(frozen=True)
class LeftOut:
    """An image, or a study that was labelled as a whole, that does not train, and why."""

    study_id: int
    instance_id: int | None
    reason: str


@dataclass(frozen=True)
class ReadImage:
    """A labelled image that was read."""

    image: DatasetImage
    look: bytes
    given_part: str


@dataclass(frozen=True)
class KnownParts:
    """What is known of the parts before patients are dealt out."""

    stated: dict[str, str]  # by patient, from before or from an upload
    fixed: dict[str, str]  # of these, who stays there: of those who are said to train, some calibrate
    shares: dict[str, float]  # of the parts, for all others


def known_parts(read: Sequence[ReadImage], known: Mapping[int, str]) -> KnownParts:
    """Return the parts of patients who have one, and the shares of the parts for others.

    Where an upload says who tests or validates, nobody else is drawn for that.
    """
    before = {str(patient): part for patient, part in known.items()}
    given = {str(one.image.patient_key): one.given_part for one in read if one.given_part}
    fixed = {patient: part for patient, part in given.items() if part != GIVEN_TRAINING} | before
    drawn = {part: share for part, share in SHARES.items() if part not in given.values() or part == GIVEN_TRAINING}
    return KnownParts(given | before, fixed, {part: share / sum(drawn.values()) for part, share in drawn.items()})


def part_twins(
    read: Sequence[ReadImage], kept: Sequence[int], stated: Mapping[str, str], left_out: list[LeftOut]
) -> tuple[list[int], list[tuple[str, str]]]:
    """Leave out pictures that look like one of a patient in another part; return the others, and who looks alike.

    The picture in the later part, test before validation, stays: what is asked must not have been learnt.
    """
    patient_of = {place: str(read[place].image.patient_key) for place in kept}
    found = find_near([read[place].look for place in kept])
    pairs = [(kept[pair.first], kept[pair.second]) for pair in found]
    pairs = [pair for pair in pairs if patient_of[pair[0]] != patient_of[pair[1]]]
    dropped: set[int] = set()
    while conflict := _conflict([(patient_of[one], patient_of[other]) for one, other in pairs], stated):
        group, strongest = conflict
        weaker = {place for pair in pairs for place in pair if stated.get(patient_of[place], strongest) != strongest}
        dropped |= {place for place in weaker if patient_of[place] in group}
        pairs = [pair for pair in pairs if not dropped & set(pair)]
        for place in sorted(weaker & dropped):
            image = read[place].image
            left_out.append(LeftOut(image.study_id, image.instance_id, LOOKS_LIKE.format(strongest)))
    alike = [(patient_of[one], patient_of[other]) for one, other in pairs]
    return [place for place in kept if place not in dropped], alike


def _conflict(alike: Sequence[tuple[str, str]], stated: Mapping[str, str]) -> tuple[set[str], str] | None:
    """Find patients who look alike and are said to be in several parts, and the latest of these parts."""
    groups = group_patients({patient for pair in alike for patient in pair}, alike)
    for name in sorted(set(groups.values())):
        group = {patient for patient, its_name in groups.items() if its_name == name}
        parts = {stated[patient] for patient in group if patient in stated}
        if len(parts) > 1:
            return group, max(parts, key=PARTS.index)
    return None
