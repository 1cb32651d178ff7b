// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { challengeOf, newPair } from '../js/handover.js';

test('the challenge is the one of RFC 7636, appendix B', async () => {
	assert.equal(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('each pair is new and of the form the server takes', async () => {
	const [first, second] = [await newPair(), await newPair()];
	assert.match(first.verifier, /^[A-Za-z0-9_-]{43}$/);
	assert.match(first.challenge, /^[A-Za-z0-9_-]{43}$/);
	assert.notEqual(first.verifier, second.verifier);
	assert.equal(await challengeOf(second.verifier), second.challenge);
});
