// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fold, step } from '../js/combobox.js';

test('a search minds neither case nor accents, nor spaces around it', () => {
	assert.equal(fold('  Zürich '), fold('zurich'));
	assert.equal(fold('Ñandú'), fold('NANDU'));
	assert.ok(fold('São Tomé').includes(fold('tome')));
	assert.notEqual(fold('Bergen'), fold('Berge'));
	assert.equal(fold('東京'), '東京');
});

test('arrow keys go around the ends', () => {
	assert.deepEqual([-1, 0, 1, 2].map((at) => step('ArrowDown', at, 3)), [0, 1, 2, 0]);
	assert.deepEqual([-1, 0, 1, 2].map((at) => step('ArrowUp', at, 3)), [2, 2, 0, 1]);
});
