"""What each operating point costs, also where the finding is rarer than among the films that it was measured on."""

import streamlit as st

from medcore.classifier import ModelCard, OperatingPoint
from medcore.classifier.report import Report
from medcore.evaluation.per_hundred import Errors, errors_per_hundred, positives_per_hundred
from medcore.library import percent
from pages.about_parts import share, share_between, show_table, title
from pages.words import plain

LIVE = "decides now"


def show_points(card: ModelCard, report: Report) -> None:
    """Show the operating points, and what they are worth at a prevalence that the reader sets."""
    st.markdown("#### Operating points")
    st.text(
        f"From which probability a film is called {card.finding}, chosen on the validation films; intervals are exact, "
        "95 %."
    )
    show_table([costs(card, point) for point in card.operating_points])
    st.markdown(f"#### Where {plain(card.finding)} films are rarer")
    usual = positives_per_hundred(card.operating_point)
    st.text(
        f"Of the validation films {usual} of 100 are labelled {card.finding}. Where it is fewer, a call is worth less: "
        "set the share that you meet."
    )
    chosen = st.slider(f"{title(card.finding)} films, of 100", 1, 99, usual, key="about_prevalence")
    st.text(f"Of 100 films, {chosen} of them {card.finding}:")
    rows = [(named(card, point), point.sensitivity, point.specificity) for point in card.operating_points]
    test = report.pneumonia.get("test")
    found_on_test = test and test.binary.sensitivity.value
    left_on_test = test and test.binary.specificity.value
    if found_on_test is not None and left_on_test is not None:
        rows.append((f"{card.live_point.capitalize()}, as on the test films", found_on_test, left_on_test))
    show_table([worth(card, name, errors_per_hundred(found, left, chosen / 100)) for name, found, left in rows])


def costs(card: ModelCard, point: OperatingPoint) -> dict[str, str]:
    """Say what a point finds, what it misses, and what it calls wrongly."""
    of_ill = errors_per_hundred(point.sensitivity, point.specificity, 1)
    of_well = errors_per_hundred(point.sensitivity, point.specificity, 0)
    return {
        "Point": named(card, point),
        "Called from": percent(point.threshold),
        "Sensitivity": share_between(point.sensitivity, point.sensitivity_low, point.sensitivity_high),
        "Specificity": share_between(point.specificity, point.specificity_low, point.specificity_high),
        f"Missed, of 100 labelled {plain(card.finding)}": f"{of_ill.misses:.1f}",
        "False alarms, of 100 others": f"{of_well.false_alarms:.1f}",
        "Chosen as": point.rule,
    }


def worth(card: ModelCard, name: str, errors: Errors) -> dict[str, str]:
    """Say what the decisions of a point are worth among a hundred films."""
    return {
        "Point": name,
        "Called": f"{errors.called:.1f}",
        "False alarms": f"{errors.false_alarms:.1f}",
        "Missed": f"{errors.misses:.1f}",
        f"{title(card.finding)} where called (PPV)": share(errors.positive_predictive_value),
        "None where not called (NPV)": share(errors.negative_predictive_value),
    }


def named(card: ModelCard, point: OperatingPoint) -> str:
    """Name a point, and say whether it is the one that decides."""
    return f"**{point.name.capitalize()}**, {LIVE}" if point.name == card.live_point else point.name.capitalize()
