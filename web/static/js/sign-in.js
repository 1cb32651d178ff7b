// @ts-check

import { announce } from './live.js';
import { isPlainClick, openPopup, popupsFit } from './popup.js';
import { CHANNEL, MESSAGE } from './signed-in.js';
import { showView, spokenView } from './views.js';

/** @import { Api } from './api.js' */
/** @import { Evidence, Popup } from './popup.js' */

/**
 * Signing in, in a window of its own. It ends on a page of ours, so the page that
 * opened it hears of it by message, or over a channel when the link between the
 * two was cut on the way; the server is asked before anything is believed.
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
	#signedIn = false;

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
		new BroadcastChannel(CHANNEL + api.base).onmessage = () => void this.#ask();
	}

	/**
	 * @param {MouseEvent} event
	 * @param {string} href
	 */
	#onClick(event, href) {
		if (!isPlainClick(event) || !popupsFit()) return;
		event.preventDefault();
		if (this.#popup?.alive) {
			this.#popup.focus();
			return;
		}
		this.#popup?.dispose();
		this.#popup = openPopup({
			href,
			name: this.#region.dataset.window ?? '',
			protocol: { origin: location.origin, type: MESSAGE, field: null },
			onEvidence: (evidence) => void this.#onEvidence(evidence),
		});
		this.#show(this.#popup.opened ? 'opened' : 'blocked');
	}

	/** @param {string} state */
	#show(state) {
		this.#region.dataset.state = state;
		showView(this.#region, state);
		announce(spokenView(this.#region));
	}

	/** @param {Evidence} evidence */
	async #onEvidence({ kind }) {
		const popup = this.#popup;
		await this.#ask();
		// Closed, and nobody signed in: there is no window to finish in. One that only reads closed is still heard of.
		if (kind === 'closed' && !this.#signedIn && popup === this.#popup) this.#show('idle');
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
		this.#signedIn = result.ok && result.value.active;
		if (!this.#signedIn) return;
		this.#popup?.close();
		location.assign(this.#region.dataset.return ?? location.href);
	}
}
