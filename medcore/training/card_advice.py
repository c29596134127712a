"""What a model is for and what it is not for, as points of its card."""

from collections.abc import Iterator

from medcore.classifier.card import HERE, ModelCard
from medcore.classifier.report import Report
from medcore.training.card_tables import number, number_between, percent
from medcore.training.shortcut import WITHOUT_REGION

CHANCE = 0.5  # the area under the ROC curve of a guess
UNMEASURED = {
    "sets": "How often the true label is among those that it does not rule out.",
    "subgroups": "Parts of the films, such as ages, sexes or machines. The Evaluate page measures them.",
    "robustness": "Films with noise, another window or compression.",
    "shortcut": "Whether the answer comes from where the finding lies. Look at the heatmaps.",
    "scope": "How often it refuses a film that it should answer, or answers one that it should refuse.",
    "comparison": "Other models: there are no published results on these films.",
    "trials": "Other recipes, and the same one from other random starts.",
}

EACH_FINDING = "Each finding by itself, of those that a film can have several of. The Evaluate page measures them."


def uses(card: ModelCard) -> list[str]:
    """Say how to use the model."""
    films = "films like those that it was made from, of" if card.trained_here else "frontal chest films of"
    several = len(card.kinds) > 1 and not card.several
    answer = f"The labels that are not ruled out are the answer where {' and '.join(card.kinds)} cannot be told apart."
    return [
        f"For research and demonstration, on {films} {card.scope.made_for}.",
        "Form your own opinion first; then compare it with the model's, and record whether you accept it.",
        f"The decision is taken at the point named {card.live_point}. Near its threshold, or where the range of the "
        "probability spans it, the model is undecided.",
        *([answer] if several else []),
        "A heatmap shows where the network looked, and not why.",
        "Before use elsewhere: measure it on films of that place, and choose the operating point there.",
    ]


def warnings(card: ModelCard, report: Report) -> list[str]:
    """Say what not to use it for, and what its figures warn of."""
    return [
        *(_trained_here(card) if card.trained_here else _shipped(card)),
        "Stop using it when films, machines or patients change, until it has been measured again.",
        *_measured_warnings(report),
    ]


def unmeasured(card: ModelCard, report: Report) -> dict[str, str]:
    """Say what nobody measured of a model that was trained here, by the part of its report that would hold it."""
    if not card.trained_here:
        return {}
    missing = {part: said for part, said in UNMEASURED.items() if not getattr(report, part)}
    return missing | ({"findings": EACH_FINDING} if card.several else {})


def _shipped(card: ModelCard) -> Iterator[str]:
    yield (
        f"For {card.scope.made_for} alone: not for younger or older patients, lateral films, other body parts or other "
        "modalities. It was made from films of one source; elsewhere it may be much worse."
    )
    yield "Not for ruling out pneumonia, for choosing antibiotics, for triage, or in place of a radiologist's report."
    yield (
        f"It knows {', '.join(card.classes)} and nothing else. Other disease (effusion, pneumothorax, tuberculosis, a "
        "foreign body, heart disease) was not labelled: such a film gets an answer that means nothing."
    )
    yield "Its labels are those of the source; MedCore has not checked them against microbiology or the child's course."
    yield "Not measured for want of data: age, sex, origin, machine, and severity."


def _trained_here(card: ModelCard) -> Iterator[str]:
    yield (
        "Not for other patients, views, body parts or machines than those of its films. It was made from films of this "
        "installation; elsewhere it may be much worse."
    )
    yield (
        f"Not for ruling out the finding ({card.finding}), for choosing a treatment, for triage, or in place of a "
        "radiologist's report."
    )
    yield (
        f"It knows {', '.join(card.classes)} and nothing else. A film that shows something else gets an answer that "
        "means nothing."
    )
    yield "Its labels are what readers here said; MedCore has not checked them against pathology or a patient's course."
    when = "when its training ended and " if card.recipe.get("patience") else ""
    yield f"The validation films also chose {when}where it decides, so that its figures on them are a little too good."
    if card.starting_weights.source == HERE:
        yield (
            f"It started from {card.starting_weights.name}: figures on films that had trained that model are too good."
        )


def _measured_warnings(report: Report) -> Iterator[str]:
    yield from _fall_on_test_films(report)
    beyond = [row.change for row in report.robustness if not row.within_limits]
    if beyond:
        yield f"Beyond the limits on changed films: {'; '.join(beyond)}."
    without_lungs = [row for row in report.shortcut if row.shown in WITHOUT_REGION]
    if without_lungs:
        best = max(without_lungs, key=lambda row: row.auc)
        if best.auc_low > CHANCE:
            area = number_between(best.auc, best.auc_low, best.auc_high)
            yield f"Part of what it goes by lies around the lungs: with the lung region blanked, its AUC is {area}."


def _fall_on_test_films(report: Report) -> Iterator[str]:
    """Say how much worse it was on films that chose nothing, where it was."""
    before, after = report.pneumonia.get("validation"), report.pneumonia.get("test")
    if before is None or after is None:
        return
    one, other = before.binary, after.binary
    error, error_before = other.expected_calibration_error, one.expected_calibration_error
    if error.low is None or error_before.high is None or error.low <= error_before.high:
        return
    yield (
        f"On the test films its probabilities were off by {number(error.value)} on average, on validation films by "
        f"{number(error_before.value)}; its specificity was {percent(other.specificity.value)} against "
        f"{percent(one.specificity.value)}. Probability, range and what is not ruled out hold for films like the "
        "validation films alone: expect the like elsewhere, and measure it there."
    )
