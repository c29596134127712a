"""A question's curves, tied to one threshold that is dragged in the browser: nothing runs anew while it moves."""

import streamlit as st

from medcore.evaluation.evaluation import QuestionFigures
from medcore.worker.evaluating.pictures import chart_data
from medcore.worker.evaluating.tables import heading

# Streamlit carries these lines to the browser; the scripts themselves are fetched once and kept there. What was drawn
# for a question stays when the page runs again, with the threshold where the reader left it.
LOADER = """
const drawn = new WeakMap();
const origin = window.location.origin;
let plotly;
function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("/charts/plotly.min.js", origin).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("The charts could not be loaded."));
    document.head.appendChild(script);
  });
  return plotly;
}
export default function ({ parentElement, data }) {
  const last = drawn.get(parentElement);
  if (last?.shown !== data.shown) {
    last?.remove();
    const now = { shown: data.shown, remove: () => {} };
    drawn.set(parentElement, now);
    Promise.all([import(new URL("/charts/threshold.js", origin).href), loadPlotly()]).then(([charts, Plotly]) => {
      if (drawn.get(parentElement) === now) {
        const root = parentElement.querySelector(".charts");
        now.remove = charts.drawThresholdCharts(root, data.question, Plotly);
      }
    });
  }
  return () => {
    drawn.get(parentElement)?.remove();
    drawn.delete(parentElement);
  };
}
"""
PLACE = """
<div class="charts"></div>
"""

charts = st.components.v2.component("medcore_threshold_charts", html=PLACE, js=LOADER, isolate_styles=False)


def show_charts(name: str, question: QuestionFigures) -> None:
    """Draw a question's curves, tied to one threshold that can be dragged, or moved by keys."""
    st.caption("Drag the threshold in any chart, or move the slider. The model itself keeps its own threshold.")
    data = {"shown": f"{name} {heading(question)}", "question": chart_data(question)}
    charts(key="evaluate_charts", data=data)
