// @ts-check

import { Api } from './api.js';
import { AttemptController } from './attempt.js';
import { Combobox } from './combobox.js';
import { AttemptStream } from './events.js';
import { Fields } from './fields.js';
import { Search } from './live.js';
import { Mapping } from './mapping.js';
import { tellPartner } from './partner.js';
import { framed } from './popup.js';
import { SignInController } from './sign-in.js';
import { closesWindow, tellAndClose } from './signed-in.js';
import { Waiting, tellTime } from './waiting.js';

/**
 * Brings the page to life: each element with data-controller gets its
 * controller, now and after a part of the page was refreshed.
 *
 * @module
 */

const base = document.documentElement.dataset.base ?? '';
const api = new Api(base);
const stream = new AttemptStream(base);

/** Elements that have their controller; an attempt's is kept by the part around it. @type {WeakSet<Element>} */
const alive = new WeakSet();

/** @type {Record<string, (element: HTMLElement) => void>} */
const controllers = {
	attempt: (region) => {
		// A refreshed region is taken over by the controller that refreshed it.
		const root = region.closest('[data-attempt-root]');
		if (!root || alive.has(root)) return;
		alive.add(root);
		new AttemptController(region, root, { api, stream });
	},
	clock: (time) => tellTime(/** @type {HTMLTimeElement} */ (time)),
	'close-window': closesWindow,
	combobox: (select) => new Combobox(/** @type {HTMLSelectElement} */ (select)),
	fields: (form) => {
		new Fields(/** @type {HTMLFormElement} */ (form));
		new Mapping(/** @type {HTMLFormElement} */ (form));
	},
	search: (form) => new Search(/** @type {HTMLFormElement} */ (form)),
	'sign-in': (region) => new SignInController(region, api),
	'signed-in': (region) => tellAndClose(base, region.dataset.handover),
	waiting: (element) => new Waiting(element),
};

/** @param {ParentNode} part */
function mount(part) {
	/** @type {NodeListOf<HTMLElement>} */
	const elements = part.querySelectorAll('[data-controller]');
	for (const element of elements) {
		if (alive.has(element)) continue;
		alive.add(element);
		controllers[element.dataset.controller ?? '']?.(element);
	}
}

const page = document.documentElement.dataset;
// Not every browser tells the server.
if (framed()) page.framed = '';
const origins = page.tell?.split(' ') ?? [];
document.addEventListener('zapembed:attempt', (event) => tellPartner(/** @type {CustomEvent} */ (event), origins));
mount(document);
document.addEventListener('zapembed:refreshed', (event) => mount(/** @type {Element} */ (event.target)));
