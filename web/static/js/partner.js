// @ts-check

/**
 * Tells the page around the frame of an account that was connected, so that it can
 * go on as well. Only pages of the origins that may show the frame are told, and
 * nothing that is a secret.
 *
 * @module
 */

/** The type of the message. */
export const MESSAGE = 'zapembed.connected';

/**
 * @param {CustomEvent<{outcome: string, authentication_id?: string}>} event  the end of an attempt
 * @param {string[]} origins  whose pages may show the frame
 * @param {Window} [view]  the page's own window
 */
export function tellPartner({ detail, target }, origins, view = window) {
	if (detail.outcome !== 'connected') return;
	const app = /** @type {HTMLElement} */ (target).dataset.app;
	// Where the browser says who is around us, the others need not be tried: it complains of each.
	const around = view.location.ancestorOrigins?.[0];
	for (const origin of origins) {
		if (around !== undefined && origin !== around) continue;
		view.parent.postMessage({ type: MESSAGE, app, authentication_id: detail.authentication_id }, origin);
	}
}
