// @ts-check

import { announce, bodyOf, counterpart, fetchPage, replace, showProblem, sleep } from './live.js';
import { isPlainClick } from './popup.js';

/** @import { Answer } from './live.js' */

/**
 * The form of a step without leaving the page. The server saves and draws; this
 * posts what stands in the form, one post after the other so that each carries
 * the newest revision, and puts the drawing around the person who types on.
 *
 * @module
 */

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */
/** @typedef {Map<string, string[]>} Values  by name; a list has several of one name */

/** What is posted when a value changes on which the form depends. */
const QUICKLY = 'refresh-quick';
const SAVE = 'save';
/** A browser sends this much to its end although the page is left. */
const KEEPALIVE_LENGTH = 60_000;
const IN_THE_MIDDLE_MS = 100;
/** What of the form there was no room for is looked for. */
const READ = 'read';
const READ_FOR_MS = 300_000;
const AFTER_NOTHING_S = 5;
/** The keys that open a list. */
const OPENS = ['Enter', ' ', 'ArrowDown', 'ArrowUp'];
const PLACES = 'input:not([type="hidden"]), select:not([hidden]), textarea, button, details, summary, a[href]';

export class Fields {
	#form;
	#problem;
	/** What to do next: what a button says, or the address of a link to follow. */
	#turns;
	/** What the server has, and what it was sent last. @type {Values} */
	#kept;
	/** @type {Values} */
	#sent;
	#composing = false;
	/** Browsers differ in whether what is taken away is left first. */
	#swapping = false;
	#leaving = false;
	/** Nothing is sent before it is over: the server has said when to come back. */
	#pause = Promise.resolve();
	/** Saved, and still to be drawn: what is typed now has to wait. */
	#drawing = false;
	/** Ends the pause. @type {(() => void) | undefined} */
	#goOn;
	#rounds = new Rounds(() => this.#turns.ask(READ));

	/** @param {HTMLFormElement} form */
	constructor(form) {
		this.#form = form;
		this.#problem = /** @type {HTMLElement | null} */ (form.querySelector('[data-problem]'));
		this.#turns = new Turns((what) => this.#take(what));
		this.#kept = this.#sent = this.#values;
		form.addEventListener('submit', (event) => this.#onSubmit(event));
		// A value that was carried over is new without a change.
		for (const type of ['change', 'focusout']) form.addEventListener(type, (event) => this.#onChange(/** @type {Control} */ (event.target)));
		for (const type of ['compositionstart', 'compositionend']) form.addEventListener(type, () => (this.#composing = type.endsWith('start')));
		for (const type of ['mousedown', 'keydown']) form.addEventListener(type, (event) => this.#onOpen(event));
		document.addEventListener('click', (event) => this.#onClick(event));
		addEventListener('beforeunload', (event) => {
			this.#goOn?.();
			if (this.#unsaved && this.#drawing) event.preventDefault();
			else if (this.#unsaved) this.#turns.ask(SAVE);
		});
		// Kept by the browser, and behind what the draft is now.
		addEventListener('pageshow', (event) => event.persisted && location.reload());
		this.#rounds.begin(readAgain(this.#part));
	}

	get #part() {
		return /** @type {HTMLElement} */ (this.#form.querySelector('[data-live="fields"]'));
	}

	get #values() {
		return valuesOf(controlsOf(this.#form));
	}

	/** Somebody else has changed the draft: that is not saved over unless a person says so. */
	get #stale() {
		return this.#part.hasAttribute('data-stale');
	}

	get #unsaved() {
		return !this.#leaving && !this.#stale && !same([...this.#kept], [...this.#values]);
	}

	// --- what a person does -------------------------------------------------

	/** @param {SubmitEvent} event */
	#onSubmit(event) {
		event.preventDefault();
		this.#turns.ask(/** @type {HTMLButtonElement | null} */ (event.submitter)?.value || SAVE);
		if (this.#goOn || this.#drawing) this.#remind();
	}

	/** @param {Control} control */
	#onChange(control) {
		if (this.#swapping || this.#stale || !control.name || !control.closest('[data-redraws]')) return;
		// What cannot be sent as it was typed is not sent: the drawing would come without it.
		if (controlsOf(this.#form).some(({ validity }) => validity.badInput)) return;
		if (!same(this.#sent.get(control.name), this.#values.get(control.name))) this.#turns.ask(QUICKLY);
	}

	/**
	 * Whoever opens a list whose choices nobody has asked for wants to see them.
	 *
	 * @param {Event} event
	 */
	#onOpen(event) {
		if (!(event.target instanceof HTMLSelectElement) || (event instanceof KeyboardEvent && !OPENS.includes(event.key))) return;
		/** @type {HTMLButtonElement | null | undefined} */
		const button = event.target.closest('[data-field]')?.querySelector('button[value^="choices:"]');
		if (!button) return;
		event.preventDefault();
		event.target.focus();
		this.#turns.ask(button.value);
	}

	/**
	 * A link is followed when what was typed is kept, or when it was said that it is not.
	 *
	 * @param {MouseEvent} event
	 */
	#onClick(event) {
		/** @type {HTMLAnchorElement | null} */
		const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
		if (!link || link.target || link.origin !== location.origin || event.defaultPrevented || !isPlainClick(event)) return;
		if (link.pathname + link.search === location.pathname + location.search || this.#problem?.hidden === false || !this.#unsaved) return;
		event.preventDefault();
		this.#turns.ask(link.href);
	}

	/** A new drawing would take something from under somebody's hands. */
	get #inTheMiddle() {
		const half = controlsOf(this.#form).some((control) => control === document.activeElement && control.validity.badInput);
		// A button that is replaced while it is held down gets no click.
		return half || this.#composing || this.#part.matches(':active') || this.#form.querySelector('.combobox-popup:not([hidden])');
	}

	/** Whoever presses while the server wants to be left alone is told once more when it goes on. */
	#remind() {
		this.#problem?.scrollIntoView({ block: 'nearest' });
		announce(this.#problem?.textContent);
	}

	// --- posting ------------------------------------------------------------

	/** @param {string} what */
	async #take(what) {
		const address = /^https?:/.test(what) ? what : '';
		await this.#pause;
		if (this.#leaving) return;
		if (what === READ) return this.#read();
		if (address && !this.#unsaved) return this.#leave(address);
		const pressed = address ? SAVE : what;
		const part = this.#part;
		this.#sent = this.#values;
		part.setAttribute('aria-busy', 'true');
		const posted = await this.#post(pressed);
		const answer = address ? posted : await this.#drawn(posted);
		const ours = answer && this.#leadsHere(answer);
		const fresh = ours ? counterpart(part, answer.page) : null;
		if (fresh) await this.#finished();
		part.removeAttribute('aria-busy');
		// Kept, too, when the page it leads to has to wait: that one goes on by itself.
		const kept = answer?.ok || (answer?.redirected && answer.wait);
		if (answer && kept && (address || !ours)) return this.#leave(address || answer.url);
		if (!answer || !fresh) {
			this.#sent = this.#kept;
			if (answer?.wait) this.#again(pressed, answer.wait * 1000);
			return showProblem(this.#problem, answer?.page);
		}
		this.#problem?.setAttribute('hidden', '');
		this.#swap(answer, fresh, pressed);
		this.#rounds.begin(readAgain(this.#part));
		return announce(this.#part.dataset.announce);
	}

	/**
	 * Reads what of the form is missing, and says a word only when something has come of it.
	 *
	 * @returns {Promise<void>}
	 */
	async #read() {
		const part = this.#part;
		const said = part.dataset.announce;
		const answer = await fetchPage(this.#form.action);
		const fresh = answer?.ok && this.#leadsHere(answer) ? counterpart(part, answer.page) : null;
		if (!answer || !fresh) return this.#rounds.next(answer ? answer.wait : AFTER_NOTHING_S);
		await this.#finished();
		// Changed elsewhere as well: the server tells that when this here is saved.
		if (this.#unsaved && revisionOf(fresh) !== revisionOf(part)) return this.#turns.ask(SAVE);
		this.#sent = this.#kept;
		this.#swap(answer, fresh, READ);
		this.#rounds.next(readAgain(part));
		if (part.dataset.announce !== said) announce(part.dataset.announce);
	}

	/** @param {Answer} answer */
	#leadsHere(answer) {
		return new URL(answer.url).pathname === new URL(this.#form.action).pathname;
	}

	/** Until nobody is in the middle of something. */
	async #finished() {
		while (this.#inTheMiddle) await new Promise((resolve) => setTimeout(resolve, IN_THE_MIDDLE_MS));
	}

	/**
	 * What was saved is drawn when there is room to read the form anew.
	 *
	 * @param {Answer | null} answer
	 * @returns {Promise<Answer | null>}
	 */
	async #drawn(answer) {
		if (!answer?.redirected || !this.#leadsHere(answer)) return answer;
		for (let quiet = false; answer.wait; quiet = true) {
			showProblem(this.#problem, answer.page, quiet);
			this.#drawing = true;
			await sleep(answer.wait);
			answer = (await fetchPage(answer.url)) ?? answer;
		}
		this.#drawing = false;
		return answer;
	}

	/**
	 * Sends it once more when the server said so.
	 *
	 * @param {string} pressed
	 * @param {number} ms
	 */
	#again(pressed, ms) {
		/** @type {Promise<void>} */
		const over = new Promise((resolve) => {
			this.#goOn = resolve;
			setTimeout(resolve, ms);
		});
		this.#pause = over.then(() => (this.#goOn = undefined));
		this.#turns.ask(pressed);
	}

	/** @param {string} pressed */
	#post(pressed) {
		const body = bodyOf(this.#form);
		body.set('do', pressed);
		return fetchPage(this.#form.action, { method: 'POST', body, keepalive: String(body).length < KEEPALIVE_LENGTH });
	}

	/** @param {string} url */
	#leave(url) {
		this.#leaving = true;
		location.assign(url);
	}

	/**
	 * @param {Answer} answer
	 * @param {HTMLElement} fresh
	 * @param {string} pressed
	 */
	#swap(answer, fresh, pressed) {
		const form = /** @type {HTMLFormElement} */ (fresh.closest('form'));
		const controls = controlsOf(form);
		const drawn = valuesOf(controls);
		// Before the drawing is shown, so that what comes to life in it finds these values.
		const carried = typedSince(this.#sent, this.#values, drawn).map(({ name, row, value }) => {
			const control = controls.filter((other) => other.name === name)[row];
			if (control) put(control, value);
			return control;
		});
		const back = remember(this.#part, pressed);
		this.#form.action = form.action;
		this.#swapping = true;
		replace(this.#part, answer.page);
		this.#swapping = false;
		// What was refused is shown and not kept.
		this.#sent = drawn;
		if (this.#stale) this.#turns.clear();
		else this.#kept = drawn;
		if (answer.ok) history.replaceState(null, '', answer.url);
		for (const control of carried) control?.dispatchEvent(new Event('input', { bubbles: true }));
		back();
		if (pressed.startsWith('choices:')) open(document.activeElement);
	}
}

/**
 * @param {HTMLElement} part
 * @returns {number} after how many seconds what is missing may be there, 0 if nothing is, or nobody knows
 */
function readAgain(part) {
	const notice = /** @type {HTMLElement | null} */ (part.querySelector('[data-read-again]'));
	return Number(notice?.dataset.readAgain ?? 0);
}

/** @param {HTMLElement} part */
function revisionOf(part) {
	return /** @type {HTMLInputElement | null} */ (part.querySelector('input[name="revision"]'))?.value;
}

/** @param {Element | null} list  the choices that somebody wanted to see, unless that was too long ago */
function open(list) {
	try {
		if (list instanceof HTMLSelectElement) list.showPicker();
	} catch {
		// It has the focus, and opens with the next key.
	}
}

/**
 * @param {HTMLFormElement} form
 * @returns {Control[]} what a person gives values to
 */
function controlsOf(form) {
	const elements = /** @type {Control[]} */ ([...form.elements]);
	return elements.filter((element) => element.name && element.matches('select, textarea, input:not([type="hidden"])'));
}

/**
 * @param {Control} control
 * @param {string} value
 */
function put(control, value) {
	const drawn = control.value;
	control.value = value;
	// A choice that is no longer offered.
	if (control.value !== value) control.value = drawn;
}

/**
 * Where somebody is: the focus, the caret, what is unfolded.
 *
 * @param {HTMLElement} part
 * @param {string} pressed
 * @returns {() => void} leads back there in the new drawing
 */
function remember(part, pressed) {
	const active = /** @type {HTMLInputElement} */ (document.activeElement);
	const { value, selectionStart, selectionEnd } = active;
	const { top } = active.getBoundingClientRect();
	const before = named(part);
	const [key = ''] = [...before].find(([, element]) => element === active) ?? [];
	return () => {
		const after = named(part);
		for (const [name, { open }] of before) if (open !== undefined) Object.assign(after.get(name) ?? {}, { open });
		if (!key) return;
		const again = after.get(key);
		const field = fieldOf(active);
		const own = [...after.values()].filter((element) => field && fieldOf(element) === field && element.matches('input, select, textarea'));
		// Whoever asked for a row wants to fill it; a control that has gone leads to its neighbours.
		const added = value === pressed && pressed.startsWith('add:') ? own.findLast(({ name }) => !name.startsWith('v.')) : undefined;
		(added ?? again ?? own[0] ?? document.querySelector('main'))?.focus({ preventScroll: !added });
		if (added || !again) return;
		if (typeof again.selectionStart === 'number') again.setSelectionRange(selectionStart, selectionEnd);
		scrollBy({ top: again.getBoundingClientRect().top - top, behavior: 'instant' });
	};
}

/**
 * @param {HTMLElement} part
 * @returns {Map<string, HTMLInputElement & HTMLDetailsElement>} what can be focused or unfolded, by a name that it has in every drawing
 */
function named(part) {
	const all = new Map();
	for (const element of part.querySelectorAll(PLACES)) {
		const { tagName, dataset, name, value } = /** @type {HTMLButtonElement} */ (element);
		const called = [tagName, fieldOf(element), name, tagName === 'BUTTON' && value, dataset.token, ''].join('\n');
		let row = 0;
		while (all.has(called + row)) row += 1;
		all.set(called + row, element);
	}
	return all;
}

/** @param {Element} element */
function fieldOf(element) {
	return element.closest('[data-field]:not(.output)')?.getAttribute('data-field');
}

/**
 * @param {Iterable<{name: string, value: string}>} controls
 * @returns {Values}
 */
export function valuesOf(controls) {
	/** @type {Values} */
	const values = new Map();
	for (const { name, value } of controls) values.set(name, [...(values.get(name) ?? []), value]);
	return values;
}

/** @param {unknown} one @param {unknown} other */
function same(one, other) {
	return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {Values} sent
 * @param {Values} now
 * @param {Values} drawn  what came back
 * @returns {{name: string, row: number, value: string}[]} what was typed since it was sent, and where it belongs
 */
export function typedSince(sent, now, drawn) {
	return [...now].flatMap(([name, values]) => {
		const before = rowsOf(sent, name);
		const after = rowsOf(drawn, name);
		return values.flatMap((value, row) => {
			const place = value === sent.get(name)?.[row] ? -1 : placeOf(row, before, after);
			// No row is filled twice.
			if (place >= 0) after[place] = '\n';
			return place < 0 ? [] : { name, row: place, value };
		});
	});
}

/**
 * What tells the rows of a name apart: for pairs, a row is key and value together.
 *
 * @param {Values} values
 * @param {string} name
 */
function rowsOf(values, name) {
	const pair = /^[kv](\..*)$/s.exec(name)?.[1];
	const rows = values.get(name) ?? [];
	return rows.map((value, row) => pair ? `${values.get(`k${pair}`)?.[row]}${values.get(`v${pair}`)?.[row]}` : value);
}

/**
 * Rows move up: empty ones are left out, and one may have been removed.
 *
 * @param {number} row
 * @param {string[]} before
 * @param {string[]} after
 * @returns {number} -1 for none
 */
function placeOf(row, before, after) {
	const text = before[row] ?? '';
	const found = after[row] === text ? row : after.indexOf(text);
	// Found nowhere, it was put in other words.
	return found < 0 && before.length === after.length ? row : found;
}

/** Rounds of asking again when the server says, which have an end: nobody may be there any more. */
export class Rounds {
	#ask;
	#end = 0;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	/** @param {() => void} ask */
	constructor(ask) {
		this.#ask = ask;
	}

	/** @param {number} seconds  until the first one, 0 for none */
	begin(seconds) {
		this.#end = Date.now() + READ_FOR_MS;
		this.next(seconds);
	}

	/** @param {number} seconds  0: this was the last */
	next(seconds) {
		clearTimeout(this.#timer);
		const ms = seconds * 1000;
		if (ms > 0 && Date.now() + ms <= this.#end) this.#timer = setTimeout(this.#ask, ms);
	}
}

/** One thing after the other; what waits already is not asked twice. */
export class Turns {
	#waiting = new Set();
	#last = Promise.resolve();
	#take;

	/** @param {(what: string) => Promise<void>} take */
	constructor(take) {
		this.#take = take;
	}

	/** @param {string} what */
	ask(what) {
		if (this.#waiting.has(what)) return;
		this.#waiting.add(what);
		this.#last = this.#last.finally(() => this.#waiting.delete(what) && this.#take(what));
	}

	/** Forgets what waits. */
	clear() {
		this.#waiting.clear();
	}
}
