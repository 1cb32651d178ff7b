// @ts-check

/**
 * Opens a window of another site and reports every sign that something may have
 * happened in it. It never says what happened: a window that reads "closed" may
 * be open (its page cut the link to us), and a message may never come. Whoever
 * listens asks the server.
 *
 * This module imports nothing and can be used by itself.
 *
 * @module
 */

/**
 * Which message counts. All three are compared exactly.
 *
 * @typedef {object} Protocol
 * @property {string} origin  the only origin a message may come from
 * @property {string} type    the only value of `type` in its data
 * @property {string | null} field  where its data carries an id; null when it carries none
 */

/**
 * A sign that something may have happened: `message` (its id may be made up),
 * `focus` (the person came back to this page), `closed` (the handle reads closed).
 *
 * @typedef {{kind: 'message', id: string} | {kind: 'focus'} | {kind: 'closed'}} Evidence
 */

/**
 * How many messages were ignored, by cause.
 *
 * @typedef {{origin: number, source: number, shape: number}} Ignored
 */

/**
 * @typedef {object} WatchOptions
 * @property {Window | null} handle  the window, null when there is no hold on it
 * @property {Protocol} protocol
 * @property {(evidence: Evidence) => void} onEvidence
 * @property {(ignored: Ignored) => void} [onIgnored]  told after each ignored message
 * @property {Window} [view]  the page's own window
 */

const MIN_WIDTH = 480;
const MAX_WIDTH = 1280;
const MAX_HEIGHT = 1024;
/** Room left around the window, so that the page stays visible behind it. */
const MARGIN = 48;
const CLOSED_POLL_MS = 400;
/**
 * How long a closed window's last message may still be on its way. Without this
 * wait "closed" overtakes the message that was sent just before.
 */
const LAST_MESSAGE_MS = 150;
/** Longer ids are nonsense, and not worth a request. */
const MAX_ID_LENGTH = 200;

/**
 * Opens `href` in a window called `name`. Call it in the click itself, before any
 * await: later the browser takes it for an unwanted pop-up. The result's `opened`
 * is false when the browser gave no handle, which does not mean that no window
 * has opened: a page of a closed-off site gets none although one has.
 *
 * @param {Omit<WatchOptions, 'handle'> & {href: string, name: string}} options
 * @returns {Popup}
 */
export function openPopup({ href, name, ...options }) {
	const view = options.view ?? window;
	return new Popup({ ...options, view, handle: view.open(href, name, placement(view)) });
}

/**
 * Watches for a window this page has no hold on: one that was opened before a
 * reload, or by a link. Only coming back to the page can be noticed.
 *
 * @param {Omit<WatchOptions, 'handle'>} options
 * @returns {Popup}
 */
export function watchPopup(options) {
	return new Popup({ ...options, handle: null });
}

/**
 * Whether the page stands inside another one.
 *
 * @param {Window} [view]
 * @returns {boolean}
 */
export function framed(view = window) {
	return view.parent !== view.self;
}

/**
 * Whether a second window makes sense here. On a touch-only device it covers
 * everything, and an installed app has no place for one: there the same tab is better.
 * In a frame it is the only way: the other site does not let itself be shown in one.
 *
 * @param {Window} [view]
 * @returns {boolean}
 */
export function popupsFit(view = window) {
	if (framed(view)) return true;
	const touchOnly = view.matchMedia('(hover: none) and (pointer: coarse)').matches;
	const installed = view.matchMedia('(display-mode: standalone), (display-mode: fullscreen)').matches;
	return !touchOnly && !installed;
}

/**
 * Whether a click means "do it here": the first button, no key held down. Other
 * clicks ask the browser for a tab or a window, and get one.
 *
 * @param {MouseEvent} event
 * @returns {boolean}
 */
export function isPlainClick(event) {
	return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/**
 * The window's size and place: over the middle of the page's window, inside the screen.
 *
 * @param {Window} view
 * @returns {string} the features for window.open
 */
export function placement(view) {
	// availLeft and availTop are not in the standard, and right on every second screen.
	const screen = /** @type {Screen & {availLeft?: number, availTop?: number}} */ (view.screen);
	const width = clamp(screen.availWidth - MARGIN, MIN_WIDTH, MAX_WIDTH);
	const height = Math.min(screen.availHeight - MARGIN, MAX_HEIGHT);
	const minLeft = screen.availLeft ?? 0;
	const minTop = screen.availTop ?? 0;
	const left = clamp(view.screenX + (view.outerWidth - width) / 2, minLeft, minLeft + screen.availWidth - width);
	const top = clamp(view.screenY + (view.outerHeight - height) / 2, minTop, minTop + screen.availHeight - height);
	return `popup,width=${width},height=${height},left=${Math.round(left)},top=${Math.round(top)}`;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
function clamp(value, low, high) {
	return Math.max(low, Math.min(value, high));
}

/**
 * One window, and the signs it gives. Dispose of it when the question it was
 * opened for is answered.
 */
export class Popup {
	/** @type {Ignored} */
	ignored = { origin: 0, source: 0, shape: 0 };

	#options;
	#view;
	#listening = new AbortController();
	/** @type {number | undefined} */
	#timer;

	/** @param {WatchOptions} options */
	constructor(options) {
		this.#options = options;
		this.#view = options.view ?? window;
		const { signal } = this.#listening;
		this.#view.addEventListener('message', (event) => this.#onMessage(event), { signal });
		this.#view.addEventListener('focus', () => this.#onReturn(), { signal });
		const { document } = this.#view;
		document.addEventListener('visibilitychange', () => this.#onReturn(), { signal });
		if (options.handle !== null) this.#watchClosed(options.handle);
	}

	/** Whether the browser gave a handle. */
	get opened() {
		return this.#options.handle !== null;
	}

	/** Whether the window can be brought back to the front. False proves nothing. */
	get alive() {
		return this.#options.handle !== null && !this.#options.handle.closed;
	}

	focus() {
		this.#options.handle?.focus();
	}

	/** Closes the window, where there is still a hold on it. */
	close() {
		if (this.alive) this.#options.handle?.close();
	}

	/** Stops listening. The window stays as it is. */
	dispose() {
		this.#listening.abort();
		this.#view.clearTimeout(this.#timer);
	}

	/** @param {MessageEvent} event */
	#onMessage(event) {
		const { protocol, handle, onEvidence } = this.#options;
		if (event.origin !== protocol.origin) return this.#ignore('origin');
		if (handle === null || event.source !== handle) return this.#ignore('source');
		const id = idOf(event.data, protocol);
		if (id === null) return this.#ignore('shape');
		return onEvidence({ kind: 'message', id });
	}

	/** @param {keyof Ignored} cause */
	#ignore(cause) {
		this.ignored[cause] += 1;
		this.#options.onIgnored?.(this.ignored);
	}

	#onReturn() {
		if (this.#view.document.visibilityState === 'visible') this.#options.onEvidence({ kind: 'focus' });
	}

	/** @param {Window} handle */
	#watchClosed(handle) {
		this.#timer = this.#view.setTimeout(() => {
			if (!handle.closed) return this.#watchClosed(handle);
			this.#timer = this.#view.setTimeout(() => this.#options.onEvidence({ kind: 'closed' }), LAST_MESSAGE_MS);
			return undefined;
		}, CLOSED_POLL_MS);
	}
}

/**
 * The id a message carries: '' when its kind carries none, null when it is not a
 * message of that kind.
 *
 * @param {unknown} data
 * @param {Protocol} protocol
 * @returns {string | null}
 */
function idOf(data, protocol) {
	if (typeof data !== 'object' || data === null) return null;
	const fields = /** @type {Record<string, unknown>} */ (data);
	if (fields.type !== protocol.type) return null;
	if (protocol.field === null) return '';
	const id = fields[protocol.field];
	// Whether Zapier sends a string or a number is not documented (api.md 3.1).
	if (Number.isSafeInteger(id)) return String(id);
	return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH ? id : null;
}
