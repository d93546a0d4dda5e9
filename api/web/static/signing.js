// A browser cannot send a key by itself: it is exchanged for a cookie once.

// The problem, or nothing if the key was right.
export const signIn = async (key) => {
  const reply = await fetch("/open", { method: "POST",
    headers: { Authorization: `Bearer ${key.trim()}` } });
  return reply.status === 204 ? null : reply.json();
};

for (const form of document.querySelectorAll("[data-sign-in]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = await signIn(form.elements.key.value);
    if (!problem) location.reload();
    else form.querySelector("output").textContent = problem.detail;
  });
}
