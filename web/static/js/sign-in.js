// @ts-check

import { announce } from './live.js';
import { isPlainClick, openPopup, popupsFit } from './popup.js';
import { CHANNEL, MESSAGE } from './signed-in.js';
import { showView, spokenView } from './views.js';

/** @import { Api } from './api.js' */
/** @import { Popup } from './popup.js' */

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
	#asking = false;

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
		new BroadcastChannel(CHANNEL + api.base).onmessage = () => this.#ask();
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
			onEvidence: () => this.#ask(),
		});
		this.#show(this.#popup.opened ? 'opened' : 'blocked');
	}

	/** @param {string} state */
	#show(state) {
		this.#region.dataset.state = state;
		showView(this.#region, state);
		announce(spokenView(this.#region));
	}

	/** Asks the server whether somebody is signed in now, and if so goes on. */
	async #ask() {
		if (this.#asking) return;
		this.#asking = true;
		const result = await this.#api.session();
		this.#asking = false;
		if (!result.ok || !result.value.active) return;
		this.#popup?.close();
		location.assign(this.#region.dataset.return ?? location.href);
	}
}
