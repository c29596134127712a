"""Labelled films from the library: the images of a label set whose label is decided."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from medcore.classifier import ModelCard
from medcore.classifier.quality import QualityModel
from medcore.dicom import display_values, read_frame
from medcore.errors import ModelError
from medcore.library import Decision, Instance, LabelSet, StoredPrediction
from medcore.worker.answers import Film, look_at
from medcore.worker.evaluating.cases import Cases, folded, picture_size, told_classes
from medcore.worker.evaluating.groups import groups_of_image

if TYPE_CHECKING:
    from medcore.library import Library

REVIEW = "review"
FROM_REVIEW = (
    "Labels from Review alone: {}. There the reader may have changed a finding after seeing the model's answer: "
    "figures on them may be too good."
)
OPEN = "Left out: {} labels on which readers disagree and nobody has decided."
OF_STUDIES = "Left out: {} labels that are of a whole study and not of an image."


@dataclass(frozen=True, eq=False)
class ImageCase:
    """A labelled image of the library."""

    instance: Instance
    classes: frozenset[str]
    study_age_years: float | None

    @property
    def key(self) -> str:
        """The same each time."""
        return self.sop_instance_uid

    @property
    def sop_instance_uid(self) -> str:
        """By which the image is found again."""
        return self.instance.attributes.sop_instance_uid

    @property
    def patient(self) -> str:
        """Whose film it is; of a film without a Patient ID its study's."""
        attributes = self.instance.attributes
        return attributes.patient_id or attributes.study_instance_uid

    @property
    def groups(self) -> dict[str, str]:
        """The part that it belongs to, by kind."""
        attributes = self.instance.attributes
        in_file = attributes.patient_age_years
        return groups_of_image(attributes, self.study_age_years if in_file is None else in_file)

    def look(self, card: ModelCard, quality: QualityModel | None) -> StoredPrediction | np.ndarray:
        """Return the network's input, or why there is none."""
        return look_at(card, quality, Film(self.instance.attributes, self.instance.path, self.study_age_years))

    def picture(self) -> np.ndarray:
        """Return the film as it is shown."""
        return image_picture(self.instance)


def image_picture(instance: Instance) -> np.ndarray:
    """Return an image of the library as it is shown among a model's errors, shape (rows, columns), uint8.

    Raises
    ------
    PixelError
        If it cannot be decoded.
    """
    frame = read_frame(instance.path)
    size = picture_size(*instance.grid, instance.attributes.pixel_aspect)
    return np.asarray(np.rint(np.clip(display_values(frame, size), 0, 255)), np.uint8)


def library_cases(library: "Library", label_set: LabelSet, card: ModelCard) -> Cases:
    """List the images of a label set whose label is decided and is one that the model tells.

    Parameters
    ----------
    library : Library
    label_set : LabelSet
    card : ModelCard
        Of the model.

    Raises
    ------
    ModelError
        If there is no such image.
    """
    told = told_classes(card, label_set.classes)
    decisions = library.labels.decisions(label_set.id)
    settled = [one for one in decisions if one.classes or (label_set.several and one.classes is not None)]
    decided = {one.instance_id: one for one in settled if one.instance_id}
    wanted = {number: one for number, one in decided.items() if folded(one.classes or ()) <= folded(told)}
    if not wanted:
        raise ModelError(
            f"No image of the label set {label_set.name!r} has a label that the model tells "
            f"({', '.join(told)}). Label some images first."
        )
    instances, ages = library.instances(list(wanted)), library.study_ages(list(wanted))
    films = tuple(
        ImageCase(instance, folded(wanted[number].classes or ()), ages.get(number))
        for number, instance in sorted(instances.items())
    )
    from_review = sum(_is_from_review(one) for one in wanted.values())
    return Cases(
        name=label_set.name,
        films=films,
        classes=tuple(sorted(folded(label_set.classes) & folded(told))),
        several=label_set.several,
        other_labels=len(decided) - len(wanted),
        notes=tuple(
            said.format(count)
            for said, count in (
                (FROM_REVIEW, from_review),
                (OPEN, sum(one.classes is None for one in decisions)),
                (OF_STUDIES, sum(one.instance_id is None for one in decisions)),
            )
            if count
        ),
    )


def _is_from_review(decision: Decision) -> bool:
    return decision.ruling is None and all(label.source == REVIEW for label in decision.opinions)
