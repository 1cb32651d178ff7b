// @ts-check

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tellPartner } from '../js/partner.js';

/**
 * @param {object} detail
 * @param {string[]} origins
 * @param {string[]} [around]
 */
function told(detail, origins, around) {
	/** @type {[object, string][]} */
	const posted = [];
	const parent = { postMessage: (/** @type {object} */ message, /** @type {string} */ origin) => posted.push([message, origin]) };
	const event = { detail, target: { dataset: { app: 'app-1' } } };
	tellPartner(/** @type {any} */ (event), origins, /** @type {any} */ ({ parent, location: { ancestorOrigins: around } }));
	return posted;
}

const connected = { attempt: 'a', outcome: 'connected', authentication_id: '7' };
const message = { type: 'zapembed.connected', app: 'app-1', authentication_id: '7' };

test('each origin by its name, never everybody', () => {
	assert.deepEqual(told(connected, ['https://a.example', 'https://b.example']), [
		[message, 'https://a.example'],
		[message, 'https://b.example'],
	]);
});

test('only the page around, where the browser names it', () => {
	assert.deepEqual(told(connected, ['https://a.example', 'https://b.example'], ['https://b.example', 'https://top.example']), [[message, 'https://b.example']]);
	assert.deepEqual(told(connected, ['https://a.example'], ['https://evil.example']), []);
});

test('other ends are nobody else’s business', () => {
	for (const outcome of ['cancelled', 'expired', 'failed', 'superseded']) assert.deepEqual(told({ ...connected, outcome }, ['https://a.example']), []);
});
