// @ts-check

import { announce } from './live.js';

/**
 * Puts outputs of earlier steps into values, by a click or a drag, and says in
 * words below a control what stands in it while somebody types.
 *
 * @module
 */

/** @typedef {string[]} Words  what a token stands for: the step, the field, a sample */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} TextControl */

const WORDS = ['step', 'field', 'sample'];
const TAKES_TOKENS = '[data-mappable] :is(textarea, input:not([type]), [type="text"], [type="url"])[name]:not([name^="k."])';

/**
 * @param {string} value
 * @returns {{text: string, token?: string}[]} its pieces: plain text, and tokens as the outputs write them
 */
export function pieces(value) {
	const cut = value.split(/(\{\{[^{}]*\}\})/);
	return cut.map((text, at) => at % 2 ? { text, token: `{{${text.slice(2, -2).trim()}}}` } : { text }).filter(({ text }) => text);
}

/**
 * @param {string} token
 * @param {Map<string, Words>} known
 * @param {boolean} plain  in a Zap of two steps the field alone will do
 * @returns {Words | undefined}
 */
export function wordsOf(token, known, plain) {
	const field = [...known].find(([full]) => plain && full.slice(full.indexOf('.') + 1) === token.slice(2));
	return known.get(token) ?? field?.[1];
}

export class Mapping {
	#form;
	/** @type {Map<string, Words>} */
	#known = new Map();
	/** The control that was left last, and which of its name it was. @type {{control: TextControl, row: number} | undefined} */
	#last;

	/** @param {HTMLFormElement} form */
	constructor(form) {
		this.#form = form;
		this.#learn();
		form.addEventListener('focusout', ({ target }) => this.#remember(/** @type {TextControl} */ (target)));
		form.addEventListener('input', ({ target }) => this.#onInput(/** @type {TextControl} */ (target)));
		form.addEventListener('click', ({ target }) => this.#insert(outputAt(target)));
		form.addEventListener('dragstart', ({ target, dataTransfer }) => {
			const { token } = outputAt(target);
			if (token) dataTransfer?.setData('text/plain', token);
		});
	}

	/** @returns {HTMLElement} */
	get #sources() {
		return this.#form.querySelector('[data-controller="mapping"]') ?? this.#form;
	}

	get #controls() {
		return /** @type {TextControl[]} */ ([...this.#form.querySelectorAll(TAKES_TOKENS)]);
	}

	/** Learns words from the outputs, and from the chips that the server drew. */
	#learn() {
		/** @type {NodeListOf<HTMLElement>} */
		const drawn = this.#form.querySelectorAll('.chip[data-token]:not([data-broken]), .output');
		for (const element of drawn) {
			this.#known.set(element.dataset.token ?? '', WORDS.map((word) => element.dataset[word] ?? element.querySelector(`.chip-${word}`)?.textContent ?? ''));
		}
	}

	/** @param {TextControl} control */
	#remember(control) {
		if (control.matches(TAKES_TOKENS)) this.#last = { control, row: this.#named(control.name).indexOf(control) };
	}

	/** @param {string} [name] */
	#named(name) {
		return this.#controls.filter((control) => control.name === name);
	}

	/** @param {DOMStringMap} output */
	#insert({ token, field = '' }) {
		const last = this.#last && this.#named(this.#last.control.name)[this.#last.row];
		const empty = this.#controls.filter(({ value }) => !value);
		const control = last ?? empty.find(({ ariaRequired }) => ariaRequired === 'true') ?? empty[0];
		const { nowhere, inserted = '' } = this.#sources.dataset;
		if (!token || !control) return announce(token && nowhere);
		control.focus();
		// A control that was drawn anew has forgotten its caret.
		if (control !== this.#last?.control) control.setSelectionRange(control.value.length, control.value.length);
		control.setRangeText(token, control.selectionStart ?? 0, control.selectionEnd ?? 0, 'end');
		control.dispatchEvent(new Event('input', { bubbles: true }));
		return announce(inserted.replace('{value}', field).replace('{field}', control.labels?.[0]?.textContent ?? ''));
	}

	/** @param {TextControl} control */
	#onInput(control) {
		const place = control.matches(TAKES_TOKENS) ? control.closest('[data-mappable]') : null;
		const found = this.#controls.filter((other) => place?.contains(other)).flatMap(({ value }) => pieces(value));
		const mapped = found.some(({ token }) => token);
		const chips = place?.querySelector('[data-chips]');
		chips?.toggleAttribute('hidden', !mapped);
		chips?.replaceChildren(...(mapped ? found : []).flatMap(({ text, token }) => [token ? this.#chip(token) : make('chip-text', text), ' ']));
	}

	/** @param {string} token */
	#chip(token) {
		const words = wordsOf(token, this.#known, 'plain' in this.#sources.dataset);
		const chip = make('chip', '');
		chip.dataset.token = token;
		WORDS.forEach((word, at) => words?.[at] && chip.append(make(`chip-${word}`, words[at]), ' '));
		if (!words) chip.append(make('', token, 'code'));
		// What a step yields that could not be asked is not known.
		if (!words && !this.#sources.querySelector('[data-unread]')) {
			chip.dataset.broken = '';
			chip.append(' ', make('chip-why', this.#sources.dataset.broken ?? ''));
		}
		return chip;
	}
}

/**
 * @param {EventTarget | null} target
 * @returns {DOMStringMap} what the output that was hit says of itself
 */
function outputAt(target) {
	/** @type {HTMLElement | null} */
	const output = target instanceof Element ? target.closest('.output') : null;
	return output?.dataset ?? {};
}

/**
 * @param {string} className
 * @param {string} textContent
 * @param {string} [tag]
 */
function make(className, textContent, tag = 'span') {
	return Object.assign(document.createElement(tag), { className, textContent });
}
