// One sourced record from the page: what it would change is shown before it is written.
import { signIn } from "./signing.js";

const LOOK = 300; // milliseconds between two looks at a job
document.documentElement.classList.add("scripts");
const say = (zh, en) => (document.documentElement.lang === "en" ? en : zh);

const ask = async (path, body) => {
  const reply = await fetch(path, { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" } });
  return [reply.status, await reply.json()];
};

const record = (form) => {
  const values = {};
  let kind = form.dataset.kind, source = "";
  for (const [name, value] of new FormData(form)) {
    if (name === "kind") kind = value;
    else if (name === "source") source = value.trim();
    else if (value.trim()) values[name] = value.trim();
  }
  return { kind, values, source };
};

// What the person stands on first: this segment here, then in the wider regions (they come before
// the narrower ones), then what else changes here.
const sorted = (form, changes) => {
  const { id, region } = form.dataset;
  const here = (one) => one.region === region;
  const first = changes.findIndex((one) => one.id === id && here(one));
  const rank = (one, place) => (one.id === id && here(one) ? 0 : one.id === id && place < first ? 1
    : one.id === id ? 2 : here(one) ? 3 : 4);
  return changes.map((one, place) => [rank(one, place), place, one])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , one]) => one);
};

const READING = () => say("只能看：要录入，请用启动时显示的链接打开，或向管理员要密钥。",
  "Reading only: to write, open the link shown at start, or ask the administrator for a key.");

const tell = (form, ...parts) => form.querySelector("output").replaceChildren(...parts);
const line = (text, css = "") => {
  const p = document.createElement("p");
  p.textContent = text;
  p.className = css;
  return p;
};

const refused = (form, problem) => {
  const kind = problem.type?.split("/").pop() ?? "";
  const reading = kind.endsWith("key-needed") || kind.endsWith("not-allowed");
  const nodes = [line(reading ? READING() : problem.detail, "fault")];
  if (reading) {
    const label = document.createElement("label"), key = document.createElement("input");
    const button = document.createElement("button");
    label.append(say("密钥", "Key"), key);
    key.type = "password";
    key.autocomplete = "off";
    button.type = "button";
    button.textContent = say("登录", "Sign in");
    button.addEventListener("click", async () => {
      const problem = await signIn(key.value);
      if (problem) refused(form, problem);
      else { tell(form); look(form); }
    });
    nodes.push(label, button);
  }
  tell(form, ...nodes);
};

// Said at once, before anything is typed.
const look = async (form) => {
  const reply = await fetch("/api/v1/me").catch(() => null);
  const who = reply?.ok ? await reply.json() : { may_write: !reply };
  if (!who.may_write) refused(form, { type: "key-needed" });
};

const preview = async (form) => {
  form.setAttribute("aria-busy", "true");
  try {
    const [status, found] = await ask("/api/v1/records/preview", record(form));
    if (status !== 200) { refused(form, found); return; }
    if (found.report.problems.length) {
      tell(form, ...found.report.problems.map((one) => line(
        `${one.column ? one.column + say("：", ": ") : ""}${one.reason}`
        + (one.nearest?.length ? say("；最接近的是 ", "; nearest: ") + [one.nearest].flat().join("、")
          : ""), "fault")));
      return;
    }
    const words = JSON.parse(form.dataset.words);
    const changes = sorted(form, found.changes).map((one) => line(
      `${one.region} · ${one.segment}${say("：", ": ")}${words[one.before]} → ${words[one.after]}`));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "main";
    button.textContent = say("确认录入", "Write it");
    button.addEventListener("click", () => write(form, changes.slice(0, 12)));
    tell(form, line(changes.length ? say("录入后，今天的这些判定会变：", "These verdicts of today would change:")
      : say("录入后今天的判定都不变，只多一条证据。", "No verdict of today would change; one more record."),
    "muted"), ...changes.slice(0, 12),
    ...(changes.length > 12 ? [line(say(`共 ${changes.length} 个`, `${changes.length} in all`))] : []),
    button);
    button.focus();
  } catch {
    tell(form, line(say("连不上服务器，请再试一次", "The server cannot be reached"), "fault"));
  } finally {
    form.removeAttribute("aria-busy");
  }
};

const written = (form, source, changed) => {
  const again = document.createElement("button"), back = document.createElement("button");
  again.type = back.type = "button";
  again.textContent = say("看新的判定", "See the new verdict");
  again.addEventListener("click", () => location.reload());
  back.textContent = say("收回", "Take back");
  back.addEventListener("click", () => {
    const sure = document.createElement("button");
    sure.type = "button";
    sure.textContent = say("确定收回", "Take it back");
    sure.addEventListener("click", () => retract(form, source));
    tell(form, line(say(`收回「${source}」说过的一切？历史仍在。`,
      `Take back everything that “${source}” says? Its history stays.`)), sure, again);
    sure.focus();
  });
  tell(form, line(say("已录入。来源：", "Written. Source: ") + source),
    ...(changed.length ? changed : [line(say("今天的判定都没有变，多了一条证据。",
      "No verdict of today changed; one more record."), "muted")]), again, back);
  again.focus();
};

const ended = async (job) => {
  while (job.state === "waiting" || job.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    job = await (await fetch(`/api/v1/loads/${job.id}`)).json();
  }
  return job;
};

const retract = async (form, source) => {
  tell(form, line(say("正在收回…", "Taking back …")));
  try {
    const path = source.split("/").map(encodeURIComponent).join("/");
    const reply = await fetch(`/api/v1/sources/${path}`, { method: "DELETE" });
    const job = reply.ok ? await ended(await reply.json()) : await reply.json();
    tell(form, line(job.state === "done" ? say(`已收回 ${job.report?.retracted ?? ""} 条。`,
      `${job.report?.retracted ?? ""} records taken back.`) : job.error?.detail ?? job.detail ?? job.note));
  } catch {
    tell(form, line(say("连不上服务器，请再试一次", "The server cannot be reached"), "fault"));
  }
};

const write = async (form, changed) => {
  form.setAttribute("aria-busy", "true");
  tell(form, line(say("正在录入…", "Writing …")));
  try {
    let [status, job] = await ask("/api/v1/records", record(form));
    if (status >= 400) { refused(form, job); return; }
    job = await ended(job);
    if (job.state !== "done" || !job.written) {
      tell(form, line(job.error?.detail ?? job.note ?? say("没有写进去", "Not written"), "fault"));
      return;
    }
    written(form, record(form).source, changed);
  } catch {
    tell(form, line(say("连不上服务器，请再试一次", "The server cannot be reached"), "fault"));
  } finally {
    form.removeAttribute("aria-busy");
  }
};

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-record]");
  if (!form) return;
  event.preventDefault();
  preview(form);
}, { capture: true });
document.addEventListener("toggle", (event) => {
  const form = event.target.open && event.target.querySelector?.("form[data-record]");
  if (form) look(form);
}, { capture: true });
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-record]");
  if (form && !event.target.closest("output")) tell(form);
});
