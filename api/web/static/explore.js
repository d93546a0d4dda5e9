// The explorer: draws what the server worked out; every press leads to another address.
import cytoscape from "./vendor/cytoscape.js";

const page = document.getElementById("explore");
const canvas = document.getElementById("canvas");
const chosen = document.getElementById("chosen");
const words = chosen ? JSON.parse(chosen.dataset.words) : {};
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const paint = getComputedStyle(document.documentElement);
const tone = (name) => paint.getPropertyValue(name).trim();
const few = 60; // links whose kind is written beside them
const legible = 0.62; // the zoom at which names can be read

let data = null;
let cy = null;

function style() {
  const font = getComputedStyle(document.body).fontFamily;
  return [
    { selector: "node", style: {
      "background-color": "data(colour)", width: 20, height: 20, label: "data(name)",
      "font-family": font, "font-size": 12, color: tone("--ink"), "text-valign": "bottom",
      "text-margin-y": 3, "text-wrap": data.nodes.length <= few ? "wrap" : "ellipsis",
      "text-overflow-wrap": (node) => (/ /.test(node.data("name")) ? "whitespace" : "anywhere"),
      "text-max-width": 120,
      "text-background-color": tone("--paper"), "text-background-opacity": 0.85,
      "min-zoomed-font-size": 7, "border-width": 2, "border-color": tone("--paper") } },
    { selector: "node[more > 0]", style: { "border-color": tone("--line-strong") } },
    { selector: "node.end", style: {
      width: 34, height: 34, "font-size": 15, "font-weight": 700, "text-max-width": 200 } },
    { selector: "edge", style: {
      width: 1.2, "line-color": tone("--line-strong"), "curve-style": "straight",
      "target-arrow-shape": "triangle", "target-arrow-color": tone("--line-strong"),
      "arrow-scale": 0.7, "font-family": font, "font-size": 11, color: tone("--muted"),
      "min-zoomed-font-size": 8, "text-background-color": tone("--paper"),
      "text-background-opacity": 0.9 } },
    { selector: "edge.many", style: { "curve-style": "bezier", "control-point-step-size": 26 } },
    { selector: "edge.dashed", style: { "line-style": "dashed", "line-dash-pattern": [5, 4] } },
    { selector: "edge.told", style: { label: "data(label)" } },
    { selector: "node.picked", style: {
      "border-color": tone("--accent"), "border-width": 4, "font-weight": 700 } },
    { selector: "edge.near", style: {
      "line-color": tone("--accent"), "target-arrow-color": tone("--accent"), width: 2,
      label: "data(label)", "z-index": 9 } },
  ];
}

function elements() {
  const pairs = new Map();
  for (const link of data.links) {
    const pair = [link.from, link.to].sort().join("\n");
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  const seen = new Map();
  const nodes = data.nodes.map((node) => ({
    group: "nodes", position: { x: node.x, y: node.y },
    classes: node.id === data.id || node.id === data.to ? "end" : "",
    data: { ...node, colour: data.kinds[node.kind].colour } }));
  const links = data.links.map((link, at) => {
    const name = `${link.kind}\n${link.from}\n${link.to}\n${link.product}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    const many = pairs.get([link.from, link.to].sort().join("\n")) > 1;
    return { group: "edges",
      classes: [many && "many", link.dashed && "dashed", data.links.length <= few && "told"]
        .filter(Boolean).join(" "),
      data: { id: `${name}\n${seen.get(name)}`, source: link.from, target: link.to, at,
        label: link.product ? `${link.label}${words.colon}${link.product}` : link.label } };
  });
  return [...nodes, ...links];
}

function draw() {
  cy = cytoscape({
    container: canvas, elements: elements(), style: style(), layout: { name: "preset" },
    minZoom: 0.08, maxZoom: 3, boxSelectionEnabled: false, selectionType: "single",
    textureOnViewport: true, hideEdgesOnViewport: false,
    pixelRatio: data.nodes.length > 150 ? 1 : "auto" });
  cy.on("tap", "node", (event) => press(event.target.id()));
  cy.on("tap", (event) => { if (event.target === cy) pick(""); });
  fit();
  pick(data.id);
  canvas.dataset.drawn = String(data.nodes.length);
}

function fit() {
  cy.fit(undefined, 34);
  if (cy.zoom() > 1.3) { cy.zoom(1.3); cy.center(); }
}

function begin() {
  fit();
  if (cy.zoom() < legible && data.nodes.length > 1) {
    cy.zoom(legible);
    cy.center(cy.getElementById(data.id));
  }
}

// --- another address -----------------------------------------------------------------------------

function redraw(from) {
  const origin = cy.getElementById(from);
  const start = origin.nonempty() ? { ...origin.position() } : null;
  const next = elements();
  const ids = new Set(next.map((one) => one.data.id));
  cy.batch(() => {
    cy.elements().filter((one) => !ids.has(one.id())).remove();
    for (const one of next) {
      const old = cy.getElementById(one.data.id);
      if (old.empty()) cy.add(start && one.position ? { ...one, position: { ...start } } : one);
      else { old.data(one.data); old.classes(one.classes); }
    }
  });
  const places = new Map(data.nodes.map((node) => [node.id, { x: node.x, y: node.y }]));
  const quiet = still || data.nodes.length > 200;
  const move = cy.layout({ name: "preset", positions: (node) => places.get(node.id()),
    fit: false, animate: !quiet, animationDuration: 260 });
  move.one("layoutstop", () => { reveal(from); canvas.dataset.drawn = String(data.nodes.length); });
  move.run();
}

function reveal(id) {
  const zoom = cy.zoom();
  begin();
  if (cy.zoom() === legible && id && cy.getElementById(id).nonempty()) {
    cy.zoom(Math.max(zoom, legible));
    cy.center(cy.getElementById(id));
  }
}

let asking = null;

async function go(address, from = "", push = true) {
  asking?.abort();
  asking = new AbortController();
  document.body.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(address, { headers: { Accept: "text/html" }, signal: asking.signal });
    const next = new DOMParser().parseFromString(await reply.text(), "text/html");
    const told = next.getElementById("data");
    if (!reply.ok || !told) { location.assign(address); return; }
    if (push) history.pushState(null, "", address);
    data = JSON.parse(told.textContent);
    document.title = next.title;
    for (const part of ["bar", "kinds", "rows"]) {
      document.getElementById(part).replaceWith(next.getElementById(part));
    }
    redraw(from);
    pick(from || data.id);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function changed(change) {
  const address = new URL(location.href);
  if (!address.searchParams.has("id")) address.searchParams.set("id", data.id); // the example
  change(address.searchParams);
  return address.pathname + address.search;
}

function expand(id) {
  const node = data.nodes.find((one) => one.id === id);
  if (!node?.more || data.nodes.length >= data.most) return false;
  go(changed((said) => {
    if (!said.getAll("open").includes(id)) said.append("open", id);
    said.set("limit", String(data.most));
  }), id);
  return true;
}

// --- one thing -----------------------------------------------------------------------------------

function press(id) {
  pick(id);
  expand(id);
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (document.documentElement.lang === "en" && /[\u4e00-\u9fff]/.test(text)) made.lang = "zh";
  return made;
}

function path(id) {
  const [kind, ...rest] = id.split(":");
  const key = rest.join(":").split("/").map(encodeURIComponent).join("/");
  const lang = document.documentElement.lang === "en" ? "lang=en" : "";
  if (kind === "Chain") return `/?chain=${encodeURIComponent(rest.join(":"))}${lang && `&${lang}`}`;
  return `${kind === "Segment" ? "/segment" : `/thing/${kind}`}/${key}${lang && `?${lang}`}`;
}

function pick(id) {
  cy.elements().removeClass("picked near");
  const node = data.nodes.find((one) => one.id === id);
  if (!node) return;
  cy.getElementById(id).addClass("picked").connectedEdges().addClass("near");
  const names = new Map(data.nodes.map((one) => [one.id, one.name]));
  const links = data.links.filter((link) => link.from === id || link.to === id);
  const head = element("h2", node.name);
  const acts = element("p", "", { class: "acts" });
  if (node.more) {
    if (data.nodes.length < data.most) {
      const open = element("button", words.open.replace("{}", node.more), { type: "button" });
      open.addEventListener("click", () => expand(id));
      acts.append(open);
    } else acts.append(element("span", words.full.replace("{}", data.most)));
  }
  acts.append(element("a", words.page, { href: path(id) }));
  if (id !== data.id) {
    const only = (set) => changed((said) => {
      for (const name of ["id", "to", "open"]) said.delete(name);
      set(said);
    });
    acts.append(element("a", words.centre, { href: only((said) => said.set("id", id)) }));
    acts.append(element("a", words.way, {
      href: only((said) => { said.set("id", data.id); said.set("to", id); }) }));
  }
  const list = element("ul");
  for (const link of links) {
    const out = link.from === id;
    const item = element("li", `${link.label} ${out ? "→" : "←"} `);
    const other = element("button", names.get(out ? link.to : link.from), {
      type: "button", class: "plain" });
    other.addEventListener("click", () => pick(out ? link.to : link.from));
    item.append(other);
    if (link.product) item.append(` ${link.product}`);
    if (link.dashed) item.append(element("span", ` ${words.inferred}`, { class: "muted" }));
    for (const number of link.notes) {
      item.append(element("a", `[${number}]`, { class: "mark", href: `#source-${number}` }));
    }
    list.append(item);
  }
  const numbers = [...new Set(links.flatMap((link) => link.notes))].sort((a, b) => a - b);
  const sources = element("ol", "", { class: "sources" });
  for (const number of numbers) {
    sources.append(element("li", data.sources[number].text, { value: number }));
  }
  chosen.replaceChildren(
    head, element("p", data.kinds[node.kind].label, { class: "muted small" }), acts,
    links.length ? list : element("p", words.none, { class: "muted" }), sources);
}

// --- by keyboard ---------------------------------------------------------------------------------

const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function step([dx, dy]) {
  const here = cy.nodes(".picked");
  if (here.empty()) { show(data.id); return; }
  const at = here.position();
  let best = null;
  let least = Infinity;
  cy.nodes().forEach((node) => {
    const x = node.position("x") - at.x;
    const y = node.position("y") - at.y;
    const along = x * dx + y * dy;
    const aside = Math.abs(x * dy) + Math.abs(y * dx);
    if (along > 1 && along + 2 * aside < least) { least = along + 2 * aside; best = node.id(); }
  });
  if (best) show(best);
}

function show(id) {
  pick(id);
  const spot = cy.getElementById(id).renderedPosition();
  if (spot.x < 30 || spot.y < 30 || spot.x > cy.width() - 30 || spot.y > cy.height() - 30) {
    cy.center(cy.getElementById(id));
  }
}

function zoom(factor) {
  cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
}

const keys = {
  Enter: () => { const here = cy.nodes(".picked"); if (here.nonempty()) press(here.id()); },
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit, Escape: () => pick(""),
};

function listen() {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = ways[event.key] ? () => step(ways[event.key]) : keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  const zooms = { in: () => zoom(1.25), out: () => zoom(0.8), fit };
  page.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]");
    if (button) zooms[button.dataset.zoom]();
    const link = event.target.closest("a[data-go]");
    if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      const kind = link.className;
      go(link.getAttribute("href")).then(() => {
        [...document.querySelectorAll("#kinds a")].find(
          (one) => one.className.replace(" off", "") === kind.replace(" off", ""))?.focus();
      });
    }
  });
  addEventListener("popstate", () => go(location.pathname + location.search, "", false));
}

// --- names while typing --------------------------------------------------------------------------

function suggest(input, number) {
  const list = element("ul", "", { id: `names-${number}`, role: "listbox", class: "names" });
  list.hidden = true;
  input.after(list);
  for (const [key, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id })) input.setAttribute(key, value);
  let timer = 0;
  let at = -1;
  const close = () => {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    const rows = list.children;
    rows[at]?.setAttribute("aria-selected", "false");
    at = (next + rows.length) % rows.length;
    rows[at].setAttribute("aria-selected", "true");
    rows[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", rows[at].id);
  };
  const take = (row) => { input.value = row.dataset.id; close(); input.form.requestSubmit(); };
  const ask = async () => {
    const text = input.value.trim();
    if (!text) { close(); return; }
    const reply = await fetch(`/api/v1/entities?limit=8&q=${encodeURIComponent(text)}`);
    if (!reply.ok || input.value.trim() !== text) return;
    const { rows } = await reply.json();
    list.replaceChildren(...rows.map((row, place) => {
      const item = element("li", row.name, { role: "option", "aria-selected": "false",
        id: `${list.id}-${place}`, "data-id": row.id });
      item.append(element("span", ` ${row.kind_name}${row.full_name !== row.name
        ? ` · ${row.full_name}` : ""}`, { class: "muted small" }));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(item); });
      return item;
    }));
    at = -1;
    list.hidden = !rows.length;
    input.setAttribute("aria-expanded", String(rows.length > 0));
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at < 0 ? list.children.length - 1 : at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") take(list.children[Math.max(at, 0)]);
    else return;
    event.preventDefault();
  });
}

[...page.querySelectorAll("[data-suggest]")].forEach(suggest);
if (canvas) {
  data = JSON.parse(document.getElementById("data").textContent);
  try {
    draw();
    document.getElementById("waiting").remove();
    listen();
    globalThis.explorer = cy; // for who measures how quickly it is drawn
  } catch (error) {
    document.getElementById("waiting").textContent = words.failed;
    throw error;
  }
}
