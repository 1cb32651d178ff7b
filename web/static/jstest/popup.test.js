// @ts-check

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { openPopup, placement, popupsFit, watchPopup } from '../js/popup.js';

/** A page's window as far as popup.js knows one: events, a clock that is turned by hand, open(). */
class View extends EventTarget {
	document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
	screen = { availWidth: 1920, availHeight: 1080, availLeft: 0, availTop: 0 };
	screenX = 100;
	screenY = 50;
	outerWidth = 1400;
	outerHeight = 900;
	/** @type {{closed: boolean, focused: number, focus(): void, close(): void} | null} */
	handle = {
		closed: false,
		focused: 0,
		focus() {
			this.focused += 1;
		},
		close() {
			this.closed = true;
		},
	};
	/** @type {string[][]} */
	calls = [];
	/** @type {Map<number, {at: number, run: () => void}>} */
	timers = new Map();
	now = 0;
	next = 1;

	/** @param {string[]} call */
	open(...call) {
		this.calls.push(call);
		return this.handle;
	}

	/**
	 * @param {() => void} run
	 * @param {number} ms
	 */
	setTimeout(run, ms) {
		this.timers.set(this.next, { at: this.now + ms, run });
		return this.next++;
	}

	/** @param {number} id */
	clearTimeout(id) {
		this.timers.delete(id);
	}

	/** @param {number} ms */
	pass(ms) {
		const end = this.now + ms;
		for (;;) {
			const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
			if (!due) break;
			this.timers.delete(due[0]);
			this.now = due[1].at;
			due[1].run();
		}
		this.now = end;
	}

	/**
	 * @param {unknown} data
	 * @param {{origin?: string, source?: unknown}} [from]
	 */
	message(data, { origin = ORIGIN, source = this.handle } = {}) {
		this.dispatchEvent(Object.assign(new Event('message'), { origin, source, data }));
	}
}

const ORIGIN = 'https://zapier.com';
const TYPE = 'zapier.popup.close';
const protocol = { origin: ORIGIN, type: TYPE, field: 'authentication_id' };

/** @type {View} */
let view;
/** @type {import('../js/popup.js').Evidence[]} */
let evidence;

function open() {
	return openPopup({ href: '/start', name: 'w', protocol, view: /** @type {any} */ (view), onEvidence: (sign) => evidence.push(sign) });
}

beforeEach(() => {
	view = new View();
	evidence = [];
});

test('opens the start link itself, under its name, at once', () => {
	assert.equal(open().opened, true);
	assert.deepEqual(view.calls[0]?.slice(0, 2), ['/start', 'w']);
	assert.match(view.calls[0]?.[2] ?? '', /^popup,/);
});

test('a valid message is evidence; its id is passed on as text', () => {
	open();
	view.message({ type: TYPE, authentication_id: 'abc' });
	view.message({ type: TYPE, authentication_id: 42 });
	assert.deepEqual(evidence, [{ kind: 'message', id: 'abc' }, { kind: 'message', id: '42' }]);
});

//
for (const [name, cause, data, from] of /** @type {[string, 'origin' | 'source' | 'shape', unknown, object?][]} */ ([
	['another origin', 'origin', { type: TYPE, authentication_id: '1' }, { origin: 'https://zapier.com.evil.example' }],
	['an origin that only begins so', 'origin', { type: TYPE, authentication_id: '1' }, { origin: 'https://zapier.com:444' }],
	['another window', 'source', { type: TYPE, authentication_id: '1' }, { source: {} }],
	['no window', 'source', { type: TYPE, authentication_id: '1' }, { source: null }],
	['another type', 'shape', { type: 'zapier.popup.closed', authentication_id: '1' }],
	['no id', 'shape', { type: TYPE }],
	['an empty id', 'shape', { type: TYPE, authentication_id: '' }],
	['an id that is an object', 'shape', { type: TYPE, authentication_id: {} }],
	['an id that is no whole number', 'shape', { type: TYPE, authentication_id: 1.5 }],
	['an endless id', 'shape', { type: TYPE, authentication_id: 'x'.repeat(201) }],
	['a string', 'shape', TYPE],
	['null', 'shape', null],
])) {
	test(`a message with ${name} changes nothing and is counted`, () => {
		const popup = open();
		view.message(data, from);
		assert.deepEqual(evidence, []);
		assert.deepEqual(popup.ignored, { origin: 0, source: 0, shape: 0, [cause]: 1 });
	});
}

test('without a handle no message counts, not even one without a source', () => {
	const popup = watchPopup({ protocol, view: /** @type {any} */ (view), onEvidence: (sign) => evidence.push(sign) });
	view.message({ type: TYPE, authentication_id: '1' }, { source: null });
	assert.deepEqual(evidence, []);
	assert.equal(popup.ignored.source, 1);
	assert.equal(popup.opened, false);
});

test('closed is told once, and only after a message that was on its way', () => {
	open();
	if (view.handle) view.handle.closed = true;
	view.pass(400);
	assert.deepEqual(evidence, [], 'not at the moment it is seen');
	view.message({ type: TYPE, authentication_id: '7' });
	view.pass(10_000);
	// What the message spoke of may show up later than the message itself: "closed" makes for a second look.
	assert.deepEqual(evidence, [{ kind: 'message', id: '7' }, { kind: 'closed' }]);
});

test('closed without a message is told once', () => {
	open();
	view.pass(10_000);
	assert.deepEqual(evidence, []);
	if (view.handle) view.handle.closed = true;
	view.pass(10_000);
	assert.deepEqual(evidence, [{ kind: 'closed' }]);
});

test('coming back is evidence, going away is not', () => {
	open();
	view.document.visibilityState = 'hidden';
	view.document.dispatchEvent(new Event('visibilitychange'));
	assert.deepEqual(evidence, []);
	view.document.visibilityState = 'visible';
	view.document.dispatchEvent(new Event('visibilitychange'));
	view.dispatchEvent(new Event('focus'));
	assert.deepEqual(evidence, [{ kind: 'focus' }, { kind: 'focus' }]);
});

test('after dispose nothing is told', () => {
	open().dispose();
	if (view.handle) view.handle.closed = true;
	view.pass(10_000);
	view.message({ type: TYPE, authentication_id: '1' });
	view.dispatchEvent(new Event('focus'));
	assert.deepEqual(evidence, []);
	assert.equal(view.timers.size, 0);
});

test('a null handle is no window to hold', () => {
	view.handle = null;
	const popup = open();
	assert.equal(popup.opened, false);
	assert.equal(popup.alive, false);
	popup.focus();
	popup.close();
	view.pass(10_000);
	assert.deepEqual(evidence, []);
});

test('the window stands over the middle of the page, inside the screen', () => {
	const at = (/** @type {object} */ changes) => placement(/** @type {any} */ (Object.assign(new View(), changes)));
	assert.equal(at({}), 'popup,width=1280,height=1024,left=160,top=0');
	assert.equal(at({ screenX: 1900 }), 'popup,width=1280,height=1024,left=640,top=0', 'not beyond the right edge');
	const second = { availWidth: 1000, availHeight: 700, availLeft: 1920, availTop: 40 };
	assert.equal(at({ screen: second, screenX: 1920 }), 'popup,width=952,height=652,left=1968,top=88', 'on the second screen');
	const small = { availWidth: 400, availHeight: 600 };
	assert.match(at({ screen: small }), /width=480,/, 'never too narrow to log in');
});

test('touch-only devices and installed apps stay in one tab', () => {
	const fits = (/** @type {string} */ matching, parent = {}) => {
		const view = { matchMedia: (/** @type {string} */ query) => ({ matches: query.includes(matching) }), self: {}, parent };
		if (!Object.keys(parent).length) view.parent = view.self;
		return popupsFit(/** @type {any} */ (view));
	};
	assert.equal(fits('nothing'), true);
	assert.equal(fits('pointer: coarse'), false);
	assert.equal(fits('display-mode: standalone'), false);
	assert.equal(fits('pointer: coarse', { another: 'page' }), true, 'in a frame nothing else works');
});
