// @ts-check

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Rounds, Turns, typedSince, valuesOf } from '../js/fields.js';

/** @param {Record<string, string | string[]>} values */
const form = (values) => new Map(Object.entries(values).map(([name, value]) => [name, [value].flat()]));

test('values by name, the rows of a list in their order', () => {
	const controls = [{ name: 'f.a', value: '1' }, { name: 'f.b', value: '' }, { name: 'f.a', value: '2' }];
	assert.deepEqual(valuesOf(controls), form({ 'f.a': ['1', '2'], 'f.b': '' }));
});

/** @type {Record<string, {sent: object, now: object, drawn: object, want: string[]}>} */
const typing = {
	'nothing was typed: what the server drew stands': {
		sent: { 'f.a': 'x', 'f.b': 'y' }, now: { 'f.a': 'x', 'f.b': 'y' }, drawn: { 'f.a': 'x', 'f.b': '' }, want: [],
	},
	'a value that was typed meanwhile': {
		sent: { 'f.a': 'x', 'f.b': 'y' }, now: { 'f.a': 'x', 'f.b': 'yes' }, drawn: { 'f.a': 'x', 'f.b': 'y' }, want: ['f.b 0 yes'],
	},
	'one that the server put in other words, or emptied': {
		sent: { 'f.a': '{{ lead }}', 'f.b': 'y' }, now: { 'f.a': '{{ lead }}!', 'f.b': 'yes' }, drawn: { 'f.a': '{{lead}}', 'f.b': '' },
		want: ['f.a 0 {{ lead }}!', 'f.b 0 yes'],
	},
	'one that was emptied by hand': {
		sent: { 'f.a': 'x' }, now: { 'f.a': '' }, drawn: { 'f.a': 'x' }, want: ['f.a 0 '],
	},
	'a field that has gone': {
		sent: { 'f.a': 'x' }, now: { 'f.a': 'y' }, drawn: { 'f.b': '' }, want: [],
	},
	'a row, while an empty one above it went': {
		sent: { 'f.a': ['', 'x', ''] }, now: { 'f.a': ['', 'xy', ''] }, drawn: { 'f.a': ['x', ''] }, want: ['f.a 0 xy'],
	},
	'the last row, while one was added': {
		sent: { 'f.a': ['x', ''] }, now: { 'f.a': ['x', 'y'] }, drawn: { 'f.a': ['x', '', ''] }, want: ['f.a 1 y'],
	},
	'a row, while one above it was removed': {
		sent: { 'f.a': ['x', 'y', ''] }, now: { 'f.a': ['x', 'yes', ''] }, drawn: { 'f.a': ['y', ''] }, want: ['f.a 0 yes'],
	},
	'the row that was removed itself': {
		sent: { 'f.a': ['x', 'y', ''] }, now: { 'f.a': ['xx', 'y', ''] }, drawn: { 'f.a': ['y', ''] }, want: [],
	},
	'two empty rows do not fill one': {
		sent: { 'f.a': ['', '', ''] }, now: { 'f.a': ['x', 'y', ''] }, drawn: { 'f.a': ['', ''] }, want: ['f.a 0 x', 'f.a 1 y'],
	},
	'a pair of an empty key is told from another': {
		sent: { 'k.a': ['', 'k', ''], 'v.a': ['', 'v', ''] }, now: { 'k.a': ['', 'k', ''], 'v.a': ['', 'vv', ''] }, drawn: { 'k.a': ['k', ''], 'v.a': ['v', ''] },
		want: ['v.a 0 vv'],
	},
	'pairs with one value are told apart by their keys': {
		sent: { 'k.a': ['', 'k', 'l'], 'v.a': ['', 'v', 'v'] }, now: { 'k.a': ['', 'k', 'l'], 'v.a': ['', 'v', 'vv'] }, drawn: { 'k.a': ['k', 'l', ''], 'v.a': ['v', 'v', ''] },
		want: ['v.a 1 vv'],
	},
};

for (const [name, { sent, now, drawn, want }] of Object.entries(typing)) {
	test(`typed since: ${name}`, () => {
		const found = typedSince(form(/** @type {any} */ (sent)), form(/** @type {any} */ (now)), form(/** @type {any} */ (drawn)));
		assert.deepEqual(found.map(({ name, row, value }) => `${name} ${row} ${value}`), want);
	});
}

/** Turns that are finished by hand. */
function turns() {
	/** @type {string[]} */
	const begun = [];
	/** @type {((error?: Error) => void)[]} */
	const ends = [];
	const own = new Turns((what) => new Promise((resolve, reject) => {
		begun.push(what);
		ends.push((error) => error ? reject(error) : resolve());
	}));
	/** @param {Error} [error] */
	const end = async (error) => {
		ends.shift()?.(error);
		await new Promise(setImmediate);
	};
	return { own, begun, end };
}

test('one thing after the other; what waits already is not asked twice', async () => {
	const { own, begun, end } = turns();
	own.ask('quick');
	await Promise.resolve();
	assert.deepEqual(begun, ['quick'], 'at once, before the page is gone');
	own.ask('quick');
	own.ask('next');
	own.ask('quick');
	assert.deepEqual(begun, ['quick']);
	await end();
	assert.deepEqual(begun, ['quick', 'quick']);
	await end();
	await end();
	assert.deepEqual(begun, ['quick', 'quick', 'next']);
});

test('what waits can be forgotten', async () => {
	const { own, begun, end } = turns();
	own.ask('quick');
	await Promise.resolve();
	own.ask('next');
	own.clear();
	await end();
	assert.deepEqual(begun, ['quick']);
	own.ask('next');
	await end();
	assert.deepEqual(begun, ['quick', 'next']);
});

test('what is missing is asked for when the server said, and for five minutes', () => {
	mock.timers.enable({ apis: ['setTimeout', 'Date'] });
	let asked = 0;
	const rounds = new Rounds(() => (asked += 1));
	rounds.begin(20);
	mock.timers.tick(19_999);
	assert.equal(asked, 0);
	mock.timers.tick(1);
	assert.equal(asked, 1);
	mock.timers.tick(600_000);
	assert.equal(asked, 1, 'only when there is something to ask again');

	rounds.begin(20);
	rounds.next(0);
	mock.timers.tick(20_000);
	assert.equal(asked, 1, 'nothing is missing any more');

	rounds.begin(5);
	for (let round = 0; round < 200; round += 1) {
		const before = asked;
		mock.timers.tick(5000);
		if (asked > before) rounds.next(5);
	}
	assert.equal(asked, 1 + 60);
	rounds.begin(301);
	mock.timers.tick(301_000);
	assert.equal(asked, 1 + 60, 'nobody waits that long');
	mock.timers.reset();
});
