// @ts-check

import { OWN_HEADER } from './api.js';

/** @import { Attempt } from './api.js' */

/**
 * News of this session's attempts, in every tab.
 *
 * The stream is read with fetch, because EventSource cannot send the header that
 * /api asks for. HTTP/1.1 allows six connections to a host, and a stream takes
 * one for good: so one tab holds it (a Web Lock decides which) and the others
 * hear of it over a BroadcastChannel.
 *
 * @module
 */

/** @typedef {{event: string, data: string}} StreamEvent */
/** @typedef {(attempt: Attempt) => void} Listener */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/**
 * The server says something every 15 seconds. A connection that is silent for longer
 * is dead without knowing it, as after a laptop was closed and opened again.
 */
const SILENCE_MS = 45_000;

/**
 * Takes a text/event-stream apart. Feed it text as it comes, cut anywhere.
 *
 * @param {(event: StreamEvent) => void} onEvent
 * @returns {(text: string) => void}
 */
export function parser(onEvent) {
	let rest = '';
	let event = '';
	/** @type {string[]} */
	let data = [];

	/** @param {string} line */
	const take = (line) => {
		if (line === '') {
			if (data.length > 0) onEvent({ event: event || 'message', data: data.join('\n') });
			event = '';
			data = [];
			return;
		}
		const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
		if (name === 'data') data.push(value ?? '');
		else if (name === 'event') event = value ?? '';
	};

	return (text) => {
		rest += text;
		// A carriage return at the very end may be half of a line end: leave it for the next piece.
		const lines = rest.split(/\r\n|\n|\r(?!$)/);
		rest = lines.pop() ?? '';
		lines.forEach(take);
	};
}

export class AttemptStream {
	#base;
	#view;
	/** @type {Set<Listener>} */
	#listeners = new Set();
	/** The newest word on each attempt, for tabs that join later. @type {Map<string, Attempt>} */
	#known = new Map();
	/** @type {AbortController | null} */
	#running = null;
	/** @type {BroadcastChannel | null} */
	#channel = null;

	/**
	 * @param {string} base  the path prefix
	 * @param {Window & typeof globalThis} [view]  the page's own window
	 */
	constructor(base, view = window) {
		this.#base = base;
		this.#view = view;
		// A page that is put away must not hold the stream, or it cannot be kept for "back".
		view.addEventListener('pagehide', () => this.stop());
		view.addEventListener('pageshow', (event) => event.persisted && this.start());
	}

	/** @param {Listener} listener */
	subscribe(listener) {
		this.#listeners.add(listener);
		this.start();
	}

	start() {
		if (this.#running || this.#listeners.size === 0) return;
		this.#running = new AbortController();
		const { signal } = this.#running;
		const { locks } = this.#view.navigator;
		if (!locks) {
			void this.#hold(signal);
			return;
		}
		const name = `zapembed:${this.#base}:events`;
		this.#channel = new BroadcastChannel(name);
		this.#channel.onmessage = ({ data }) => this.#onChannel(data);
		this.#channel.postMessage({ kind: 'joined' });
		// The request is refused when the page goes away while it waits; then nothing is to be done.
		locks.request(name, { signal }, () => this.#hold(signal)).catch(() => {});
	}

	stop() {
		this.#running?.abort();
		this.#running = null;
		this.#channel?.close();
		this.#channel = null;
	}

	/** @param {{kind: 'joined'} | {kind: 'attempt', attempt: Attempt}} message */
	#onChannel(message) {
		if (message.kind === 'attempt') this.#tell(message.attempt);
		else for (const attempt of this.#known.values()) this.#channel?.postMessage({ kind: 'attempt', attempt });
	}

	/** @param {Attempt} attempt */
	#tell(attempt) {
		for (const listener of this.#listeners) listener(attempt);
	}

	/** @param {StreamEvent} event */
	#onEvent(event) {
		if (event.event !== 'attempt') return;
		const attempt = /** @type {Attempt} */ (JSON.parse(event.data));
		this.#known.set(attempt.id, attempt);
		this.#channel?.postMessage({ kind: 'attempt', attempt });
		this.#tell(attempt);
	}

	/**
	 * Holds the stream, and takes it up again when it breaks, until the page goes
	 * away or the server says that there is none for us (signed out, say).
	 *
	 * @param {AbortSignal} signal
	 */
	async #hold(signal) {
		let wait = FIRST_WAIT_MS;
		while (!signal.aborted) {
			const end = await this.#read(signal);
			if (end === 'refused' || signal.aborted) return;
			wait = end === 'broken' ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
			await this.#pause(wait, signal);
		}
	}

	/**
	 * @param {AbortSignal} signal
	 * @returns {Promise<'refused' | 'failed' | 'broken'>} how it ended: not for us, not now, or after it had begun
	 */
	async #read(signal) {
		let begun = false;
		const silence = new Silence(SILENCE_MS, signal, this.#view);
		try {
			const headers = { ...OWN_HEADER, Accept: 'text/event-stream' };
			const response = await this.#view.fetch(`${this.#base}/api/events`, { headers, signal: silence.signal, cache: 'no-store' });
			if (!response.ok || !response.body) return response.status >= 500 || response.status === 429 ? 'failed' : 'refused';
			const feed = parser((event) => this.#onEvent(event));
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
				begun = true;
				silence.end();
				feed(piece.value);
			}
		} catch {
			// A broken stream is the normal end of one; the caller takes it up again.
		} finally {
			silence.stop();
		}
		return begun ? 'broken' : 'failed';
	}

	/**
	 * @param {number} ms
	 * @param {AbortSignal} signal
	 * @returns {Promise<void>}
	 */
	#pause(ms, signal) {
		return new Promise((resolve) => {
			const timer = this.#view.setTimeout(resolve, ms);
			signal.addEventListener('abort', () => {
				this.#view.clearTimeout(timer);
				resolve();
			}, { once: true });
		});
	}
}

/** Gives up on a request that has been silent for too long, or whose page goes away. */
class Silence {
	#ms;
	#view;
	#since;
	#request = new AbortController();
	#done = new AbortController();
	/** @type {number | undefined} */
	#timer;

	/**
	 * @param {number} ms
	 * @param {AbortSignal} page
	 * @param {Window & typeof globalThis} view
	 */
	constructor(ms, page, view) {
		this.#ms = ms;
		this.#view = view;
		this.#since = view.Date.now();
		const { signal } = this.#done;
		page.addEventListener('abort', () => this.#request.abort(), { signal });
		// Timers stand still while a computer sleeps, and its clock does not.
		view.document.addEventListener('visibilitychange', () => this.#look(), { signal });
		this.#look();
	}

	/** What the request is to be made with. */
	get signal() {
		return this.#request.signal;
	}

	/** Something was heard. */
	end() {
		this.#since = this.#view.Date.now();
	}

	/** The request is over. */
	stop() {
		this.#done.abort();
		this.#view.clearTimeout(this.#timer);
	}

	#look() {
		this.#view.clearTimeout(this.#timer);
		const left = this.#since + this.#ms - this.#view.Date.now();
		if (left <= 0) this.#request.abort();
		else this.#timer = this.#view.setTimeout(() => this.#look(), left);
	}
}
