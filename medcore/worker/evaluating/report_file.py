"""An evaluation as one HTML file that asks for nothing from elsewhere: tables, charts with a threshold to drag, errors.

Everything that is not MedCore's own text is escaped; the policy in the file's head keeps the browser from asking any
other place for anything, whatever the file holds.
"""

import json
from collections.abc import Callable, Sequence
from html import escape

from medcore.evaluation.evaluation import Evaluation, QuestionFigures
from medcore.pictures import as_address
from medcore.settings import REPOSITORY
from medcore.worker.evaluating.assessment import Assessment
from medcore.worker.evaluating.pictures import chart_data, error_heatmap
from medcore.worker.evaluating.tables import (
    MEAN,
    Row,
    cover_sentences,
    figure_table,
    group_table,
    heading,
    likeliest_rows,
    title,
    worst_caption,
)

CHARTS = REPOSITORY / "assets" / "charts" / "threshold.js"
DISCLAIMER = "Not a medical device. For research and demonstration."
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 1120px; margin: 1.5rem auto; padding: 0 1rem; color: #1c2426; background: #fafbfb; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
.wide { overflow-x: auto; }
.errors { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; } figcaption { font-size: 0.87rem; }
.film { position: relative; background: #000; }
.film img { display: block; width: 100%; }
.film img + img { position: absolute; inset: 0; height: 100%; opacity: 0.45; }
summary { cursor: pointer; font-weight: 600; margin: 0.6rem 0; }
@media (prefers-color-scheme: dark) { body { color: #d3d8da; background: #0b0d0e; } }
"""
DRAW = """
for (const box of document.querySelectorAll("details[data-question]")) {
  const draw = () => {
    if (!box.open || box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const question = JSON.parse(document.getElementById(box.dataset.question).textContent);
    drawThresholdCharts(box.querySelector(".charts"), question, window.Plotly);
  };
  box.addEventListener("toggle", draw);
  draw();
}
document.getElementById("maps")?.addEventListener("change", (event) => {
  for (const map of document.querySelectorAll(".film img + img")) map.hidden = !event.target.checked;
});
"""


def as_html(assessment: Assessment, picture_of: Callable[[int], bytes | None]) -> str:
    """Write an assessment as a page of its own.

    Parameters
    ----------
    assessment : Assessment
    picture_of : callable
        The number of an error in, its film as PNG out; None where it is not there any more.
    """
    from plotly.offline import get_plotlyjs

    found, name = assessment.evaluation, escape(title(assessment))
    cover = "".join(f"<p>{escape(said)}</p>" for said in cover_sentences(assessment))
    reasons = [{"Why not answered": one.said, "Films": f"{one.films:,}"} for one in assessment.cover.reasons]
    script = CHARTS.read_text(encoding="utf-8") + DRAW
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>{STYLE}</style></head><body>
<p><strong>{DISCLAIMER}</strong></p>
<h1>{name}</h1>
{cover}{_table(reasons)}
<h2>Figures</h2>{_table(figure_table(found))}{_table(likeliest_rows(found))}
<p>In brackets: {escape(found.interval)}. {MEAN}: each class against the rest, without weights.</p>
<h2>Curves, calibration and thresholds</h2>
<p>Drag the threshold in any chart, or move the slider.</p>
{"".join(_question(one, place) for place, one in enumerate(found.all_questions))}
{_confusion(found)}
<h2>Worst errors</h2>{_errors(assessment, picture_of)}
<p>MedCore {escape(assessment.medcore_version)}. SHA-256 of the model: {escape(assessment.model_sha256)}</p>
<script>{get_plotlyjs()}</script>
<script type="module">{script}</script>
</body></html>
"""


def _question(question: QuestionFigures, place: int) -> str:
    entries = json.dumps(chart_data(question), allow_nan=False).replace("<", "\\u003c")
    rows = group_table(question)
    groups = f"<h3>Parts of the films</h3>{_table(rows)}" if rows else ""
    return (
        f'<details data-question="question-{place}"{"" if place else " open"}>'
        f"<summary>{escape(heading(question))}</summary>"
        f'<script type="application/json" id="question-{place}">{entries}</script><div class="charts"></div>'
        f"{groups}</details>"
    )


def _confusion(evaluation: Evaluation) -> str:
    if evaluation.likeliest is None:
        return ""
    lines = zip(evaluation.classes, evaluation.likeliest.confusion, strict=True)
    rows = [
        {"Label": name, **{f"Model: {said}": f"{count:,}" for said, count in zip(evaluation.classes, row, strict=True)}}
        for name, row in lines
    ]
    return f"<h2>Likeliest class</h2>{_table(rows)}"


def _errors(assessment: Assessment, picture_of: Callable[[int], bytes | None]) -> str:
    if not assessment.worst:
        return "<p>The model was right on every film.</p>"
    figures = []
    for film in assessment.worst:
        pictures = [picture_of(film.number), error_heatmap(assessment, film)]
        shown = [f'<img src="{as_address(png)}" alt="">' for png in pictures if png] if pictures[0] else []
        plate = f'<div class="film">{"".join(shown)}</div>' if shown else "<p>The film is not there any more.</p>"
        caption = f"{escape(worst_caption(assessment, film))} Film {escape(film.film)}."
        figures.append(f"<figure>{plate}<figcaption>{caption}</figcaption></figure>")
    switch = '<input type="checkbox" id="maps" checked> Heatmap: where the network saw what the decision is about'
    return f'<p><label>{switch}</label></p><div class="errors">{"".join(figures)}</div>'


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    heads = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row.values()) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
