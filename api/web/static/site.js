// What every page has: a sign that the next one is being fetched, and names while one types.
const SOON = 150; // milliseconds before a wait is worth a sign
const PAUSE = 120; // milliseconds without a key before names are looked up

// --- waiting ---
let timer = 0;
const wait = () => {
  timer = setTimeout(() => document.body.setAttribute("aria-busy", "true"), SOON);
};
addEventListener("submit", (event) => { if (!event.defaultPrevented) wait(); });
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (link && !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey
      && !event.shiftKey && !link.target && !link.hasAttribute("download") && !link.hash
      && link.origin === location.origin) wait();
});
addEventListener("pageshow", () => {
  clearTimeout(timer);
  document.body.removeAttribute("aria-busy");
});

// --- names while one types: Chinese, pinyin, initials, codes ---
const lang = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "";
const placeOf = (id) => {
  const [kind, ...rest] = id.split(":");
  const name = rest.join(":").split("/").map(encodeURIComponent).join("/");
  const more = lang ? "lang=en" : "";
  if (kind === "Chain") return `/?chain=${encodeURIComponent(rest.join(":"))}${more && "&" + more}`;
  const path = kind === "Segment" ? `/segment/${name}` : `/thing/${kind}/${name}`;
  return path + (more && "?" + more);
};

for (const input of document.querySelectorAll("input[data-search]")) {
  const list = document.createElement("ul");
  list.className = "names";
  list.id = "names";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label"));
  list.hidden = true;
  input.closest("form").append(list);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id,
    "aria-expanded": "false" })) input.setAttribute(name, value);

  let at = -1, pause = 0, newest = 0;
  const choose = (to) => {
    at = to;
    [...list.children].forEach((item, number) => {
      item.setAttribute("aria-selected", String(number === at));
      if (number === at) input.setAttribute("aria-activedescendant", item.id);
    });
    if (at < 0) input.removeAttribute("aria-activedescendant");
  };
  const show = (rows) => {
    list.replaceChildren(...rows.map((row, number) => {
      const item = document.createElement("li");
      item.id = `name-${number}`;
      item.setAttribute("role", "option");
      item.dataset.link = placeOf(row.id);
      const kind = document.createElement("small");
      kind.textContent = row.kind_name;
      item.append(row.name, " ", kind);
      return item;
    }));
    list.hidden = !rows.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(-1);
  };
  const look = async () => {
    const words = input.value.trim(), mine = ++newest;
    if (!words || words.length > 30) { show([]); return; }
    try {
      const reply = await fetch(`/api/v1/entities?limit=8&q=${encodeURIComponent(words)}`);
      const found = reply.ok ? (await reply.json()).rows : [];
      if (mine === newest && document.activeElement === input) show(found);
    } catch { show([]); }
  };
  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, PAUSE); });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape") show([]);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose((at + step + (count + 1) + 1) % (count + 1) - 1);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.href = list.children[at].dataset.link;
    }
  });
  list.addEventListener("mousedown", (event) => {
    const item = event.target.closest("li");
    if (item) { event.preventDefault(); location.href = item.dataset.link; }
  });
  input.addEventListener("blur", () => show([]));
}

// On paper nothing is folded away.
addEventListener("beforeprint", () => {
  for (const more of document.querySelectorAll(".lists details, .facts details, .answer details")) more.open = true;
});
