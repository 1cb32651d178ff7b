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
 * type: the page asks the server who is signed in.
 *
 * @param {string} base  the path prefix
 */
export function tellAndClose(base) {
	// The address may still carry the sign-in's code; it must not stay in the history.
	history.replaceState(null, '', location.pathname);
	const opener = /** @type {Window | null} */ (window.opener);
	opener?.postMessage({ type: MESSAGE }, location.origin);
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
