// What every page has: a sign that the next one is being fetched.
const soon = 150; // milliseconds before a wait is worth a sign

let timer = 0;
const wait = () => {
  timer = setTimeout(() => document.body.setAttribute("aria-busy", "true"), soon);
};
addEventListener("submit", (event) => { if (!event.defaultPrevented) wait(); });
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (link && !event.defaultPrevented && event.button === 0 && !event.ctrlKey && !event.metaKey
      && !link.target && !link.hasAttribute("download") && !link.hash
      && link.origin === location.origin) wait();
});
addEventListener("pageshow", () => {
  clearTimeout(timer);
  document.body.removeAttribute("aria-busy");
});
