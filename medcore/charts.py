"""What was measured of a model, as figures that a page can show and print; nothing is told by color alone."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib import import_module

import plotly.graph_objects as go

from medcore.evaluation.curves import Curve
from medcore.evaluation.operating_point import OperatingPoint
from medcore.evaluation.reliability import Reliability

import_module("pandas")  # Plotly asks whether it is loaded, and would meet it half-loaded by another thread
INKS = ("#23869b", "#c8702a")  # of one kind of films and the next; both stand out from black and from white
DASHES = ("solid", "dash")
LINES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("triangle-up-open", "circle-open", "square-open")
CHANCE = {"color": "#8a9499", "width": 1, "dash": "dot"}
SHADES = ((0.0, "rgba(35,134,155,0.06)"), (1.0, "rgba(35,134,155,0.3)"))  # figures stay legible on all of them
SHARE = {"range": [-0.02, 1.02], "tickformat": ".0%", "zeroline": False}
HEIGHT = 330  # pixels
EPOCH_HEIGHT = 240


def roc_figure(curves: Mapping[str, Curve], points: Sequence[OperatingPoint], live: str) -> go.Figure:
    """Draw ROC curves, by kind of films, with the operating points as they did on validation films.

    Parameters
    ----------
    curves : mapping of str to Curve
        1 - specificity and sensitivity.
    points : sequence of OperatingPoint
    live : str
        Name of the point that decides.
    """
    figure = go.Figure([_chance([0, 1], [0, 1]), *_lines(curves)])
    for number, point in enumerate(points):
        figure.add_trace(_marker(number, point, live, 1 - point.specificity, point.sensitivity))
    return _framed(figure, "1 - specificity (false alarms)", "Sensitivity", right=True)


def precision_recall_figure(curves: Mapping[str, Curve], points: Sequence[OperatingPoint], live: str) -> go.Figure:
    """Draw precision-recall curves, by kind of films, with the operating points as they did on validation films.

    Parameters
    ----------
    curves : mapping of str to Curve
        Recall and precision.
    points : sequence of OperatingPoint
        One that calls no film has no precision, and is left out.
    live : str
        Name of the point that decides.
    """
    figure = go.Figure(_lines(curves))
    for number, point in enumerate(points):
        if called := point.true_positives + point.false_positives:
            figure.add_trace(_marker(number, point, live, point.sensitivity, point.true_positives / called))
    return _framed(figure, "Recall (sensitivity)", "Precision (positive predictive value)", right=False)


def reliability_figure(kinds: Mapping[str, Reliability], finding: str) -> go.Figure:
    """Draw what came true of films whose probabilities are alike; bars are exact 95 % bounds."""
    named = escape(finding)  # Plotly takes text for HTML
    figure = go.Figure(_chance([0, 1], [0, 1], "As it should be"))
    for place, (kind, found) in enumerate(kinds.items()):
        figure.add_trace(
            go.Scatter(
                x=[one.mean_probability for one in found.bins],
                y=[one.share for one in found.bins],
                error_y={
                    "array": [one.share_high - one.share for one in found.bins],
                    "arrayminus": [one.share - one.share_low for one in found.bins],
                    "thickness": 1,
                    "width": 3,
                },
                customdata=[one.films for one in found.bins],
                hovertemplate="said %{x:.0%}, came true %{y:.0%}, %{customdata} films<extra></extra>",
                mode="markers",
                marker={"color": INKS[place], "symbol": ("circle", "diamond-open")[place], "size": 8},
                name=kind,
            )
        )
    return _framed(figure, f"Probability of {named}", f"Share of {named}", right=True)


def epoch_figure(values: Mapping[str, Sequence[float | None]], what: str, most: float | None = None) -> go.Figure:
    """Draw what each epoch reached, by kind of films.

    Parameters
    ----------
    values : mapping of str to sequence of float or None
        A value an epoch, the first one first; None where it was not measured.
    what : str
        Name of the values.
    most : float, optional
        The largest value that there can be.
    """
    figure = go.Figure(
        [
            go.Scatter(
                x=list(range(1, len(reached) + 1)),
                y=list(reached),
                mode="lines+markers",
                line={"color": INKS[place], "width": 2, "dash": DASHES[place]},
                name=kind,
                cliponaxis=False,  # a marker at the largest value is whole
            )
            for place, (kind, reached) in enumerate(values.items())
        ]
    )
    epochs = max(map(len, values.values()), default=0)
    figure.update_xaxes(title="Epoch", range=[0.5, epochs + 0.5], dtick=max(1, round(epochs / 10)))
    figure.update_yaxes(title=what, autorangeoptions={"minallowed": 0, "maxallowed": most})
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(
        height=EPOCH_HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, legend=legend, showlegend=len(values) > 1
    )


def growth_figure(areas: Mapping[str, Sequence[float]], films: Sequence[int]) -> go.Figure:
    """Draw how well each class is told from the others with more and more labelled films.

    Parameters
    ----------
    areas : mapping of str to sequence of float
        Area under the ROC curve by class, for each number of films.
    films : sequence of int
    """
    figure = go.Figure(
        [
            go.Scatter(
                x=list(films),
                y=list(reached),
                mode="lines+markers",
                line={"color": INKS[place % 2], "width": 2, "dash": LINES[place % len(LINES)]},
                marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
                name=escape(name),  # Plotly takes text for HTML
                cliponaxis=False,
            )
            for place, (name, reached) in enumerate(areas.items())
        ]
    )
    figure.update_xaxes(
        title="Labelled films", type="log", tickvals=list(films), ticktext=[f"{one:,}" for one in films]
    )
    figure.update_yaxes(title="Area", autorangeoptions={"minallowed": 0, "maxallowed": 1})
    return figure.update_layout(height=EPOCH_HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8})


def confusion_figure(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> go.Figure:
    """Draw films by truth (rows, the first on top) and answer (columns), each row shaded by its own shares."""
    names = [escape(label) for label in labels]  # Plotly takes text for HTML
    whole = [max(sum(row), 1) for row in counts]
    figure = go.Figure(
        go.Heatmap(
            z=[[count / total for count in row] for row, total in zip(counts, whole, strict=True)],
            x=names,
            y=names,
            hoverinfo="skip",
            colorscale=SHADES,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    for label, row, total in zip(names, counts, whole, strict=True):
        for answer, count in zip(names, row, strict=True):  # written over the shades in the page's own color
            text = f"{count:,}<br>{count / total:.0%}"
            figure.add_annotation(x=answer, y=label, text=text, showarrow=False)
    figure.update_xaxes(title="Model", side="bottom", showgrid=False, fixedrange=True)
    figure.update_yaxes(title="Label", autorange="reversed", showgrid=False, fixedrange=True)
    return figure.update_layout(height=HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8})


def _lines(curves: Mapping[str, Curve]) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=curve.x,
            y=curve.y,
            mode="lines",
            line={"color": INKS[place], "width": 2, "dash": DASHES[place]},
            name=kind,
        )
        for place, (kind, curve) in enumerate(curves.items())
    ]


def _marker(number: int, point: OperatingPoint, live: str, x: float, y: float) -> go.Scatter:
    symbol, is_live = SYMBOLS[number % len(SYMBOLS)], point.name == live
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"symbol": symbol.removesuffix("-open") if is_live else symbol, "size": 11, "color": INKS[0]},
        name=point.name.capitalize() + (" (live)" if is_live else ""),
    )


def _chance(x: list[float], y: list[float], name: str = "") -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines", line=CHANCE, name=name, showlegend=bool(name), hoverinfo="skip")


def _framed(figure: go.Figure, across: str, up: str, *, right: bool) -> go.Figure:
    """Name the axes, and put the legend into the corner that the curves leave empty."""
    corner = {"x": 0.98, "xanchor": "right"} if right else {"x": 0.02, "xanchor": "left"}
    figure.update_xaxes(title=across, **SHARE)
    figure.update_yaxes(title=up, **SHARE)
    return figure.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"y": 0.03, "yanchor": "bottom", **corner},
    )
