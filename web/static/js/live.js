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
 * @param {string | undefined} sentence
 */
export function announce(sentence) {
	const region = document.querySelector('[data-live-region]');
	if (!region || !sentence) return;
	region.textContent = '';
	// Not the next frame: a page behind its popup draws none, and would stay silent.
	clearTimeout(speaking);
	speaking = setTimeout(() => {
		region.textContent = sentence;
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
	const page = await fetchPage(url, signal);
	return !signal?.aborted && replace(part, page);
}

/**
 * @param {Element} part
 * @param {Document | null} page
 * @returns {boolean} whether the page had a part of that name, which now stands in the place of the one shown
 */
function replace(part, page) {
	const fresh = page?.querySelector(`[data-live="${CSS.escape(part.getAttribute('data-live') ?? '')}"]`);
	if (!fresh || !part.isConnected) return false;
	copyAttributes(fresh, part);
	part.replaceChildren(...fresh.childNodes);
	part.dispatchEvent(new CustomEvent('zapembed:refreshed', { bubbles: true }));
	return true;
}

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<Document | null>} a page of ours, which may explain an error
 */
async function fetchPage(url, signal) {
	try {
		const response = await fetch(url, { headers: { Accept: 'text/html' }, signal });
		const text = await response.text();
		return new DOMParser().parseFromString(policy.createHTML(text), 'text/html');
	} catch {
		// Without network the page stays as it is, which is still true.
		return null;
	}
}

/**
 * @param {Element} from
 * @param {Element} to
 */
function copyAttributes(from, to) {
	for (const { name, value } of from.attributes) to.setAttribute(name, value);
}

/**
 * Searches while somebody types. The form itself works without this. A search that
 * fails says so beside the form and leaves what was typed as it is.
 */
export class Search {
	#form;
	/** @type {HTMLElement | null} */
	#problem;
	/** What is said of an answer that is not ours. */
	#unexplained;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#running = new AbortController();

	/** @param {HTMLFormElement} form */
	constructor(form) {
		this.#form = form;
		this.#problem = form.querySelector('[data-search-problem]');
		this.#unexplained = this.#problem?.querySelector('[data-sentence]')?.textContent ?? '';
		form.addEventListener('input', () => this.#later(TYPING_PAUSE_MS));
		form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#later(0);
		});
	}

	/** @param {number} ms */
	#later(ms) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#search(), ms);
	}

	async #search() {
		this.#running.abort();
		const running = new AbortController();
		this.#running = running;
		const url = this.#url();
		const list = document.querySelector('[data-live="apps"]');
		if (!list) return;
		list.setAttribute('aria-busy', 'true');
		const page = await fetchPage(url, running.signal);
		if (running.signal.aborted) return;
		list.removeAttribute('aria-busy');
		if (!replace(list, page)) {
			this.#explain(page);
			return;
		}
		this.#problem?.setAttribute('hidden', '');
		history.replaceState(null, '', url);
		announce(list.getAttribute('data-announce') ?? undefined);
	}

	/** @param {Document | null} page  what came instead of a list */
	#explain(page) {
		const sentence = this.#problem?.querySelector('[data-sentence]');
		if (!this.#problem || !sentence) return;
		sentence.textContent = page?.querySelector('[data-testid="error"] [data-sentence]')?.textContent ?? this.#unexplained;
		this.#problem.removeAttribute('hidden');
		announce(this.#problem.textContent.trim().replace(/\s+/g, ' '));
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
