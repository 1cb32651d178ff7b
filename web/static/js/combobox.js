// @ts-check

import { announce } from './live.js';

/**
 * A select with many choices as a field to type in, with a list to pick from:
 * the editable combobox of WAI-ARIA. The select stays what is sent.
 *
 * @module
 */

/** No more are drawn; whoever types on sees fewer. */
const MOST = 100;
/** A count is read out when somebody pauses. */
const PAUSE_MS = 300;
const COPIED = ['aria-describedby', 'aria-invalid', 'aria-required'];

let made = 0;

/**
 * @param {string} text
 * @returns {string} what of it a search minds
 */
export function fold(text) {
	return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/**
 * @param {string} key
 * @param {number} active  -1 for none
 * @param {number} length
 * @returns {number} where an arrow key leads to, around the ends
 */
export function step(key, active, length) {
	return key === 'ArrowDown' ? (active + 1) % length : (Math.max(active, 0) - 1 + length) % length;
}

export class Combobox {
	#select;
	#input = Object.assign(document.createElement('input'), { type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: false, ariaAutoComplete: 'list' });
	#list = Object.assign(document.createElement('ul'), { role: 'listbox', className: 'combobox-list' });
	#note = Object.assign(document.createElement('p'), { className: 'combobox-note' });
	#popup = Object.assign(document.createElement('div'), { className: 'combobox-popup', hidden: true });
	/** What the list shows. @type {HTMLOptionElement[]} */
	#shown = [];
	#active = -1;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	/** @param {HTMLSelectElement} select */
	constructor(select) {
		this.#select = select;
		const input = this.#input;
		this.#takeOver();
		this.#close();
		input.addEventListener('input', () => this.#open(input.value));
		input.addEventListener('click', () => this.#popup.hidden && this.#openAll());
		input.addEventListener('keydown', (event) => this.#onKey(event));
		input.addEventListener('blur', () => this.#settle());
		// The focus stays in the field.
		this.#popup.addEventListener('mousedown', (event) => event.preventDefault());
		this.#list.addEventListener('click', ({ target }) => {
			const at = [...this.#list.children].findIndex((item) => item === target);
			if (at >= 0) this.#choose(this.#shown[at]);
		});
	}

	/** The field gets what belonged to the select: its label, what describes it, links to it. */
	#takeOver() {
		const select = this.#select;
		const id = select.id || `combobox-${++made}`;
		const whole = Object.assign(document.createElement('div'), { className: 'combobox' });
		for (const name of COPIED) if (select.hasAttribute(name)) this.#input.setAttribute(name, select.getAttribute(name) ?? '');
		this.#list.ariaLabel = select.labels[0]?.textContent.trim() ?? '';
		this.#list.id = `${id}-list`;
		this.#input.setAttribute('aria-controls', this.#list.id);
		select.removeAttribute('id');
		select.hidden = true;
		this.#input.id = id;
		this.#popup.append(this.#list, this.#note);
		whole.append(this.#input, this.#popup);
		select.after(whole);
	}

	get #choices() {
		return [...this.#select.options];
	}

	/** What was typed in full; nothing at all is a choice too. */
	get #typed() {
		const text = fold(this.#input.value);
		// Of two with one label the chosen one.
		return [...this.#select.selectedOptions, ...this.#choices].find(({ label, value }) => text ? fold(label) === text : !value);
	}

	/** @param {string} text */
	#open(text) {
		const found = this.#choices.filter(({ label }) => fold(label).includes(fold(text)));
		const none = found.length === 0;
		this.#shown = found.slice(0, MOST);
		this.#list.replaceChildren(...this.#shown.map(({ label, selected }, at) => {
			const item = Object.assign(document.createElement('li'), { id: `${this.#list.id}-${at}`, role: 'option', className: 'combobox-option', textContent: label });
			item.toggleAttribute('data-chosen', selected);
			return item;
		}));
		const words = this.#select.dataset;
		/** @param {string | undefined} sentence @param {number} count */
		const say = (sentence = '', count) => none ? words.none ?? '' : sentence.replace('{count}', String(count));
		this.#note.textContent = say(words.more, found.length - MOST);
		this.#note.hidden = !none && found.length <= MOST;
		this.#list.hidden = none;
		this.#popup.hidden = false;
		this.#input.ariaExpanded = String(!none);
		this.#activate(-1);
		this.#popup.scrollIntoView({ block: 'nearest' });
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => announce(say(words.count, found.length)), PAUSE_MS);
	}

	#openAll() {
		this.#open('');
		this.#input.select();
		this.#activate(this.#shown.findIndex(({ selected, value }) => selected && value));
	}

	/** @param {number} at */
	#activate(at) {
		this.#active = at;
		[...this.#list.children].forEach((item, index) => (item.ariaSelected = String(index === at)));
		const item = this.#list.children[at];
		this.#input.setAttribute('aria-activedescendant', item?.id ?? '');
		item?.scrollIntoView({ block: 'nearest' });
	}

	/** Shows what is chosen, and nothing else. */
	#close() {
		clearTimeout(this.#timer);
		const chosen = this.#select.selectedOptions[0];
		this.#input.value = chosen?.value ? chosen.label : '';
		this.#input.placeholder = this.#choices.find(({ value }) => !value)?.label ?? '';
		this.#input.ariaExpanded = 'false';
		this.#popup.hidden = true;
		this.#activate(-1);
	}

	/** @param {KeyboardEvent} event */
	#onKey(event) {
		const { key } = event;
		const closed = this.#popup.hidden;
		if (event.isComposing) return;
		if (key === 'ArrowDown' || key === 'ArrowUp') {
			if (closed) this.#openAll();
			if (!closed || this.#active < 0) this.#activate(step(key, this.#active, this.#shown.length));
		} else if (!closed && key === 'Enter') {
			const option = this.#shown[this.#shown.length === 1 ? 0 : this.#active] ?? this.#typed;
			if (option) this.#choose(option);
		} else if (!closed && key === 'Escape') {
			this.#close();
		} else {
			// These lead back into the text.
			if (key === 'Home' || key === 'End') this.#activate(-1);
			return;
		}
		event.preventDefault();
	}

	/** The field is left: what is marked or was typed in full counts, anything else is put back. */
	#settle() {
		if (this.#popup.hidden) return;
		this.#choose(this.#shown[this.#active] ?? this.#typed);
	}

	/** @param {HTMLOptionElement} [option] */
	#choose(option) {
		const news = option && option.value !== this.#select.value;
		if (news) this.#select.value = option.value;
		this.#close();
		if (news) for (const type of ['input', 'change']) this.#select.dispatchEvent(new Event(type, { bubbles: true }));
	}
}
