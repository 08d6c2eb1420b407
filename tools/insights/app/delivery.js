// The delivery report: shows what the tool's result brought, and asks for another team or period.
"use strict";
const TOOL = "insights_get_delivery_page";
const DATA = "drumbeat/page";
const MOST_CONTEXT = 3000;
const $ = (id) => document.getElementById(id);
const state = { page: null, given: {}, can: {}, asked: 0 };

const node = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const words = (result) => (result.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("\n");
const say = (text) => ($("status").textContent = text);
const complain = (text) => {
  $("alert").textContent = text;
  $("alert").hidden = !text;
};

// What is shown.

const show = (page) => {
  state.page = page;
  complain("");
  $("title").textContent = `Delivery: ${page.title}`;
  $("subtitle").textContent = page.period_words;
  fill($("team"), page.teams, page.team);
  fill($("period"), page.periods, page.period);
  $("pickers").hidden = false;
  $("missing").replaceChildren(...page.missing.map((text) => node("li", text)));
  $("missing").hidden = !page.missing.length;
  $("charts").replaceChildren(...byMetric(page.measures).map(section));
  $("table").replaceChildren(table(page));
  $("definitions").replaceChildren(...page.measures.flatMap(definition));
  $("about").hidden = $("legend").hidden = false;
  $("text").hidden = $("offer").hidden = true;
  const vendors = new Set(page.measures.map((measure) => measure.vendor)).size;
  say(`${page.measures.length} numbers from ${vendors} ${vendors === 1 ? "vendor" : "vendors"}, side by side: their definitions differ.`);
};

const fill = (select, choices, chosen) => {
  const known = choices.some((choice) => choice.value === chosen);
  const all = known ? choices : [{ value: chosen, label: chosen }, ...choices];
  select.replaceChildren(...all.map(({ value, label }) => node("option", label, { value })));
  select.value = chosen;
};

const byMetric = (measures) => {
  const groups = new Map();
  for (const measure of measures) groups.set(measure.name, [...(groups.get(measure.name) ?? []), measure]);
  return [...groups];
};

const section = ([name, measures]) => {
  const made = node("section", undefined, { "aria-label": name });
  const cards = node("div", undefined, { class: "cards" });
  cards.append(...measures.map(card));
  made.append(node("h2", name), cards);
  return made;
};

const card = (measure) => {
  const made = node("article", undefined, { class: "card" });
  made.append(node("h3", `${measure.vendor}, ${measure.aggregation}`), node("div", measure.shown, { class: "value" }));
  made.append(...comparison(measure).map((text) => node("div", text, { class: "reading" })));
  if (measure.points.some((point) => point.value != null)) made.append(chart(measure));
  return made;
};

const comparison = ({ shown_before: before, shown_usual: usual, reading }) =>
  [before && `before ${before}`, usual && `usual ${usual}`, reading].filter(Boolean);

const COLUMNS = [
  ["Metric", "name"],
  ["Vendor", "vendor"],
  ["Value", "shown"],
  ["Before", "shown_before"],
  ["Usual", "shown_usual"],
  ["Reading", "reading"],
];

const table = (page) => {
  const made = node("table");
  const head = node("tr");
  head.append(...COLUMNS.map(([title]) => node("th", title, { scope: "col" })));
  const body = page.measures.map((measure) => {
    const row = node("tr");
    row.append(...COLUMNS.map(([, key], at) => (at ? node("td", measure[key]) : node("th", measure[key], { scope: "row" }))));
    return row;
  });
  made.append(node("caption", `${page.title}, ${page.period_words}`), head, ...body);
  return made;
};

const definition = (measure) => [
  node("dt", `${measure.name}, ${measure.vendor}`),
  node("dd", [measure.definition, measure.aggregation, measure.caveat].filter(Boolean).join("; ")),
];

// Another team or period.

const ask = async (team, period) => {
  const mine = ++state.asked;
  busy(true);
  say(`Asking for ${team}, ${period}…`);
  try {
    const result = await host.request("tools/call", { name: TOOL, arguments: { team, period } });
    if (mine !== state.asked) return;
    const page = result._meta?.[DATA];
    if (result.isError || !page) throw new Error(words(result) || "The answer held no numbers.");
    show(page);
    tellModel(page, words(result));
  } catch (error) {
    if (mine === state.asked) failed(error.message);
  } finally {
    if (mine === state.asked) busy(false);
  }
};

const failed = (message) => {
  complain(message);
  say(state.page ? `Still shown: ${state.page.title}, ${state.page.period_words}.` : "");
};

const busy = (is) => $("page").setAttribute("aria-busy", String(is));

// What the user looks at now, for the model's next turn.
const tellModel = (page, text) => {
  if (!state.can.updateModelContext) return;
  const now = `In the delivery page the user now looks at ${page.title}, ${page.period_words}.\n${text}`;
  const content = [{ type: "text", text: now.slice(0, MOST_CONTEXT) }];
  host.request("ui/update-model-context", { content }).catch(() => {});
};

// Files.

const quoted = (value) => {
  // A spreadsheet would take a text that begins so for a formula.
  const text = String(value ?? "").replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const csv = ({ measures, title }) => {
  const rows = measures.flatMap((measure) =>
    measure.points.map((point) => [title, measure.vendor, measure.name, point.period, point.value ?? "", measure.unit, measure.aggregation]),
  );
  return [["team", "vendor", "metric", "period", "value", "unit", "aggregation"], ...rows]
    .map((row) => row.map(quoted).join(","))
    .join("\r\n");
};

// The charts as one picture, in the colours that the page wears.
const picture = (page) => {
  const across = 3, column = 224, row = 140, top = 64;
  const wide = across * column + 8;
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const high = top + Math.ceil(page.measures.length / across) * row;
  const svg = drawn("svg", { xmlns: SVG, width: wide, height: high, viewBox: `0 0 ${wide} ${high}` });
  const rules = ["band fill --usual", "grid stroke --rule", "before stroke --faint", "line stroke --line", "point fill --line"]
    .map((rule) => rule.split(" "))
    .map(([name, kind, colour]) => `.${name}{${kind}:${ink(colour)}}`);
  const plain = `text{font:11px sans-serif;fill:${ink("--faint")}}.ink{fill:${ink("--ink")}}.title{font-size:16px}.big{font-size:14px}`;
  svg.append(drawn("style", {}, `${plain}path{fill:none}.line{stroke-width:2}.before{stroke-dasharray:3 3}${rules.join("")}`));
  svg.append(drawn("rect", { width: wide, height: high, fill: ink("--ground") }));
  svg.append(drawn("text", { x: 16, y: 26, class: "ink title" }, `Delivery: ${page.title}`));
  svg.append(drawn("text", { x: 16, y: 44 }, page.period_words));
  page.measures.forEach((measure, at) => {
    const group = drawn("g", { transform: `translate(${16 + (at % across) * column} ${top + Math.floor(at / across) * row})` });
    group.append(drawn("text", { y: 12 }, `${measure.name}, ${measure.vendor}`), drawn("text", { y: 30, class: "ink big" }, measure.shown));
    if (measure.points.some((point) => point.value != null)) {
      const inner = drawn("g", { transform: "translate(0 34)" });
      inner.append(...chartSvg(measure).childNodes);
      group.append(inner);
    }
    svg.append(group);
  });
  return { svg: new XMLSerializer().serializeToString(svg), wide, high };
};

const png = async (page) => {
  const { svg, wide, high } = picture(page);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: wide * 2, height: high * 2 });
  canvas.getContext("2d").drawImage(image, 0, 0, wide * 2, high * 2);
  return canvas.toDataURL("image/png").split(",")[1];
};

const save = async (name, resource) => {
  const file = { uri: `file:///${name}`, ...resource };
  if (state.can.downloadFile) {
    const result = await host.request("ui/download-file", { contents: [{ type: "resource", resource: file }] });
    return say(result?.isError ? `${name} was not saved.` : `${name} was handed over.`);
  }
  const image = { src: `data:${file.mimeType};base64,${file.blob}`, alt: name };
  $("offer").replaceChildren(file.blob ? node("img", undefined, image) : node("pre", file.text, { tabindex: "0" }));
  $("offer").hidden = false;
  $("offer").scrollIntoView({ block: "nearest" });
  return say(`This host lets no page save files: copy ${name} from the end of this page.`);
};

const filed = (make) => async () => {
  try {
    await make(`delivery-${state.page.title}-${state.page.period}`.replace(/[^\p{L}\p{N}.-]+/gu, "-"));
  } catch (error) {
    failed(`The file could not be made: ${error.message}`);
  }
};

// From the host.

const began = async (result) => {
  const page = result._meta?.[DATA];
  if (page && !result.isError) show(page);
  else if (result.isError) failed(words(result));
  else if (state.can.serverTools && state.given.team) return ask(state.given.team, state.given.period);
  else {
    $("text").textContent = words(result);
    $("text").hidden = false;
    say("This host passes on the report's text only.");
  }
  return busy(false);
};

for (const id of ["team", "period"]) $(id).addEventListener("change", () => ask($("team").value, $("period").value));
$("pickers").addEventListener("submit", (event) => event.preventDefault());
$("table-toggle").addEventListener("click", () => {
  const open = $("table").hidden;
  $("table").hidden = !open;
  $("charts").hidden = open;
  $("table-toggle").setAttribute("aria-pressed", String(open));
});
$("csv").addEventListener("click", filed((name) => save(`${name}.csv`, { mimeType: "text/csv", text: csv(state.page) })));
$("png").addEventListener("click", filed(async (name) => save(`${name}.png`, { mimeType: "image/png", blob: await png(state.page) })));
host.on("ui/notifications/tool-input", ({ arguments: given }) => (state.given = given ?? {}));
host.on("ui/notifications/tool-result", began);
host.on("ui/notifications/tool-cancelled", ({ reason }) => {
  failed(`The report was cancelled${reason ? `: ${reason}` : ""}.`);
  busy(false);
});
host.on("ui/notifications/host-context-changed", wear);
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
const greeted = ({ hostContext, hostCapabilities }) => {
  state.can = hostCapabilities ?? {};
  wear(hostContext ?? {});
};
host.connect({ name: "drumbeat-delivery", version: "1" }).then(greeted, (error) => failed(error.message));
