// @ts-check

/**
 * Quick versions of what pages do anyway: fetch the same page, take the part
 * that changed. The server draws everything; nothing is drawn here.
 *
 * @module
 */

const TYPING_PAUSE_MS = 250;
const SPEAKING_PAUSE_MS = 50;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let speaking;

/** @typedef {{createHTML: (text: string) => string}} HTMLPolicy */

/**
 * The one Trusted Types policy of this product, named in the content security
 * policy. It lets through what it gets, which is safe for this one use: pages of
 * our own origin, parsed into a document whose scripts never run.
 */
const policy = makePolicy();

/** @returns {HTMLPolicy} */
function makePolicy() {
	const factory = /** @type {{trustedTypes?: {createPolicy(name: string, rules: HTMLPolicy): HTMLPolicy}}} */ (globalThis).trustedTypes;
	const rules = { createHTML: (/** @type {string} */ text) => text };
	return factory?.createPolicy('zapembed', rules) ?? rules;
}

/**
 * Reads out a sentence, politely. A sentence that is read twice must be new to
 * the region, hence the empty moment.
 *
 * @param {string | null | undefined} sentence
 */
export function announce(sentence) {
	const region = document.querySelector('[data-live-region]');
	if (!region || !sentence) return;
	region.textContent = '';
	// Not the next frame: a page behind its popup draws none, and would stay silent.
	clearTimeout(speaking);
	speaking = setTimeout(() => {
		region.textContent = sentence.trim().replace(/\s+/g, ' ');
	}, SPEAKING_PAUSE_MS);
}

/**
 * Fetches a page of ours and puts its part of that name in the place of the one
 * shown. It tells the document, so that the controls in the new part come to life.
 *
 * @param {Element} part  an element with data-live
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<boolean>} whether the part was replaced
 */
export async function refresh(part, url, signal) {
	let answer = await fetchPage(url, { signal });
	while (answer?.wait && !signal?.aborted) {
		await sleep(answer.wait);
		answer = await fetchPage(url, { signal });
	}
	return !signal?.aborted && replace(part, answer?.page);
}

/**
 * @param {Element} part
 * @param {Document} [page]
 * @returns {boolean} whether the page had a part of that name, which now stands in the place of the one shown
 */
export function replace(part, page) {
	const fresh = counterpart(part, page);
	if (!fresh || !part.isConnected) return false;
	swap(part, fresh);
	const kept = document.querySelector('[data-live="kept"]');
	const now = kept && counterpart(kept, page);
	// What is said already is not said again.
	if (kept && now && sinceOf(kept) !== sinceOf(now)) swap(kept, now);
	return true;
}

/**
 * @param {Element} part
 * @param {Element} fresh
 */
function swap(part, fresh) {
	copyAttributes(fresh, part);
	part.replaceChildren(...fresh.childNodes);
	enliven(part);
}

/** @param {Element} part  has new elements, whose controllers are to come */
function enliven(part) {
	part.dispatchEvent(new CustomEvent('zapembed:refreshed', { bubbles: true }));
}

/** @param {Element} kept  says from when the page is, if it is from before */
function sinceOf(kept) {
	return kept.querySelector('time')?.dateTime;
}

/**
 * @param {Element} part
 * @param {Document} [page]
 * @returns {HTMLElement | null} the part of that name in another page
 */
export function counterpart(part, page) {
	return page?.querySelector(`[data-live="${CSS.escape(part.getAttribute('data-live') ?? '')}"]`) ?? null;
}

/**
 * A page of ours, which may explain an error, and where it was found. `wait` is after how many seconds asking again may
 * help, 0 if nobody knows; one that refreshes loads itself anew.
 *
 * @typedef {{page: Document, url: string, ok: boolean, redirected: boolean, refreshes: boolean, wait: number}} Answer
 */

/**
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<Answer | null>}
 */
export async function fetchPage(url, init) {
	try {
		const response = await fetch(url, { headers: { Accept: 'text/html' }, ...init });
		const text = await response.text();
		const page = new DOMParser().parseFromString(policy.createHTML(text), 'text/html');
		const { ok, redirected, headers } = response;
		/** @type {HTMLElement | null} */
		const waiting = page.querySelector('[data-again]');
		const wait = ok ? 0 : Number(waiting?.dataset.again ?? headers.get('Retry-After'));
		return { page, url: response.url, ok, redirected, refreshes: headers.has('Refresh'), wait };
	} catch {
		// Without network the page stays as it is, which is still true.
		return null;
	}
}

/** @param {number} seconds */
export function sleep(seconds) {
	return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/**
 * @param {HTMLFormElement} form
 * @returns {URLSearchParams} what it sends
 */
export function bodyOf(form) {
	const body = new URLSearchParams();
	for (const [name, value] of new FormData(form)) body.append(name, String(value));
	return body;
}

/**
 * @param {Element} from
 * @param {Element} to
 */
export function copyAttributes(from, to) {
	for (const { name } of [...to.attributes]) if (!from.hasAttribute(name)) to.removeAttribute(name);
	for (const { name, value } of from.attributes) to.setAttribute(name, value);
}

/**
 * Says beside a form why what was asked for has not come.
 *
 * @param {HTMLElement | null} note
 * @param {Document} [page]  what came instead; one that is not ours explains nothing
 * @param {boolean} [quiet]  nobody has asked for it anew
 */
export function showProblem(note, page, quiet = false) {
	const sentence = note?.querySelector('[data-sentence]');
	if (!note || !sentence) return;
	note.dataset.unexplained ??= sentence.textContent;
	sentence.textContent = page?.querySelector('[data-testid="error"] [data-sentence]')?.textContent ?? note.dataset.unexplained;
	showTime(note, page);
	note.hidden = false;
	if (!quiet) announce(note.textContent);
}

/**
 * Says from when what was asked for is tried again by itself, where what came instead knows that.
 *
 * @param {HTMLElement} note
 * @param {Document} [page]
 */
function showTime(note, page) {
	/** @type {HTMLElement | null} */
	const when = note.querySelector('[data-when]');
	if (!when) return;
	const time = /** @type {HTMLTimeElement | undefined} */ (page?.querySelector('[data-testid="error"] p > time')?.cloneNode(true));
	when.dataset.unexplained ??= when.textContent;
	when.replaceChildren(time ?? when.dataset.unexplained);
	if (!time) return;
	time.dataset.text = when.dataset.text;
	enliven(when);
}

/**
 * Searches while somebody types. The form itself works without this. A search that
 * fails says so beside the form and leaves what was typed as it is.
 */
export class Search {
	#form;
	/** @type {HTMLElement | null} */
	#problem;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#running = new AbortController();

	/** @param {HTMLFormElement} form */
	constructor(form) {
		this.#form = form;
		this.#problem = form.querySelector('[data-search-problem]');
		form.addEventListener('input', () => this.#later(TYPING_PAUSE_MS));
		form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#later(0);
		});
	}

	/**
	 * @param {number} ms
	 * @param {boolean} [again]  by itself
	 */
	#later(ms, again) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#search(again), ms);
	}

	/** @param {boolean} [again] */
	async #search(again) {
		this.#running.abort();
		const running = new AbortController();
		this.#running = running;
		const url = this.#url();
		const list = document.querySelector('[data-live="apps"]');
		if (!list) return;
		list.setAttribute('aria-busy', 'true');
		const answer = await fetchPage(url, { signal: running.signal });
		if (running.signal.aborted) return;
		list.removeAttribute('aria-busy');
		if (!replace(list, answer?.page)) {
			showProblem(this.#problem, answer?.page, again);
			if (answer?.wait) this.#later(answer.wait * 1000, true);
			return;
		}
		this.#problem?.setAttribute('hidden', '');
		history.replaceState(null, '', url);
		announce(list.getAttribute('data-announce') ?? undefined);
	}

	/** @returns {string} the address the form would go to, without its empty fields */
	#url() {
		const query = new URLSearchParams();
		for (const [name, value] of new FormData(this.#form)) {
			if (typeof value === 'string' && value !== '') query.set(name, value);
		}
		const url = new URL(this.#form.action);
		url.search = query.toString();
		return url.href;
	}
}
