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

const tell = (form, ...parts) => form.querySelector("output").replaceChildren(...parts);
const line = (text, css = "") => {
  const p = document.createElement("p");
  p.textContent = text;
  p.className = css;
  return p;
};

const refused = (form, problem) => {
  const nodes = [line(problem.detail, "fault")];
  if (problem.type?.endsWith("key-needed")) {
    const label = document.createElement("label"), key = document.createElement("input");
    const button = document.createElement("button");
    label.append(say("密钥", "Key"), key);
    key.type = "password";
    key.autocomplete = "off";
    button.type = "button";
    button.textContent = say("登录", "Sign in");
    button.addEventListener("click", async () => {
      const problem = await signIn(key.value);
      if (problem) refused(form, problem); else preview(form);
    });
    nodes.push(label, button);
  }
  tell(form, ...nodes);
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
    const changes = found.changes.map((one) => line(
      `${one.region} · ${one.segment}${say("：", ": ")}${words[one.before]} → ${words[one.after]}`));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "main";
    button.textContent = say("确认录入", "Write it");
    button.addEventListener("click", () => write(form));
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

const write = async (form) => {
  form.setAttribute("aria-busy", "true");
  tell(form, line(say("正在录入…", "Writing …")));
  try {
    let [status, job] = await ask("/api/v1/records", record(form));
    if (status >= 400) { refused(form, job); return; }
    while (job.state === "waiting" || job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      job = await (await fetch(`/api/v1/loads/${job.id}`)).json();
    }
    if (job.state !== "done" || !job.written) {
      tell(form, line(job.error?.detail ?? job.note ?? say("没有写进去", "Not written"), "fault"));
      return;
    }
    tell(form, line(say("已录入。来源：", "Written. Source: ") + record(form).source));
    setTimeout(() => location.reload(), 1200);
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
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-record]");
  if (form && !event.target.closest("output")) tell(form);
});
