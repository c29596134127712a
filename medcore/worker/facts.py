"""What the attributes of labelled images say of them together: whom a model made from them is for, and subgroups."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from medcore.classifier.scope import Scope
from medcore.dicom import Attributes
from medcore.library import Instance

AGE_BANDS = ((0, 1), (1, 6), (6, 18), (18, 65), (65, 131))  # from, to years, the second left out


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


def groups_of(images: Sequence[Instance]) -> dict[str, list[bool]]:
    """Name the subgroups that images fall into, each with whether an image is in it; all images in one are none."""
    groups: dict[str, list[bool]] = {}
    for name, fact in FACTS.items():
        values = [fact(image.attributes) for image in images]
        for value in sorted(set(values) - {""}):
            inside = [one == value for one in values]
            if not all(inside):
                groups[f"{name}: {value}"] = inside
    return groups


def age_band(image: Attributes) -> str:
    """Name the age band of an image's patient; empty where the age is not known."""
    age = image.patient_age_years
    for low, high in AGE_BANDS:
        if age is not None and low <= age < high:
            return f"{low} to {high - 1} years" if high - low > 1 else f"under {high}"
    return ""


FACTS: Mapping[str, Callable[[Attributes], str]] = MappingProxyType(
    {
        "Sex": lambda image: image.patient_sex,
        "Age": age_band,
        "View": lambda image: image.view_position,
        "Modality": lambda image: image.modality,
    }
)
