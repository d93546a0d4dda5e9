// A form of choices: each takes effect at once, and the address holds only what was chosen.
export const go = (form) => {
  const said = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...said]) if (!value.trim()) said.delete(name);
  document.body.setAttribute("aria-busy", "true");
  location.href = `${form.getAttribute("action")}?${said}`;
};

for (const form of document.querySelectorAll("[data-choose]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); go(form); });
  form.addEventListener("change", (event) => {
    const field = event.target;
    if (field.type === "range" || field.matches("input:not([type=checkbox])")) return;
    if (field.dataset.clears) form.elements[field.dataset.clears].value = "";
    go(form);
  });
  form.querySelector("button").classList.add("spare");
}
