// @ts-check

/**
 * The end of the sign-in window.
 *
 * @module
 */

/** The type of the message to the page that opened the window. */
export const MESSAGE = 'zapembed.signed-in';
/** The channel's name, before the path prefix: two installations on one host stay apart. */
export const CHANNEL = 'zapembed.signed-in:';

/**
 * Tells whoever waits, and closes the window. The message carries nothing but its
 * type: the page asks the server who is signed in. Only where the window shares no
 * cookie with the frame that opened it there is a code to hand over; it goes to that
 * frame alone, which closes the window. A window that was cut from it stays, and says
 * how to go on.
 *
 * @param {string} base  the path prefix
 * @param {string} [code]
 */
export function tellAndClose(base, code) {
	// The address may still carry the sign-in's code; it must not stay in the history.
	history.replaceState(null, '', location.pathname);
	const opener = /** @type {Window | null} */ (window.opener);
	opener?.postMessage({ type: MESSAGE, code }, location.origin);
	if (code) return;
	const channel = new BroadcastChannel(CHANNEL + base);
	channel.postMessage({ type: MESSAGE });
	channel.close();
	window.close();
}

/**
 * Brings a "close this window" button to life, where a script may close it.
 *
 * @param {HTMLElement} button
 */
export function closesWindow(button) {
	button.hidden = false;
	button.addEventListener('click', () => window.close());
}
