"""Which films the model is for, and where it gives no answer."""

from medcore.classifier import ModelCard
from medcore.classifier.model_folder import FAMILIARITY_FILE, QUALITY_FILE
from medcore.library.standing import sentence_case

ANY = "any"


def has_ages(card: ModelCard) -> bool:
    """Say whether the model is for patients of some ages alone."""
    return card.scope.min_age_years is not None


def patients_for(card: ModelCard) -> str:
    """Say whom the model answers for."""
    whom = sentence_case(card.scope.made_for)
    if not has_ages(card):
        return f"{whom}."
    return f"{whom}, by the film's own date or an age that the reader states."


def films_for(card: ModelCard) -> str:
    """Say which films the model answers for, as their files name them."""
    scope = card.scope
    modality = f"modality {' or '.join(scope.modalities)}"
    if not card.trained_here:
        return f"Frontal chest films ({', '.join(scope.views)}), {modality}."
    parts, views = " or ".join(scope.body_parts) or ANY, " or ".join(scope.views) or ANY
    return f"Films as their files name them: {modality}, body part {parts}, view {views}."


def no_answer(card: ModelCard) -> str:
    """Say where the model gives no answer."""
    scope = card.scope
    limits = {
        "patient": has_ages(card),
        "modality": True,
        "body part": bool(scope.body_parts),
        "view": bool(scope.views),
    }
    named = [name for name, is_limited in limits.items() if is_limited]
    file_says = f"{', '.join(named[:-1])} or {named[-1]}" if named[1:] else named[0]
    picture = "blank, clipped, too small, inverted or not upright" if QUALITY_FILE in card.parts else "blank"
    cases = [f"the file says another {file_says}", f"the picture is {picture}"]
    if FAMILIARITY_FILE in card.parts:
        cases.append("it is unlike the films that the model was trained on")
    return f"Where {', where '.join(cases[:-1])}, or where {cases[-1]}, it says so and gives no answer."
