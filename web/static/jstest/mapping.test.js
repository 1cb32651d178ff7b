// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pieces, wordsOf } from '../js/mapping.js';

/** @param {string} value */
const cut = (value) => pieces(value).map(({ text, token }) => token ?? text);

test('a value is text and tokens, in their order', () => {
	assert.deepEqual(cut('Dear {{lead.full_name}},\nhello'), ['Dear ', '{{lead.full_name}}', ',\nhello']);
	assert.deepEqual(cut('{{a.b}}{{c.d}}'), ['{{a.b}}', '{{c.d}}']);
	assert.deepEqual(cut(''), []);
});

test('loose spaces in braces are no part of a token', () => {
	assert.deepEqual(pieces('{{ lead.name }}'), [{ text: '{{ lead.name }}', token: '{{lead.name}}' }]);
});

test('what is not closed is text still', () => {
	assert.deepEqual(pieces('{{lead.na'), [{ text: '{{lead.na' }]);
	assert.deepEqual(cut('{ {{a.b}} }'), ['{ ', '{{a.b}}', ' }']);
	assert.deepEqual(cut('{{{a.b}}}'), ['{', '{{a.b}}', '}']);
});

test('words for a token', () => {
	const known = new Map([['{{lead.full_name}}', ['1. New Lead', 'Full Name', 'Ada']], ['{{lead.address.city}}', ['1. New Lead', 'City', '']]]);
	for (const plain of [true, false]) {
		assert.equal(wordsOf('{{lead.full_name}}', known, plain)?.[1], 'Full Name');
		for (const token of ['{{lead.name}}', '{{city}}', '{{}}']) assert.equal(wordsOf(token, known, plain), undefined);
	}
	assert.equal(wordsOf('{{full_name}}', known, true)?.[1], 'Full Name', 'the field alone');
	assert.equal(wordsOf('{{address.city}}', known, true)?.[1], 'City', 'a field of a field alone');
	for (const token of ['{{full_name}}', '{{address.city}}']) assert.equal(wordsOf(token, known, false), undefined, 'not in a Zap of more steps');
});
