// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Told } from '../js/told.js';

/** A tab's storage, as far as told.js knows it. */
function storage() {
	/** @type {Map<string, string>} */
	const items = new Map();
	return /** @type {any} */ ({
		getItem: (/** @type {string} */ key) => items.get(key) ?? null,
		setItem: (/** @type {string} */ key, /** @type {string} */ value) => items.set(key, value),
	});
}

test('what was told before a reload is known after it', () => {
	const tab = storage();
	new Told(() => tab).add('a');
	const reloaded = new Told(() => tab);
	assert.equal(reloaded.has('a'), true);
	assert.equal(reloaded.has('b'), false);
});

test('where storage is refused, the page itself remembers', () => {
	const told = new Told(() => {
		throw new Error('SecurityError');
	});
	assert.equal(told.has('a'), false);
	told.add('a');
	assert.equal(told.has('a'), true);
});
