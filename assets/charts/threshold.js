/* ROC, precision and recall, calibration and what each threshold buys, all tied to one threshold: drag it in any of the
   four charts, or move the slider with mouse or keys. Numbers come ready-made; nothing is worked out here. */

const MARGIN = { l: 52, r: 12, t: 10, b: 42 };
const RANGE = [-0.02, 1.02];
const HEIGHT = 260;
const INK = "#23869b";
const SECOND = "#c8702a";
const FAINT = "rgba(138,148,153,0.35)";
const CHANCE = { color: "#8a9499", width: 1, dash: "dot" };
const SHARES = [
  ["sensitivity", "Sensitivity", INK, "solid"],
  ["specificity", "Specificity", SECOND, "solid"],
  ["precision", "PPV", INK, "dash"],
  ["negative_predictive_value", "NPV", SECOND, "dash"],
];
const STYLE = `
.threshold-charts { color: inherit; font-size: 0.9rem; }
.threshold-charts .controls { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem; align-items: center; }
.threshold-charts .controls input { flex: 1 1 14rem; accent-color: ${INK}; min-width: 8rem; }
.threshold-charts .controls output { min-width: 4.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.threshold-charts .controls button { font: inherit; color: inherit; background: none; cursor: pointer;
  border: 1px solid ${FAINT}; border-radius: 4px; padding: 0.15rem 0.6rem; }
.threshold-charts .worth { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr));
  gap: 0.2rem 1rem; margin: 0.5rem 0; }
.threshold-charts .worth dt { opacity: 0.75; font-size: 0.85em; }
.threshold-charts .worth dd { margin: 0; font-variant-numeric: tabular-nums; min-height: 1.4em; }
.threshold-charts .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr));
  gap: 0.4rem 1rem; }
.threshold-charts .plots h4 { margin: 0.3rem 0 0; font-size: 0.95em; font-weight: 600; }
.threshold-charts .plot { height: ${HEIGHT}px; cursor: ew-resize; touch-action: none; }
.threshold-charts .plot.empty { cursor: default; }
.threshold-charts .plot text { fill: currentColor !important; }
.threshold-charts .plot .cursor-pointer, .threshold-charts .plot .nsewdrag { cursor: ew-resize !important; }
`;

/** Draw the charts of one question into `root`; returns what removes them. */
export function drawThresholdCharts(root, question, Plotly) {
  const table = question.thresholds;
  const live = question.threshold === null ? 0.5 : question.threshold;
  const state = { place: nearest(table.thresholds, live), dragged: null, frame: 0 };
  const page = lay(root, question);
  const charts = drawAll(page, question, Plotly);
  page.slider.value = String(state.place);

  const show = () => {
    state.frame = 0;
    write(page, question, state.place);
    for (const chart of charts) chart.move(state.place);
  };
  const choose = (place) => {
    state.place = Math.min(Math.max(place, 0), table.thresholds.length - 1);
    page.slider.value = String(state.place);
    state.frame ||= requestAnimationFrame(show);
  };
  page.slider.addEventListener("input", () => choose(Number(page.slider.value)));
  page.reset.addEventListener("click", () => choose(nearest(table.thresholds, live)));
  for (const chart of charts) listen(chart, state, choose);
  show();
  const resized = new ResizeObserver(() => charts.forEach((chart) => Plotly.Plots.resize(chart.plot)));
  resized.observe(page.plots);
  return () => {
    resized.disconnect();
    cancelAnimationFrame(state.frame);
    charts.forEach((chart) => Plotly.purge(chart.plot));
    root.replaceChildren();
  };
}

function lay(root, question) {
  const box = add(root, "div", "threshold-charts");
  add(box, "style").textContent = STYLE;
  const controls = add(box, "div", "controls");
  const label = add(controls, "label");
  label.textContent = "Called from";
  const slider = add(controls, "input");
  slider.type = "range";
  slider.min = "0";
  slider.max = String(question.thresholds.thresholds.length - 1);
  slider.step = "1";
  slider.id = `threshold-${Math.random().toString(36).slice(2)}`;
  label.htmlFor = slider.id;
  const said = add(controls, "output");
  const reset = add(controls, "button");
  reset.type = "button";
  reset.textContent = question.threshold === null ? "Back to 50 %" : `Back to ${percent(question.threshold)}, as it decides`;
  const worth = add(box, "dl", "worth");
  worth.setAttribute("aria-live", "polite");
  const plots = add(box, "div", "plots");
  return { slider, said, reset, worth, plots };
}

function drawAll(page, question, Plotly) {
  const table = question.thresholds;
  const alarms = table.specificity.value.map((value) => (value === null ? null : 1 - value));
  const onCurve = (title, curve, x, y, axes) => {
    if (!curve) return empty(page, title);
    const lines = [line(curve.x, curve.y, INK, "solid", "")];
    if (title === "ROC curve") lines.unshift({ ...line([0, 1], [0, 1], "", "solid", ""), line: CHANCE });
    const at = { x: [0], y: [0], mode: "markers", marker: { color: SECOND, size: 12, line: { color: "#fff", width: 1.5 } } };
    const chart = draw(page, Plotly, title, [...lines, { ...at, hoverinfo: "skip" }], axes);
    chart.move = (place) => Plotly.restyle(chart.plot, { x: [[x[place]]], y: [[y[place]]] }, [lines.length]);
    chart.at = (point) => nearestPoint(x, y, point);
    return chart;
  };
  const onLine = (title, traces, axes, legend) => {
    const chart = draw(page, Plotly, title, traces, axes, legend);
    chart.move = (place) => Plotly.relayout(chart.plot, { shapes: [upright(table.thresholds[place])] });
    chart.at = (point) => nearest(table.thresholds, point.x);
    return chart;
  };
  return [
    onCurve("ROC curve", question.roc, alarms, table.sensitivity.value, ["1 - specificity (false alarms)", "Sensitivity"]),
    onCurve("Precision and recall", question.precision_recall, table.sensitivity.value, table.precision.value, [
      "Recall (sensitivity)",
      "Precision (PPV)",
    ]),
    onLine("Does a probability come true?", calibration(question.reliability.bins), ["Probability", "Share with it"]),
    onLine("What each threshold buys", SHARES.map((one) => band(table, one)).flat(), ["Threshold", "Share"], true),
  ].filter((chart) => chart.move);
}

function draw(page, Plotly, title, traces, axes, legend = false) {
  const plot = place(page, title);
  const axis = (text) => ({ title: { text }, range: RANGE, tickformat: ".0%", fixedrange: true, zeroline: false, gridcolor: FAINT });
  const layout = {
    height: HEIGHT, margin: MARGIN, dragmode: false, showlegend: legend, hovermode: "closest",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "inherit", size: 12 },
    legend: { orientation: "h", x: 0.5, xanchor: "center", y: 0.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    xaxis: axis(axes[0]), yaxis: axis(axes[1]),
  };
  Plotly.newPlot(plot, traces, layout, { displayModeBar: false, responsive: false, doubleClick: false });
  return { plot };
}

function empty(page, title) {
  const plot = place(page, title);
  plot.classList.add("empty");
  plot.textContent = "These films are all of one kind, so there is no curve.";
  return { plot };
}

function place(page, title) {
  const box = add(page.plots, "div");
  add(box, "h4").textContent = title;
  const plot = add(box, "div", "plot");
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", title);
  return plot;
}

function listen(chart, state, choose) {
  const move = (event) => choose(chart.at(pointOf(chart.plot, event)));
  chart.plot.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    state.dragged = event.pointerId;
    chart.plot.setPointerCapture(event.pointerId);
    event.preventDefault();
    move(event);
  }, true);
  chart.plot.addEventListener("pointermove", (event) => state.dragged === event.pointerId && move(event), true);
  for (const name of ["pointerup", "pointercancel"]) {
    chart.plot.addEventListener(name, () => { state.dragged = null; }, true);
  }
}

function pointOf(plot, event) {
  const box = plot.getBoundingClientRect();
  const [low, high] = RANGE;
  const across = (event.clientX - box.left - MARGIN.l) / (box.width - MARGIN.l - MARGIN.r);
  const up = 1 - (event.clientY - box.top - MARGIN.t) / (box.height - MARGIN.t - MARGIN.b);
  return { x: low + across * (high - low), y: low + up * (high - low) };
}

function write(page, question, place) {
  const table = question.thresholds;
  page.said.value = percent(table.thresholds[place]);
  page.slider.setAttribute("aria-valuetext", percent(table.thresholds[place]));
  const rows = SHARES.map(([key, name]) => [name, between(table[key], place)]);
  const found = table.true_positives[place];
  const missed = table.false_negatives[place];
  const alarms = table.false_positives[place];
  const alone = table.true_negatives[place];
  rows.push([`Of ${found + missed} films with it`, `${found} called, ${missed} missed`]);
  rows.push([`Of ${alarms + alone} films without`, `${alone} left alone, ${alarms} called`]);
  page.worth.replaceChildren();
  for (const [name, value] of rows) {
    const box = add(page.worth, "div");
    add(box, "dt").textContent = name;
    add(box, "dd").textContent = value;
  }
}

function calibration(bins) {
  return [
    { ...line([0, 1], [0, 1], "", "solid", ""), line: CHANCE },
    {
      x: bins.map((bin) => bin.mean_probability),
      y: bins.map((bin) => bin.share),
      error_y: {
        array: bins.map((bin) => bin.share_high - bin.share),
        arrayminus: bins.map((bin) => bin.share - bin.share_low),
        thickness: 1, width: 3, color: INK,
      },
      customdata: bins.map((bin) => bin.films),
      hovertemplate: "said %{x:.0%}, came true %{y:.0%}, %{customdata} films<extra></extra>",
      mode: "markers", marker: { color: INK, size: 8 },
    },
  ];
}

function band(table, [key, name, color, dash]) {
  return [{ ...line(table.thresholds, table[key].value, color, dash, name), hovertemplate: `${name} %{y:.1%}<extra></extra>` }];
}

function line(x, y, color, dash, name) {
  return { x, y, mode: "lines", name, line: { color, dash, width: 2 }, hoverinfo: name ? undefined : "skip" };
}

function upright(x) {
  return { type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", line: { color: SECOND, width: 2.5 } };
}

function nearest(values, wanted) {
  return values.reduce((best, value, place) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? place : best), 0);
}

function nearestPoint(x, y, point) {
  let best = 0;
  let least = Infinity;
  x.forEach((value, place) => {
    if (value === null || y[place] === null) return;
    const apart = Math.hypot(value - point.x, y[place] - point.y);
    if (apart < least) [best, least] = [place, apart];
  });
  return best;
}

function between(shares, place) {
  const [value, low, high] = [shares.value[place], shares.low[place], shares.high[place]];
  if (value === null) return "–";
  const bare = (share) => (100 * share).toFixed(1);
  return low === null ? `${bare(value)} %` : `${bare(value)} % (${bare(low)} to ${bare(high)})`;
}

function percent(share) {
  const whole = 100 * share;
  return `${Math.abs(whole - Math.round(whole)) < 0.005 ? whole.toFixed(0) : whole.toFixed(1)} %`;
}

function add(parent, tag, name = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  parent.appendChild(element);
  return element;
}
