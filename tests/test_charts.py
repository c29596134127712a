"""What the charts draw stands where the figures say."""

from dataclasses import replace

import pytest

from medcore.charts import (
    confusion_figure,
    epoch_figure,
    growth_figure,
    precision_recall_figure,
    reliability_figure,
    roc_figure,
)
from medcore.evaluation.curves import Curve
from medcore.evaluation.reliability import Reliability, ReliabilityBin
from tests.reports import make_card

CURVES = {"Validation": Curve((0, 0, 1), (0, 0.8, 1)), "Test": Curve((0, 0.1, 1), (0, 0.7, 1))}
POINT = replace(
    make_card().operating_point,
    name="balanced",
    sensitivity=0.9,
    specificity=0.8,
    true_positives=90,
    false_positives=10,
)


def traces(figure: object) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}


def test_an_operating_point_stands_at_its_false_alarms_and_its_sensitivity() -> None:
    drawn = traces(roc_figure(CURVES, [POINT], "balanced"))
    marker = drawn["Balanced (live)"]
    assert (marker.x[0], marker.y[0]) == (pytest.approx(0.2), 0.9)
    assert tuple(drawn["Test"].x) == CURVES["Test"].x


def test_an_operating_point_stands_at_its_recall_and_its_precision() -> None:
    marker = traces(precision_recall_figure(CURVES, [POINT], "another"))["Balanced"]
    assert (marker.x[0], marker.y[0]) == (0.9, 0.9)


def test_a_point_that_calls_nothing_has_no_precision_and_is_left_out() -> None:
    silent = replace(POINT, true_positives=0, false_positives=0)
    assert "Balanced" not in traces(precision_recall_figure(CURVES, [silent], "another"))


def test_points_and_curves_differ_in_shape_and_not_in_color_alone() -> None:
    others = [replace(POINT, name=name) for name in ("high sensitivity", "balanced", "high specificity")]
    drawn = traces(roc_figure(CURVES, others, "balanced"))
    shapes = {drawn[name].marker.symbol for name in ("High sensitivity", "Balanced (live)", "High specificity")}
    assert len(shapes) == 3
    assert drawn["Validation"].line.dash != drawn["Test"].line.dash


def test_bars_of_a_reliability_diagram_reach_from_bound_to_bound() -> None:
    one = ReliabilityBin(
        0.6, 0.7, films=10, positives=6, mean_probability=0.66, share=0.6, share_low=0.3, share_high=0.8
    )
    drawn = traces(reliability_figure({"Test": Reliability((one,))}, "a <b>shadow</b>"))["Test"]
    assert (drawn.x[0], drawn.y[0]) == (0.66, 0.6)
    assert drawn.y[0] - drawn.error_y.arrayminus[0] == pytest.approx(0.3)
    assert drawn.y[0] + drawn.error_y.array[0] == pytest.approx(0.8)


def test_a_confusion_counts_films_and_shades_each_label_by_its_own_shares() -> None:
    figure = confusion_figure([[9, 1], [0, 0]], ["Normal", "Viral"])
    written = {(one.y, one.x): one.text for one in figure.layout.annotations}
    assert written["Normal", "Viral"] == "1<br>10%"
    assert written["Viral", "Viral"] == "0<br>0%"  # a label without films divides by nothing
    assert figure.data[0].z[0][0] == pytest.approx(0.9)


def test_an_area_is_never_drawn_above_one_and_a_loss_has_no_such_bound() -> None:
    area, loss = epoch_figure({"Validation films": [0.94, None]}, "Area", most=1), epoch_figure({"All": [0.7]}, "Loss")
    assert tuple(area.data[0].y) == (0.94, None)
    assert area.layout.yaxis.autorangeoptions.maxallowed == 1
    assert loss.layout.yaxis.autorangeoptions.maxallowed is None


def test_a_class_with_a_link_in_its_name_gets_none() -> None:
    drawn = growth_figure({"<a href='//elsewhere'>viral</a>": [0.7, 0.8]}, [20, 40])
    assert drawn.data[0].name == "&lt;a href=&#x27;//elsewhere&#x27;&gt;viral&lt;/a&gt;"
    assert tuple(drawn.data[0].x) == (20, 40)
