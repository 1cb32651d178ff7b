// @ts-check

/**
 * Switching between what the server drew. An element with data-show is seen in
 * the views it lists and hidden in the others; its sentences are its own.
 *
 * @module
 */

/**
 * @param {Element} region
 * @param {string} view
 */
export function showView(region, view) {
	for (const element of region.querySelectorAll('[data-show]')) {
		const views = (element.getAttribute('data-show') ?? '').split(' ');
		element.toggleAttribute('hidden', !views.includes(view));
	}
}

/**
 * What is to be read out about the view that is shown.
 *
 * @param {Element} region
 * @returns {string | undefined}
 */
export function spokenView(region) {
	const panel = region.querySelector('[data-show][data-announce]:not([hidden])');
	return panel?.getAttribute('data-announce') ?? undefined;
}

/**
 * Shows one note of the region, or none.
 *
 * @param {Element} region
 * @param {string} [name]
 * @param {string} [text]  replaces the note's own sentence
 * @param {string} [beside]  another note that stands with it
 */
export function showNote(region, name, text, beside) {
	for (const note of region.querySelectorAll('[data-note]')) {
		const own = note.getAttribute('data-note');
		note.toggleAttribute('hidden', own !== name && (!beside || own !== beside));
		if (own === name && text !== undefined) note.textContent = text;
	}
}

/**
 * The sentence of a note that counts down, with the number in its place.
 *
 * @param {Element} region
 * @param {string} name
 * @param {number} seconds
 * @returns {string}
 */
export function countdownText(region, name, seconds) {
	const text = region.querySelector(`[data-note="${name}"]`)?.getAttribute('data-text') ?? '';
	return text.replace('{seconds}', String(seconds));
}
