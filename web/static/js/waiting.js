// @ts-check

import { announce, bodyOf, copyAttributes, fetchPage } from './live.js';
import { framed } from './popup.js';

/**
 * A page that has to wait: it counts down, asks again, and gives way to what it
 * waited for. The server says how long; while it says so again, the page stays
 * where it is, with the focus and the place on it that somebody reads.
 *
 * @module
 */

/** After an answer that never came, in seconds. */
const AFTER_NOTHING = 5;
const SECOND = 1000;

export class Waiting {
	#element;
	/** When there is room, and when to ask. */
	#end = 0;
	#due = 0;

	/** @param {HTMLElement} element */
	constructor(element) {
		this.#element = element;
		// A window's way may lead to another site, which no script can fetch: there the answer's Refresh goes on.
		if (!this.#inWindow) stopRefresh();
		this.#start();
	}

	get #inWindow() {
		return 'window' in this.#element.dataset;
	}

	get #text() {
		return /** @type {HTMLElement | null} */ (this.#element.querySelector('[data-countdown]'));
	}

	#start() {
		const { seconds, again } = this.#element.dataset;
		this.#end = Date.now() + Number(seconds) * SECOND;
		this.#due = Date.now() + Number(again) * SECOND;
		this.#tick();
	}

	#tick() {
		const now = Date.now();
		const text = this.#text;
		const left = Math.max(0, Math.ceil((this.#end - now) / SECOND));
		if (text) text.textContent = (text.dataset.text ?? '').replace('{seconds}', String(left));
		if (now < this.#due) setTimeout(() => this.#tick(), SECOND);
		else if (!this.#inWindow) void this.#ask();
	}

	async #ask() {
		/** @type {HTMLFormElement | null} */
		const form = document.querySelector('[data-testid="repeat"]');
		const answer = await fetchPage(form?.action ?? location.href, form ? { method: 'POST', body: bodyOf(form) } : {});
		if (!answer) return this.#lost();
		// What was sent has done its work, even if the page it leads to has to wait.
		if (form && answer.redirected) return location.replace(answer.url);
		/** @type {HTMLElement | null} */
		const again = answer.page.querySelector('[data-controller="waiting"]');
		if (again) this.#stay(again);
		else give(answer, form !== null);
	}

	/** Without network there is no time to tell, until the next answer says one. */
	#lost() {
		const { offline } = this.#element.dataset;
		const text = this.#text;
		if (text && text.dataset.text !== offline) {
			text.dataset.text = offline;
			announce(offline);
		}
		this.#due = Date.now() + AFTER_NOTHING * SECOND;
		this.#tick();
	}

	/** @param {HTMLElement} again */
	#stay(again) {
		const moved = again.dataset.place !== this.#element.dataset.place;
		copyAttributes(again, this.#element);
		this.#element.replaceChildren(...again.childNodes);
		if (moved) announce(this.#element.querySelector('[data-testid="place"]')?.textContent);
		this.#start();
	}
}

/** Without this the browser loads the page anew under whoever reads it, as it does where no script runs. */
function stopRefresh() {
	if (document.readyState === 'complete') stop();
	else addEventListener('load', () => stop(), { once: true });
}

/**
 * Puts what was waited for in the place of the page. It is not fetched twice, unless it has more to say than its content,
 * or is another one in a frame.
 *
 * @param {import('./live.js').Answer} answer
 * @param {boolean} sent  it answers a form
 */
function give(answer, sent) {
	if (answer.refreshes || framed()) {
		location.replace(answer.url);
		return;
	}
	const drawn = (/** @type {Document} */ page) => [...page.body.children].filter((child) => !child.matches('[data-live-region]'));
	for (const child of drawn(document)) child.remove();
	document.body.append(...drawn(answer.page));
	document.title = answer.page.title;
	if (!sent) history.replaceState(null, '', answer.url);
	document.body.dispatchEvent(new CustomEvent('zapembed:refreshed', { bubbles: true }));
	document.querySelector('main')?.focus({ preventScroll: true });
	announce(document.title);
}

/**
 * Says a time in the visitor's own clock and words.
 *
 * @param {HTMLTimeElement} time
 */
export function tellTime(time) {
	const at = new Date(time.dateTime);
	const { lang } = document.documentElement;
	const near = Math.abs(at.getTime() - Date.now()) < 12 * 3600 * SECOND;
	const words = near ? at.toLocaleTimeString(lang) : at.toLocaleString(lang);
	time.textContent = (time.dataset.text ?? '').replace('{time}', words);
}
