// @ts-check

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

/** An element as far as waiting.js knows one. */
class Part {
	/** @type {Record<string, string>} */
	dataset = {};
	textContent = '';
	/** @type {Part[]} */
	childNodes = [];

	/** @param {Record<string, string>} dataset  @param {Part[]} [children] */
	constructor(dataset, children = []) {
		Object.assign(this, { dataset, childNodes: children });
	}

	get attributes() {
		return Object.entries(this.dataset).map(([name, value]) => ({ name, value }));
	}

	/** @param {string} name */
	hasAttribute(name) {
		return name in this.dataset;
	}

	/** @param {string} name @param {string} value */
	setAttribute(name, value) {
		this.dataset[name] = value;
	}

	/** @param {string} selector */
	querySelector(selector) {
		return selector === '[data-countdown]' ? this.childNodes[0] : null;
	}

	/** @param {Part[]} children */
	replaceChildren(...children) {
		this.childNodes = children;
	}
}

/** @param {string} seconds @param {string} again @param {string} place */
const waiting = (seconds, again, place) => new Part({ seconds, again, place, offline: 'no network' }, [new Part({ text: '{seconds}' })]);

const globals = /** @type {any} */ (globalThis);
/** @type {string[]} */
let asked;
/** @type {string[]} */
let left;
/** What is read out. */
const region = {
	/** @type {string[]} */
	said: [],
	/** @param {string} sentence */
	set textContent(sentence) {
		if (sentence) this.said.push(sentence);
	},
};
/** What comes next: a page that waits or not, and where it was found; null for nothing. @type {({waits: Part | null, url: string, redirected: boolean} | null)[]} */
let answers;
/** @type {{action: string} | null} */
let form;

beforeEach(() => {
	mock.timers.reset();
	mock.timers.enable({ apis: ['setTimeout', 'Date'] });
	[asked, left, answers, form, region.said] = [[], [], [], null, []];
	Object.assign(globals, {
		window: globals, self: globals, top: globals, stop() {}, addEventListener() {},
		FormData: class { *[Symbol.iterator]() { yield ['start', 'token']; } },
		location: { href: 'http://x/apps', replace: (/** @type {string} */ url) => left.push(url) },
		document: { readyState: 'complete', documentElement: { dataset: {} }, querySelector: (/** @type {string} */ what) => what.includes('repeat') ? form : what.includes('live-region') ? region : null },
		fetch: async (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
			asked.push(`${init.method ?? 'GET'} ${url}`);
			const answer = answers.shift();
			if (!answer) throw new TypeError('no network');
			globals.DOMParser = class {
				parseFromString = () => ({ querySelector: () => answer.waits });
			};
			return { text: async () => '', url: answer.url, redirected: answer.redirected, ok: false, headers: new Map() };
		},
	});
});

/** @param {number} seconds */
async function pass(seconds) {
	for (let s = 0; s < seconds; s += 1) {
		mock.timers.tick(1000);
		for (let i = 0; i < 5; i += 1) await new Promise(setImmediate);
	}
}

test('a start that was let in is not sent again while the page it leads to waits', async () => {
	const { Waiting } = await import('../js/waiting.js');
	form = { action: 'http://x/zaps/new' };
	const still = { waits: waiting('10', '5', '1'), url: form.action, redirected: false };
	answers = [still, { waits: waiting('20', '5', '2'), url: 'http://x/drafts/d', redirected: true }];
	new Waiting(/** @type {any} */ (waiting('15', '5', '2')));
	await pass(30);
	assert.deepEqual(asked, ['POST http://x/zaps/new', 'POST http://x/zaps/new']);
	assert.deepEqual(left, ['http://x/drafts/d']);
});

test('while no answer comes, no time is told, and it is said once', async () => {
	const { Waiting } = await import('../js/waiting.js');
	const shown = waiting('20', '5', '2');
	answers = [null, null, { waits: waiting('9', '5', '1'), url: 'http://x/apps', redirected: false }];
	new Waiting(/** @type {any} */ (shown));
	await pass(4);
	assert.equal(shown.childNodes[0]?.textContent, '16');
	await pass(1);
	assert.equal(asked.length, 1);
	assert.equal(shown.childNodes[0]?.textContent, 'no network');
	await pass(4);
	assert.equal(asked.length, 1, 'it asks again after a while');
	assert.equal(shown.childNodes[0]?.textContent, 'no network');
	await pass(1);
	assert.equal(asked.length, 2);
	await pass(4);
	assert.deepEqual(region.said, ['no network']);
	await pass(1);
	assert.deepEqual(asked, ['GET http://x/apps', 'GET http://x/apps', 'GET http://x/apps']);
	assert.equal(shown.childNodes[0]?.textContent, '9', 'as the server says now');
});
