"""What the attributes of labelled images say of them together: whom a model made from them is for, and subgroups."""

from collections.abc import Mapping, Sequence

from medcore.classifier.scope import Scope
from medcore.dicom import Attributes
from medcore.library import Instance
from medcore.worker.evaluating.groups import KINDS, groups_of_image


def scope_of(images: Sequence[Attributes]) -> Scope:
    """Return the scope of a model that was made from images: what all of them say; what one leaves open is open."""

    def said(name: str) -> tuple[str, ...]:
        values = {getattr(image, name) for image in images}
        return () if "" in values else tuple(sorted(values))

    ages = [image.patient_age_years for image in images]
    known = [age for age in ages if age is not None]
    whole = len(known) == len(ages) and bool(known)
    return Scope(
        modalities=tuple(sorted({image.modality for image in images})),
        body_parts=said("body_part_examined"),
        views=said("view_position"),
        min_age_years=int(min(known)) if whole else None,
        max_age_years=int(max(known)) if whole else None,
    )


def groups_of(images: Sequence[Instance], ages: Mapping[int, float]) -> dict[str, list[bool]]:
    """Name the subgroups that images fall into, each with whether an image is in it.

    Parameters
    ----------
    images : sequence of Instance
    ages : mapping of int to float
        The age, in years, that a study lends to an image whose own file gives none.
    """
    facts = [groups_of_image(image.attributes, _age(image, ages)) for image in images]
    groups: dict[str, list[bool]] = {}
    for kind in KINDS:
        for value in sorted({fact[kind] for fact in facts} - {""}):
            inside = [fact[kind] == value for fact in facts]
            if not all(inside):
                groups[f"{kind.capitalize()}: {value}"] = inside
    return groups


def _age(image: Instance, ages: Mapping[int, float]) -> float | None:
    own = image.attributes.patient_age_years
    return ages.get(image.id) if own is None else own
