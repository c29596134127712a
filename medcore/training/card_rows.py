"""The rows of a model's report, as tables of its card."""

from medcore.classifier.report import Report, seed_name
from medcore.training.card_tables import (
    change,
    count,
    number,
    number_between,
    percent,
    percent_between,
    table,
    yes_no,
)
from medcore.training.robustness import AUC_LIMIT, DECISION_LIMIT
from medcore.training.shortcut import LUNG_REGION


def meetings(report: Report) -> str:
    """Write the log of evaluations on the test films, none left out."""
    if not report.meetings:
        return "The test films have not been shown to the model yet."
    rows = [
        [one.date, one.commit[:12], one.model, seed_name(one.seed), yes_no(one.is_shipped), number(one.auc)]
        + [percent(one.accuracy), percent(one.sensitivity), percent(one.specificity)]
        + [number(one.bacterial_or_viral_auc), one.note]
        for one in report.meetings
    ]
    heads = ["date", "recipe's commit", "model", "training", "shipped", "AUC", "accuracy", "sensitivity", "specificity"]
    return table([*heads, "AUC, bacterial or viral", "note"], rows)


def subgroups(report: Report, finding: str) -> str:
    """Write the parts of the films."""
    rows = [
        [row.part, row.group, f"{count(row.films)} ({count(row.patients)})"]
        + [number_between(row.auc, row.auc_low, row.auc_high), percent(row.called)]
        + [percent_between(row.correct, row.correct_low, row.correct_high)]
        for row in report.subgroups
    ]
    return table(["part", "group", "films (patients)", "AUC", f"called {finding}", "decided rightly"], rows)


def robustness(report: Report) -> str:
    """Write what changes of the films do to the answers."""
    rows = [
        [row.change, number(row.auc), change(row.auc_change), percent(row.decisions_changed), yes_no(row.within_limits)]
        for row in report.robustness
    ]
    limits = (
        f"Limits: the AUC falls by at most {AUC_LIMIT:g}, at most {100 * DECISION_LIMIT:g} % of the decisions change. "
        "On the validation films; a window that is off is laid on their full range, 8 bits are compared with 12."
    )
    return f"{limits}\n\n{table(['change', 'AUC', 'against before', 'decisions changed', 'within limits'], rows)}"


def shortcut(report: Report) -> str:
    """Write what is left of the AUC where the lungs, or all but the lungs, are blanked."""
    rows = [[row.shown, number_between(row.auc, row.auc_low, row.auc_high)] for row in report.shortcut]
    return (
        "A model that looks at the lungs loses much without them and little without the rest. There are no outlines of "
        f"the lungs for these films; the lung region is {LUNG_REGION}.\n\n{table(['shown', 'AUC'], rows)}"
    )


def scope(report: Report) -> str:
    """Write which groups of pictures are refused by what is seen in them."""
    rows = [
        [row.group, count(row.films), yes_no(row.in_scope), number(row.auroc), number(row.auroc_controls)]
        + [percent(row.refused_quality), percent(row.refused_picture), percent(row.refused)]
        for row in report.scope
    ]
    heads = ["pictures", "number", "made for them", "AUROC", "AUROC, chest films of 64 pixels"]
    text = table([*heads, "refused for quality", "refused as unlike", "refused by either"], rows)
    return (
        "The AUROC is that of both checks together against films kept aside from training, and against chest films of "
        f"64 pixels, so that it is not the blur that tells small pictures apart.\n\n{text}"
    )


def comparison(report: Report) -> str:
    """Write published and own results side by side."""
    rows = [
        [row.task, row.model, row.source, row.films, number(row.auc), number(row.accuracy), row.spread]
        for row in report.comparison
    ]
    return table(["task", "model", "figures of", "films", "AUC", "accuracy", "spread"], rows)


def seeds(report: Report) -> str:
    """Write how the recipe did each time it was run."""
    rows = [
        [row.name, number(row.auc), percent(row.accuracy), number(row.shifted_auc), number(row.log_loss)]
        + [yes_no(row.is_shipped)]
        for row in report.seeds
    ]
    return table(["training", "validation AUC", "accuracy", "AUC on shifted films", "log loss", "shipped"], rows)


def trials(report: Report) -> str:
    """Write what was tried for the recipe."""
    rows = [
        [row.name, number(row.validation_auc), number(row.shifted_auc), number(row.first_block_auc)]
        + [number(row.first_block_shifted_auc), number(row.log_loss), number(row.bacterial_or_viral_auc)]
        + [yes_no(row.chosen)]
        for row in report.trials
    ]
    heads = ["recipe", "AUC", "AUC, shifted", "AUC, first patients", "AUC, first patients, shifted", "log loss"]
    return (
        "Short runs without two groups of patients, a random draw and those whose films were collected first; the "
        "AUC is that of pneumonia against normal on each, shifted the mean over simulated shifts of its films. The "
        "test films had no part in it. Of recipes that these films cannot tell apart, the one that varies exposure and "
        f"framing most was taken.\n\n{table([*heads, 'AUC, bacterial or viral', 'chosen'], rows)}"
    )
