// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parser } from '../js/events.js';

/** @param {string[]} pieces */
function parse(...pieces) {
	/** @type {import('../js/events.js').StreamEvent[]} */
	const events = [];
	const feed = parser((event) => events.push(event));
	pieces.forEach(feed);
	return events;
}

const ATTEMPT = { event: 'attempt', data: '{"id":"a"}', id: '5' };

for (const [name, end] of [['line feeds', '\n'], ['carriage returns and line feeds', '\r\n']]) {
	test(`an event with ${name}, cut anywhere`, () => {
		const text = ['event: attempt', 'id: 5', 'data: {"id":"a"}', '', ''].join(end);
		for (let cut = 0; cut <= text.length; cut += 1) {
			assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), [ATTEMPT], `cut at ${cut}`);
		}
	});
}

test('comments and unknown fields are passed over', () => {
	assert.deepEqual(parse(': still here\n\nretry: 10\nnonsense\n\n', 'data:x\n\n'), [{ event: 'message', data: 'x', id: '' }]);
});

test('several lines of data are one text; the id stays until the next', () => {
	assert.deepEqual(parse('id: 1\ndata: a: b\ndata:\ndata: c\n\ndata: d\n\n'), [
		{ event: 'message', data: 'a: b\n\nc', id: '1' },
		{ event: 'message', data: 'd', id: '1' },
	]);
});

test('an event that was not finished is not told', () => {
	assert.deepEqual(parse('event: attempt\ndata: {"id":'), []);
});
