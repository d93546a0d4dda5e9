// The panorama: choices take effect at once, a segment opens beside the picture.
import { go } from "./choose.js";

// The address tells all that is shown, so that it can be handed on.
const said = new URLSearchParams(location.search);
if (!said.has("chain") || !said.has("region"))
  history.replaceState(null, "", document.querySelector("link[rel=canonical]").href);

const form = document.querySelector("[data-choose]");
const picture = document.querySelector("[data-picture]");
const panel = document.querySelector("[data-panel]");
const body = panel.querySelector("[data-body]");
const slim = matchMedia("(max-width: 700px)");

// --- the slider ---
const slide = form.querySelector("[data-slide]");
const range = slide.querySelector("input");
slide.hidden = false;
const at = form.elements.at;
range.addEventListener("input", () => {
  at.value = range.value === range.max ? "" : range.value;
});
range.addEventListener("change", () => go(form));

// --- one picture for the width of the screen ---
const fit = () => {
  const spare = picture.querySelector("template");
  const shown = picture.querySelector("svg");
  if (!spare || !shown) return;
  const narrow = shown.viewBox.baseVal.width < 700;
  if (narrow === slim.matches) return;
  const other = spare.content.firstElementChild;
  shown.replaceWith(other);
  spare.content.append(shown);
};
slim.addEventListener("change", fit);
fit();

// --- a segment beside the picture ---
let opener = null;
const mark = (id) => {
  for (const card of picture.querySelectorAll("[data-segment]"))
    card.classList.toggle("open", card.dataset.segment === id);
};
const close = () => {
  panel.hidden = true;
  mark(null);
  remember(null);
  opener?.focus();
};
const remember = (segment) => {
  const here = new URL(location.href);
  if (segment) here.searchParams.set("open", segment); else here.searchParams.delete("open");
  history.replaceState(null, "", here);
};
const open = async (link) => {
  const address = new URL(link.href?.baseVal ?? link.href, location.href);
  const whole = address.href;
  address.searchParams.set("part", "panel");
  opener = link;
  panel.setAttribute("aria-busy", "true");
  panel.hidden = false;
  try {
    const reply = await fetch(address, { headers: { Accept: "text/html" } });
    if (!reply.ok) throw new Error(reply.status);
    body.innerHTML = await reply.text();
    const id = decodeURIComponent(address.pathname.replace("/segment/", ""));
    mark(`Segment:${id}`);
    remember(`Segment:${id}`);
    panel.scrollTop = 0;
    panel.focus({ preventScroll: !slim.matches });
  } catch {
    location.href = whole; // the page of its own says what is wrong
  } finally {
    panel.removeAttribute("aria-busy");
  }
};
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest?.("a[data-segment], a[data-open]");
  if (!link) return;
  event.preventDefault();
  open(link);
});
panel.querySelector("[data-close]").addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) close();
});
const asked = new URLSearchParams(location.search).get("open");
if (asked) mark(asked);
