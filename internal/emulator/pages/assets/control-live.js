// @ts-check
// The control page, kept up to date: every part that carries data-live is fetched
// again and exchanged, unless somebody is in it with the keyboard or selects text.

const pause = 2000;
const state = document.querySelector("[data-live-state]");

/** @param {Element} part */
function inUse(part) {
  const selection = getSelection();
  return part.contains(document.activeElement) || (selection?.type === "Range" && selection.containsNode(part, true));
}

async function update() {
  const answer = await fetch("/emulator", { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.statusText);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const name = part.getAttribute("data-live");
    const next = fresh.querySelector(`[data-live="${name}"]`);
    if (!next || next.innerHTML === part.innerHTML || inUse(part)) continue;
    const scrolled = part.querySelector(".scroll")?.scrollTop ?? 0;
    part.replaceChildren(...next.childNodes);
    part.querySelector(".scroll")?.scrollTo(0, scrolled);
  }
}

async function live() {
  let text = "Live";
  if (!document.hidden) await update().catch(() => { text = "The emulator does not answer."; });
  // Said once, when it changes: a status that is set again and again is read aloud again and again.
  if (state && state.textContent !== text) state.textContent = text;
  setTimeout(live, pause);
}

live();
