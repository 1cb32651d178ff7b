// @ts-check

/**
 * The only place that speaks to our server. It never throws for an answer or a
 * missing one: both are values, because a page that waits for an account must
 * outlive a bad minute.
 *
 * @module
 */

/**
 * @typedef {object} Attempt
 * @property {string} id
 * @property {string} app
 * @property {'minted' | 'opened' | 'connected' | 'cancelled' | 'expired' | 'failed' | 'superseded'} state
 * @property {boolean} seen  the start link was asked for, so a window has opened
 * @property {string} [reason]  a word for why it ended otherwise than connected
 * @property {string} [authentication_id]
 * @property {{id: string, title: string}[]} [candidates]
 * @property {number} [refused_hints]  how many messages named something that is not this person's
 * @property {string} start_url
 * @property {string} created_at
 * @property {string} [opened_at]
 */

/**
 * What the server says about a failure (RFC 9457). `status` is 0 and `code` is
 * "offline" when no answer came.
 *
 * @typedef {object} Problem
 * @property {number} status
 * @property {string} code
 * @property {string} [title]
 * @property {string} [detail]
 * @property {boolean} [retry]  the same may fare better after a while
 * @property {number} [retry_after]  seconds
 */

/**
 * @template T
 * @typedef {{ok: true, value: T} | {ok: false, problem: Problem}} Result
 */

/** An answer that takes longer is of no use to somebody who waits. */
const TIMEOUT_MS = 20_000;

/** The header that only our own scripts can send; without it /api refuses. */
export const OWN_HEADER = { 'X-Zapembed': '1' };

export class Api {
	/** @param {string} base  the path prefix, "" or "/prefix" */
	constructor(base) {
		this.base = base;
	}

	/**
	 * @param {string} id
	 * @returns {Promise<Result<Attempt>>}
	 */
	attempt(id) {
		return this.#call('GET', `/api/attempts/${encodeURIComponent(id)}`);
	}

	/**
	 * Makes a fresh attempt; an open one of the same App is superseded by it.
	 *
	 * @param {string} app
	 * @returns {Promise<Result<Attempt>>}
	 */
	startOver(app) {
		return this.#call('POST', '/api/attempts', { app, fresh: true });
	}

	/**
	 * @param {string} id
	 * @param {{evidence: string, authentication_id?: string}} evidence
	 * @returns {Promise<Result<Attempt>>}
	 */
	check(id, evidence) {
		return this.#call('POST', `/api/attempts/${encodeURIComponent(id)}/check`, evidence);
	}

	/**
	 * @param {string} id
	 * @returns {Promise<Result<Attempt>>}
	 */
	cancel(id) {
		return this.#call('POST', `/api/attempts/${encodeURIComponent(id)}/cancel`, {});
	}

	/** @returns {Promise<Result<{active: boolean}>>} */
	session() {
		return this.#call('GET', '/api/session');
	}

	/**
	 * Signs this page in with the code of a window that shares no cookie with it.
	 *
	 * @param {string} code
	 * @param {string} verifier  the secret this page had before it opened the window
	 * @returns {Promise<Result<{active: boolean}>>}
	 */
	handover(code, verifier) {
		return this.#call('POST', '/api/session/handover', { code, verifier });
	}

	/**
	 * @param {string} method
	 * @param {string} path
	 * @param {object} [body]
	 * @returns {Promise<Result<any>>}
	 */
	async #call(method, path, body) {
		/** @type {RequestInit} */
		const init = { method, headers: { ...OWN_HEADER, Accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS) };
		if (body !== undefined) {
			init.body = JSON.stringify(body);
			init.headers = { ...init.headers, 'Content-Type': 'application/json' };
		}
		try {
			const response = await fetch(this.base + path, init);
			if (response.ok) return { ok: true, value: await response.json() };
			// Something between us and our server answers in HTML; the status is enough then.
			const body = await response.json().catch(() => null);
			return { ok: false, problem: problemOf(response, body) };
		} catch {
			// No network, or no answer in time.
			return { ok: false, problem: { status: 0, code: 'offline' } };
		}
	}
}

/**
 * @param {Response} response
 * @param {Partial<Problem> | null} body
 * @returns {Problem}
 */
function problemOf(response, body) {
	const waited = body?.retry_after ?? Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
	return {
		...body,
		status: response.status,
		code: body?.code ?? 'internal',
		retry_after: Number.isFinite(waited) ? Math.max(1, waited) : undefined,
	};
}
