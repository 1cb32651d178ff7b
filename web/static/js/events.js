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

/** @typedef {{event: string, data: string, id: string}} StreamEvent */
/** @typedef {(attempt: Attempt) => void} Listener */

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Takes a text/event-stream apart. Feed it text as it comes, cut anywhere.
 *
 * @param {(event: StreamEvent) => void} onEvent
 * @returns {(text: string) => void}
 */
export function parser(onEvent) {
	let rest = '';
	let id = '';
	let event = '';
	/** @type {string[]} */
	let data = [];

	/** @param {string} line */
	const take = (line) => {
		if (line === '') {
			if (data.length > 0) onEvent({ event: event || 'message', data: data.join('\n'), id });
			event = '';
			data = [];
			return;
		}
		const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
		if (name === 'data') data.push(value ?? '');
		else if (name === 'event') event = value ?? '';
		else if (name === 'id') id = value ?? '';
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
	/** @type {Set<Listener>} */
	#listeners = new Set();
	/** The newest word on each attempt, for tabs that join later. @type {Map<string, Attempt>} */
	#known = new Map();
	#lastEventId = '';
	/** @type {AbortController | null} */
	#running = null;
	/** @type {BroadcastChannel | null} */
	#channel = null;

	/** @param {string} base  the path prefix */
	constructor(base) {
		this.#base = base;
		// A page that is put away must not hold the stream, or it cannot be kept for "back".
		addEventListener('pagehide', () => this.stop());
		addEventListener('pageshow', (event) => event.persisted && this.start());
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
		if (!navigator.locks) {
			void this.#hold(signal);
			return;
		}
		const name = `zapembed:${this.#base}:events`;
		this.#channel = new BroadcastChannel(name);
		this.#channel.onmessage = ({ data }) => this.#onChannel(data);
		this.#channel.postMessage({ kind: 'joined' });
		// The request is refused when the page goes away while it waits; then nothing is to be done.
		navigator.locks.request(name, { signal }, () => this.#hold(signal)).catch(() => {});
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
		this.#lastEventId = event.id;
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
			if (end === 'refused') return;
			wait = end === 'broken' ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
			await pause(wait, signal);
		}
	}

	/**
	 * @param {AbortSignal} signal
	 * @returns {Promise<'refused' | 'failed' | 'broken'>} how it ended: not for us, not now, or after it had begun
	 */
	async #read(signal) {
		let begun = false;
		try {
			const headers = { ...OWN_HEADER, Accept: 'text/event-stream', 'Last-Event-ID': this.#lastEventId };
			const response = await fetch(`${this.#base}/api/events`, { headers, signal, cache: 'no-store' });
			if (!response.ok || !response.body) return response.status >= 500 || response.status === 429 ? 'failed' : 'refused';
			const feed = parser((event) => this.#onEvent(event));
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
				begun = true;
				feed(piece.value);
			}
		} catch {
			// A broken stream is the normal end of one; the caller takes it up again.
		}
		return begun ? 'broken' : 'failed';
	}
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal.addEventListener('abort', () => {
			clearTimeout(timer);
			resolve();
		}, { once: true });
	});
}
