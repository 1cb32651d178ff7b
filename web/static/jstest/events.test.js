// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AttemptStream, parser } from '../js/events.js';

/** @param {string[]} pieces */
function parse(...pieces) {
	/** @type {import('../js/events.js').StreamEvent[]} */
	const events = [];
	const feed = parser((event) => events.push(event));
	pieces.forEach(feed);
	return events;
}

const ATTEMPT = { event: 'attempt', data: '{"id":"a"}' };

for (const [name, end] of [['line feeds', '\n'], ['carriage returns and line feeds', '\r\n']]) {
	test(`an event with ${name}, cut anywhere`, () => {
		const text = ['event: attempt', 'id: 5', 'data: {"id":"a"}', '', ''].join(end);
		for (let cut = 0; cut <= text.length; cut += 1) {
			assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), [ATTEMPT], `cut at ${cut}`);
		}
	});
}

test('comments and unknown fields are passed over', () => {
	assert.deepEqual(parse(': still here\n\nretry: 10\nnonsense\n\n', 'data:x\n\n'), [{ event: 'message', data: 'x' }]);
});

test('several lines of data are one text', () => {
	assert.deepEqual(parse('data: a: b\ndata:\ndata: c\n\ndata: d\n\n'), [
		{ event: 'message', data: 'a: b\n\nc' },
		{ event: 'message', data: 'd' },
	]);
});

test('an event that was not finished is not told', () => {
	assert.deepEqual(parse('event: attempt\ndata: {"id":'), []);
});

/** A page's window as far as the stream knows one: a clock that is turned by hand, and a server that answers by hand. */
class View extends EventTarget {
	document = new EventTarget();
	navigator = {};
	now = 0;
	Date = { now: () => this.now };
	/** @type {Map<number, {at: number, run: () => void}>} */
	timers = new Map();
	next = 1;
	/** @type {{say: (text: string) => void, signal: AbortSignal}[]} */
	requests = [];

	/**
	 * @param {string} _
	 * @param {{signal: AbortSignal}} init
	 */
	async fetch(_, { signal }) {
		/** @type {ReadableStreamDefaultController<Uint8Array>} */
		let answer;
		const body = new ReadableStream({ start: (controller) => void (answer = controller) });
		signal.addEventListener('abort', () => answer.error(signal.reason));
		this.requests.push({ signal, say: (text) => answer.enqueue(new TextEncoder().encode(text)) });
		return new Response(body);
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
	async pass(ms) {
		const end = this.now + ms;
		for (;;) {
			await settled();
			const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
			if (!due) break;
			this.timers.delete(due[0]);
			this.now = due[1].at;
			due[1].run();
		}
		this.now = end;
	}
}

/** Lets everything that is under way come to rest. */
async function settled() {
	for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

/** @param {import('../js/api.js').Attempt[]} heard */
async function listen(heard) {
	const view = new View();
	const stream = new AttemptStream('', /** @type {any} */ (view));
	stream.subscribe((attempt) => heard.push(attempt));
	await settled();
	return view;
}

test('a stream that shows signs of life is kept', async () => {
	/** @type {import('../js/api.js').Attempt[]} */
	const heard = [];
	const view = await listen(heard);
	for (let minute = 0; minute < 8; minute += 1) {
		await view.pass(15_000);
		view.requests[0]?.say(': alive\n\n');
	}
	view.requests[0]?.say('event: attempt\nid: 5\ndata: {"id":"a"}\n\n');
	await settled();
	assert.equal(view.requests.length, 1);
	assert.deepEqual(heard, [{ id: 'a' }]);
});

test('a stream that has fallen silent is given up and taken up again', async () => {
	const view = await listen([]);
	view.requests[0]?.say(': alive\n\n');
	await view.pass(44_000);
	assert.equal(view.requests[0]?.signal.aborted, false);
	await view.pass(2_000);
	assert.equal(view.requests[0]?.signal.aborted, true);
	assert.equal(view.requests.length, 2);
});

test('after a sleep, in which no timer ran, coming back is enough', async () => {
	const view = await listen([]);
	view.requests[0]?.say(': alive\n\n');
	await settled();
	view.now += 3_600_000;
	view.document.dispatchEvent(new Event('visibilitychange'));
	assert.equal(view.requests[0]?.signal.aborted, true);
	await view.pass(1_000);
	assert.equal(view.requests.length, 2);
});

test('a page that goes away keeps nothing running', async () => {
	const view = await listen([]);
	view.dispatchEvent(new Event('pagehide'));
	await settled();
	assert.equal(view.requests[0]?.signal.aborted, true);
	assert.equal(view.timers.size, 0);
	assert.equal(view.requests.length, 1);
});
