// @ts-check
// The last page of a connect popup. The target origin is "*" as on the real
// page: it cannot know who opened it, and the message holds no secret.

const page = document.querySelector("[data-messages]");
if (page instanceof HTMLElement) {
  /** @type {unknown[]} */
  const messages = JSON.parse(page.dataset.messages ?? "[]");
  for (const message of messages) window.opener?.postMessage(message, "*");
  if (page.dataset.close !== undefined) window.close();
}
