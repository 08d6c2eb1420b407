// A small line above zero: the periods before, this one, the usual band and the value before.
"use strict";
const SVG = "http://www.w3.org/2000/svg";
const CHART = { wide: 200, high: 88, left: 32, right: 196, top: 8, bottom: 68 };

const drawn = (name, attributes, text) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

const topOf = (highest) => {
  if (!(highest > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(highest));
  return step * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((times) => step * times >= highest * (1 - 1e-9));
};

const short = (value) => {
  const places = value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return Number(value.toFixed(places)).toLocaleString("en");
};

const scale = ({ points, usual, before }) => {
  const known = [...points.map((point) => point.value), before, ...(usual ?? [])].filter((value) => value != null);
  const top = topOf(Math.max(0, ...known));
  const step = (CHART.right - CHART.left - 8) / Math.max(points.length - 1, 1);
  return {
    top,
    x: (at) => (points.length > 1 ? CHART.left + 4 + at * step : (CHART.left + CHART.right) / 2),
    y: (value) => CHART.bottom - ((CHART.bottom - CHART.top) * value) / top,
  };
};

// The pieces of the line, apart where there is no value.
const runs = (points, { x, y }) => {
  const found = [[]];
  points.forEach((point, at) => {
    if (point.value == null) found.push([]);
    else found.at(-1).push(`${x(at).toFixed(1)} ${y(point.value).toFixed(1)}`);
  });
  return found.filter((run) => run.length > 1).map((run) => `M${run.join("L")}`);
};

const chartSvg = (measure) => {
  const { points, usual, before, unit } = measure;
  const { left, right, bottom, wide, high } = CHART;
  const at = scale(measure);
  const svg = drawn("svg", { viewBox: `0 0 ${wide} ${high}`, "aria-hidden": "true" });
  if (usual) {
    const [low, top] = usual.map(at.y);
    svg.append(drawn("rect", { class: "band", x: left, y: top, width: right - left, height: Math.max(low - top, 1.5) }));
  }
  for (const value of [0, at.top]) {
    svg.append(drawn("path", { class: "grid", d: `M${left} ${at.y(value)}H${right}` }));
    svg.append(drawn("text", { x: left - 4, y: at.y(value) + 4, "text-anchor": "end" }, short(value)));
  }
  if (before != null) svg.append(drawn("path", { class: "before", d: `M${left} ${at.y(before)}H${right}` }));
  for (const d of runs(points, at)) svg.append(drawn("path", { class: "line", d }));
  points.forEach((point, index) => {
    if (point.value == null) return;
    svg.append(drawn("circle", { class: "point", r: 2.5, cx: at.x(index), cy: at.y(point.value), "data-at": index }));
  });
  if (points.length) {
    svg.append(drawn("text", { x: left, y: high - 6 }, points[0].name));
    svg.append(drawn("text", { x: right, y: high - 6, "text-anchor": "end" }, points.at(-1).name));
    svg.append(drawn("text", { x: (left + right) / 2, y: high - 6, "text-anchor": "middle" }, unit));
  }
  return svg;
};

// The chart with a line below it that says the value under the pointer, or at the arrow keys.
const chart = (measure) => {
  const box = document.createElement("div");
  box.className = "chart";
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", `${measure.name}, ${measure.vendor}: ${measure.points.length} periods; arrow keys read them`);
  const svg = chartSvg(measure);
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("aria-live", "polite");
  box.append(svg, tip);
  let chosen = measure.points.length;
  const choose = (at) => {
    chosen = Math.min(Math.max(at, 0), measure.points.length - 1);
    const point = measure.points[chosen];
    tip.textContent = point ? `${point.days}: ${point.shown}` : "";
    for (const dot of svg.querySelectorAll("circle")) dot.classList.toggle("chosen", Number(dot.dataset.at) === chosen);
  };
  const leave = () => {
    chosen = measure.points.length;
    tip.textContent = "";
    for (const dot of svg.querySelectorAll("circle")) dot.classList.remove("chosen");
  };
  box.addEventListener("pointermove", (event) => {
    const area = svg.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * CHART.wide;
    choose(Math.round(((x - CHART.left) / (CHART.right - CHART.left)) * (measure.points.length - 1)));
  });
  box.addEventListener("pointerleave", leave);
  box.addEventListener("blur", leave);
  box.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: measure.points.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
  return box;
};
