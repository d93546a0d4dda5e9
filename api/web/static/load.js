// Loading a table: its headings are matched, a try shows what is wrong, then it is written.
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const at = (id) => document.getElementById(id);
const LEFT_OUT = "-";

let file = null;
let found = null;

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (document.documentElement.lang === "en" && /[\u4e00-\u9fff]/.test(text)) made.lang = "zh";
  return made;
}

async function send(address, method = "POST", body = undefined) {
  const reply = await fetch(address, { method, body,
    headers: body === undefined ? {} : { "Content-Type": "application/octet-stream" } })
    .catch(() => { throw new Error(body === undefined ? say("连不上服务器", "The server cannot be reached")
      : say("文件没有传上去：它改过了，请再选一次", "The file was not sent: it has changed, choose it again")); });
  if (reply.ok) return reply;
  const problem = await reply.json().catch(() => ({ detail: reply.statusText }));
  const errors = (problem.errors ?? []).map((one) => one.reason).filter(Boolean);
  throw new Error([problem.detail, ...errors].join("；"));
}

function query(values) {
  const said = new URLSearchParams();
  for (const [name, value] of values) if (value) said.append(name, value);
  if (english) said.append("lang", "en");
  return said.toString();
}

// --- headings ------------------------------------------------------------------------------------

// Kept by the server with the name of the source, for whoever loads its next table.
async function remember() {
  const column = chosen().indexOf("source");
  const source = constant("source") || found.columns[column]?.samples[0]?.trim();
  if (!source) return;
  const columns = Object.fromEntries(found.columns.map((column, place) => [column.text, chosen()[place]]));
  await fetch("/load/remembered", { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ source: source.slice(0, 200), kind: found.kind, columns }) }).catch(() => {});
}

const selects = () => [...at("matches").querySelectorAll("select")];
const chosen = () => selects().map((select) => select.value);

async function choose(picked, kind = "", sheet = "", head = "") {
  file = picked;
  at("name").textContent = picked.name;
  at("result").hidden = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const reply = await send(`/load/headings?${query([
      ["file", picked.name], ["kind", kind], ["sheet", sheet], ["head", head], ["source", constant("source")]])}`,
    "POST", picked);
    found = await reply.json();
    show();
  } catch (error) {
    at("columns").hidden = true;
    at("result").hidden = false;
    at("write").hidden = true;
    at("told").replaceChildren(element("p", error.message, { class: "fault" }));
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function show() {
  at("kind").disabled = false;
  at("kind").value = found.kind;
  at("sheets").hidden = found.sheets.length < 2;
  at("sheet").replaceChildren(...found.sheets.map((name) => element("option", name)));
  at("sheet").value = found.sheet;
  at("heads").hidden = false;
  at("head").value = found.head;
  at("headed").textContent = say(`第 ${found.head} 行是表头`, `Row ${found.head} holds the headings`)
    + (found.head > 1 ? say("，它上面的不装", "; what is above is left out") : "");
  at("matches").replaceChildren(...found.columns.map(match));
  at("before").hidden = !found.source;
  at("before").textContent = say(`已按「${found.source}」上次确认的对上，请再看一眼。`,
    `Matched as confirmed for “${found.source}”; have one more look.`);
  at("columns").hidden = false;
  check();
}

function match(column, place) {
  const row = element("tr");
  const select = element("select", "", {
    "aria-label": say(`「${column.text}」是什么`, `What “${column.text}” means`) });
  select.append(element("option", say("（不装入）", "(leave this column out)"), { value: LEFT_OUT }));
  const near = new Set(column.near);
  const fields = [...found.fields].sort((a, b) => near.has(b.name) - near.has(a.name));
  for (const field of fields) {
    select.append(element("option", field.label + (field.required ? " *" : ""), { value: field.name }));
  }
  select.value = [column.before, column.field].find(
    (name) => name && [...select.options].some((one) => one.value === name)) ?? LEFT_OUT;
  const told = element("span", "", { class: "muted small" });
  const explain = () => {
    const field = found.fields.find((one) => one.name === select.value);
    const like = fields.filter((one) => near.has(one.name)).map((one) => one.label);
    told.textContent = field ? field.comment : like.length && !column.field
      ? say(`没认出来，先不装入；最像的是：${like.join("、")}`,
        `Not known, so left out; nearest: ${like.join(", ")}`)
      : say("不装入", "Left out");
  };
  select.addEventListener("change", () => { explain(); check(); });
  explain();
  const meaning = element("td", "", { "data-head": say("是什么", "Means") });
  meaning.append(select, told);
  row.append(element("th", column.text, { scope: "row", id: `column-${place}` }),
    element("td", column.samples.join(say("；", "; ")), { "data-head": say("表里写的", "Values") }),
    meaning);
  return row;
}

function check() {
  const used = chosen().filter((name) => name !== LEFT_OUT);
  const doubled = used.filter((name, place) => used.indexOf(name) !== place);
  const label = (name) => found.fields.find((field) => field.name === name)?.label ?? name;
  const lacking = found.fields.filter((field) => field.required && !used.includes(field.name)
    && !constant(field.name)).map((field) => field.label);
  const said = [];
  if (doubled.length) said.push(say(`有两列都说是「${label(doubled[0])}」`, `Two columns mean “${label(doubled[0])}”`));
  if (lacking.length) said.push(say(`还缺：${lacking.join("、")}`, `Still missing: ${lacking.join(", ")}`));
  at("missing").textContent = said.join(say("；", "; "));
  at("missing").hidden = !said.length;
  at("try").disabled = said.length > 0;
  at("write").hidden = true;
}

const constants = () => [...at("constants").querySelectorAll("input, select")];
const constant = (name) => constants().find((one) => one.name === name)?.value.trim() ?? "";

// --- a job ---------------------------------------------------------------------------------------

function follow(job, tell) {
  return new Promise((done, failed) => {
    const events = new EventSource(job.links.events);
    const end = (said) => { events.close(); done(said); };
    events.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
    events.addEventListener("done", (event) => end(JSON.parse(event.data)));
    events.addEventListener("error", async () => {
      if (events.readyState !== EventSource.CLOSED) return; // it comes back by itself
      try {
        const reply = await send(job.links.self, "GET");
        end(await reply.json());
      } catch (error) { failed(error); }
    });
  });
}

const progress = (dry) => (job) => {
  const rows = job.progress?.rows;
  at("told").replaceChildren(element("p", job.note || (rows
    ? say(`已读 ${rows} 行…`, `${rows} rows read…`) : dry ? say("正在检查…", "Checking…")
      : say("正在写入…", "Writing…")), { class: "muted" }));
};

async function load(dry) {
  at("result").hidden = false;
  at("write").hidden = true;
  at("try").disabled = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const fixed = constants().filter((one) => one.value.trim()).map(
      (one) => ["constant", `${one.name}=${one.value.trim()}`]);
    const rewritten = await send(`/load/rewritten?${query([
      ["file", file.name], ["kind", found.kind], ["sheet", found.sheet], ["head", found.head],
      ...chosen().map((name) => ["field", name]), ...fixed])}`, "POST", file);
    const sources = JSON.parse(decodeURIComponent(rewritten.headers.get("Xianglian-Sources") ?? "[]"));
    const stem = file.name.replace(/\.[^.]*$/, "").slice(0, 60);
    const reply = await send(`/api/v1/loads?${new URLSearchParams({
      file: `${stem}.csv`, named: file.name.slice(-120), kind: found.kind, dry_run: String(dry),
      keep_good: String(at("keep").checked) })}`, "POST", await rewritten.blob());
    const job = await follow(await reply.json(), progress(dry));
    report(job, dry, sources);
    if (!dry) {
      if (job.written) await remember();
      recent();
    }
  } catch (error) {
    at("told").replaceChildren(element("p", error.message, { class: "fault" }));
  } finally {
    at("try").disabled = false;
    document.body.removeAttribute("aria-busy");
  }
}

function report(job, dry, sources) {
  if (job.state !== "done") {
    at("told").replaceChildren(element("p", job.error?.detail ?? job.note, { class: "fault" }));
    return;
  }
  const told = job.report;
  const bad = told.problems.length;
  const good = told.loaded + told.merged + told.unchanged;
  const head = job.written ? say("已写入。", "Written.")
    : bad && dry && good && at("keep").checked
      ? say(`有错的 ${told.rejected} 行会跳过，其余 ${good} 行可以写入。`,
        `${told.rejected} wrong rows will be skipped, the other ${good} can be written.`)
    : bad ? say("没有写入：先改下面的问题，或勾选跳过有错的行。", "Nothing written: mend these, or skip wrong rows.")
      : dry ? say("没有问题，可以写入。", "No faults; it can be written.") : say("没有变化。", "Nothing changed.");
  const counts = say(
    `共 ${told.rows} 行：可以装入 ${told.loaded}，未变 ${told.unchanged}，合并 ${told.merged}，要改 ${told.rejected}；收回旧记录 ${told.retracted} 条。`,
    `${told.rows} rows: ${told.loaded} load, ${told.unchanged} unchanged, ${told.merged} merged, ${told.rejected} to mend; ${told.retracted} old records retracted.`);
  const parts = [element("p", head, { class: bad && !job.written ? "fault" : "lead" }), element("p", counts)];
  if (job.written) parts.push(onward(), ...sources.map(undo));
  if (bad) parts.push(problems(told.problems), kept(job));
  for (const warning of told.warnings) parts.push(element("p", warning, { class: "muted small" }));
  at("told").replaceChildren(...parts);
  at("write").hidden = !(dry && good && (!bad || at("keep").checked));
  if (job.written && constant("source")) at("retract").elements.name.value = constant("source");
}

function onward() { // where what was written is seen
  const line = element("p");
  for (const [path, name] of [["/", say("看产业链", "See the chains")], ["/firms", say("看企业", "See the firms")]]) {
    line.append(element("a", name, { href: english ? `${path}?lang=en` : path }), " ");
  }
  return line;
}

function undo(source) { // what was just written is taken back without typing its name
  const line = element("p", say(`来源「${source}」`, `Source “${source}” `), { class: "inline" });
  const button = element("button", say("收回这次装入的", "Take this back"), { type: "button" });
  button.addEventListener("click", () => { certain(source, line); }, { once: true });
  line.append(button);
  return line;
}

function problems(rows) {
  const table = element("table", "", { class: "list stack" });
  const heads = [say("行", "Row"), say("列", "Column"), say("写的是", "Says"), say("为什么不行", "Why not"), say("最接近的", "Nearest")];
  const head = element("tr");
  head.append(...heads.map((text) => element("th", text, { scope: "col" })));
  const thead = element("thead");
  thead.append(head);
  const body = element("tbody");
  for (const row of rows.slice(0, 200)) {
    const line = element("tr");
    [row.row ?? "", mine(row.column), row.value, row.reason, row.nearest.join("、")].forEach(
      (text, place) => line.append(element("td", String(text), { "data-head": heads[place] })));
    body.append(line);
  }
  table.append(thead, body);
  return table;
}

function kept(job) { // the same table as a file
  const line = element("p", say("下载", "Download"), { class: "files" });
  const headings = found.columns.map((column, place) => ["heading", `${chosen()[place]}=${column.text}`])
    .filter(([, text]) => !text.startsWith(`${LEFT_OUT}=`));
  for (const [ending, name] of [["xlsx", "Excel"], ["csv", "CSV"]]) {
    line.append(" ", element("a", name, { download: "",
      href: `/load/problems.${ending}?${query([["job", job.id], ...headings])}` }));
  }
  return line;
}

function mine(column) { // the person's own heading for the template's
  const name = /\(([^()]*)\)$/.exec(column)?.[1];
  const place = chosen().indexOf(name);
  return place < 0 ? column : found.columns[place].text;
}

// --- taking back, and what was written -----------------------------------------------------------

function sure(event) {
  event.preventDefault();
  certain(at("retract").elements.name.value.trim(), at("retracted"));
}

function certain(name, told) {
  const button = element("button", say("确定收回", "Take it back"), { type: "button" });
  button.addEventListener("click", () => retract(name, told));
  told.replaceChildren(say(`收回「${name}」说过的一切？历史仍在。`,
    `Take back everything that “${name}” says? Its history stays.`), " ", button);
  button.focus();
}

async function retract(name, told) {
  try {
    const path = name.split("/").map(encodeURIComponent).join("/");
    const reply = await send(`/api/v1/sources/${path}`, "DELETE");
    told.textContent = say("正在收回…", "Taking back…");
    const job = await follow(await reply.json(), () => {});
    told.textContent = job.state === "done"
      ? say(`已收回 ${job.report?.retracted ?? ""} 条。`, `${job.report?.retracted ?? ""} records taken back.`)
      : job.error?.detail ?? job.note;
    recent();
  } catch (error) { told.textContent = error.message; }
}

async function recent() {
  const reply = await fetch("/api/v1/loads?limit=20");
  if (!reply.ok) return;
  const { rows } = await reply.json();
  const words = { load: say("装入", "load"), add: say("录入", "add"), retract: say("收回", "take back"),
    waiting: say("排队", "waiting"), running: say("在做", "running"), done: say("做完", "done"),
    failed: say("没做成", "failed"), lost: say("中断", "lost") };
  const kept = rows.filter((job) => !job.asks.dry_run);
  if (!kept.length) return;
  at("jobs").replaceChildren(...kept.map((job) => element("li",
    `${job.asked.replace("T", " ").slice(0, 16)} ${words[job.what]} ${job.asks.named ?? job.asks.file ?? job.asks.name ?? job.asks.kind} · ${words[job.state]} · ${job.by}`)));
}

async function rights() {
  const reply = await fetch("/api/v1/me");
  const who = reply.ok ? await reply.json() : { may_write: false };
  at("rights").hidden = who.may_write;
  at("file").disabled = !who.may_write;
  at("drop").classList.toggle("muted", !who.may_write);
  if (who.may_write) recent();
}

async function enter(event) {
  event.preventDefault();
  const reply = await fetch("/open", { method: "POST",
    headers: { Authorization: `Bearer ${at("key").value.trim()}` } });
  at("refused").textContent = reply.ok ? "" : (await reply.json()).detail;
  if (reply.ok) { at("key").value = ""; rights(); }
}

at("file").addEventListener("change", () => {
  const [picked] = at("file").files;
  at("file").value = ""; // so that the same file, mended, can be chosen again
  if (picked) choose(picked);
});
at("kind").addEventListener("change", () => choose(file, at("kind").value, at("sheet").value, at("head").value));
at("head").addEventListener("change", () => choose(file, "", at("sheet").value, at("head").value));
at("sheet").addEventListener("change", () => choose(file, "", at("sheet").value));
at("constants").addEventListener("change", (event) => {
  const known = [...at("known").options].some((one) => one.value === event.target.value);
  if (found && event.target.name === "source" && known) choose(file, found.kind, found.sheet, found.head);
});
at("constants").addEventListener("input", () => { if (found) check(); });
at("try").addEventListener("click", () => load(true));
at("write").addEventListener("click", () => load(false));
at("keep").addEventListener("change", () => { at("write").hidden = true; });
at("retract").addEventListener("submit", sure);
at("rights").addEventListener("submit", enter);
for (const name of ["dragover", "drop"]) {
  at("load").addEventListener(name, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0] && !at("file").disabled) choose(event.dataTransfer.files[0]);
  });
}
rights();
