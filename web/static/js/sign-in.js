// @ts-check

import { newPair } from './handover.js';
import { announce } from './live.js';
import { framed, isPlainClick, openPopup, popupsFit } from './popup.js';
import { CHANNEL, MESSAGE } from './signed-in.js';
import { showView, spokenView } from './views.js';

/** @import { Api } from './api.js' */
/** @import { Pair } from './handover.js' */
/** @import { Evidence, Popup } from './popup.js' */

/**
 * Signing in, in a window of its own. It ends on a page of ours, so the page that
 * opened it hears of it by message, or over a channel when the link between the
 * two was cut on the way; the server is asked before anything is believed. A frame
 * inside another site's page has a cookie jar of its own, so there the message
 * brings a code, which signs the frame in.
 *
 * @module
 */
export class SignInController {
	#region;
	#api;
	/** @type {Popup | null} */
	#popup = null;
	/** The questions, one after the other: an answer to an older one may be out of date. @type {Promise<void>} */
	#asked = Promise.resolve();
	/** Null while the server has not said. @type {boolean | null} */
	#signedIn = null;
	/** For the next window, where one hands over; made ahead, because a click does not wait. @type {Pair | null} */
	#pair = null;

	/**
	 * @param {HTMLElement} region
	 * @param {Api} api
	 */
	constructor(region, api) {
		this.#region = region;
		this.#api = api;
		/** @type {HTMLAnchorElement | null} */
		const link = region.querySelector('a[data-window-href]');
		link?.addEventListener('click', (event) => this.#onClick(event, link.dataset.windowHref ?? link.href));
		if (this.#handsOver) void this.#prepare();
		new BroadcastChannel(CHANNEL + api.base).onmessage = () => void this.#ask();
	}

	get #handsOver() {
		return 'handover' in this.#region.dataset;
	}

	async #prepare() {
		this.#pair = null;
		this.#pair = await newPair();
	}

	/**
	 * @param {MouseEvent} event
	 * @param {string} href
	 */
	#onClick(event, href) {
		if (!isPlainClick(event) || !popupsFit()) return;
		const pair = this.#pair;
		// Not ready: the link by itself signs in in its own window, and goes on there.
		if (this.#handsOver && !pair) return;
		event.preventDefault();
		if (this.#popup?.alive) {
			this.#popup.focus();
			return;
		}
		this.#popup?.dispose();
		this.#popup = openPopup({
			href: pair ? `${href}&challenge=${pair.challenge}` : href,
			name: this.#region.dataset.window ?? '',
			protocol: { origin: location.origin, type: MESSAGE, field: pair ? 'code' : null },
			onEvidence: (evidence) => void this.#onEvidence(evidence, pair),
		});
		if (pair) void this.#prepare();
		this.#show(this.#popup.opened ? 'opened' : 'blocked');
	}

	/** @param {string} state */
	#show(state) {
		this.#region.dataset.state = state;
		const active = document.activeElement;
		showView(this.#region, state);
		announce(spokenView(this.#region));
		// Where the link that had the focus is gone, the heading of what is said instead takes it.
		/** @type {HTMLElement | null} */
		const heading = this.#region.querySelector('[data-show]:not([hidden]) [tabindex="-1"]');
		if (this.#region.contains(active) && active?.closest('[hidden]')) heading?.focus({ preventScroll: true });
	}

	/**
	 * @param {Evidence} evidence
	 * @param {Pair | null} pair
	 */
	async #onEvidence(evidence, pair) {
		const popup = this.#popup;
		if (evidence.kind === 'message') return pair ? this.#takeOver(evidence.id, pair) : this.#finish();
		await this.#ask();
		// Closed, and nobody signed in: there is no window to finish in. One that only reads closed is still heard of.
		const over = !this.#signedIn && popup === this.#popup && this.#region.dataset.state === 'opened';
		if (evidence.kind === 'closed' && over) this.#show('idle');
		return undefined;
	}

	/**
	 * The window has a sign-in for us. It stays open until we have taken it, or cannot.
	 *
	 * @param {string} code
	 * @param {Pair} pair  the one of that window
	 */
	async #takeOver(code, { verifier }) {
		const { ok } = await this.#api.handover(code, verifier);
		this.#popup?.close();
		if (ok) await this.#finish();
		else this.#show('lost');
	}

	/**
	 * The server has signed us in. A frame that is not, after that, is in a browser that
	 * keeps no cookie for it: saying so is all that helps, and trying again would go on for ever.
	 */
	async #finish() {
		await this.#ask();
		if (this.#signedIn === false && framed()) this.#show('kept-out');
	}

	/**
	 * Asks the server whether somebody is signed in now, and if so goes on.
	 *
	 * @returns {Promise<void>}
	 */
	#ask() {
		this.#asked = this.#asked.then(() => this.#askNow());
		return this.#asked;
	}

	async #askNow() {
		const result = await this.#api.session();
		this.#signedIn = result.ok ? result.value.active : null;
		if (!this.#signedIn) return;
		this.#popup?.close();
		location.assign(this.#region.dataset.return ?? location.href);
	}
}
