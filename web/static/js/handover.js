// @ts-check

/**
 * What a frame needs to take over a sign-in from its window: a secret that never
 * leaves the frame, and a challenge that proves it later (RFC 7636, S256). A code
 * that somebody else comes by, or slips to us, is worth nothing without the secret.
 *
 * @module
 */

/** @typedef {{verifier: string, challenge: string}} Pair */

/** @returns {Promise<Pair>} */
export async function newPair() {
	const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
	return { verifier, challenge: await challengeOf(verifier) };
}

/**
 * @param {string} verifier
 * @returns {Promise<string>}
 */
export async function challengeOf(verifier) {
	const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
	return base64url(new Uint8Array(digest));
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function base64url(bytes) {
	return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
