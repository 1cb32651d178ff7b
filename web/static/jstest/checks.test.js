// @ts-check

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Checks } from '../js/checks.js';

/** @import { Question } from '../js/checks.js' */

/** @type {{question: Question, answer: (result: any) => Promise<void>}[]} */
let sent;
/** @type {{run: () => void, ms: number}[]} */
let later;
/** @type {string[]} */
let told;
/** @type {Checks} */
let checks;

const FOUND = { ok: true, value: { id: 'a' } };
const failed = (/** @type {number} */ status, /** @type {number} */ retry_after) => ({ ok: false, problem: { status, code: 'x', retry_after } });
const kinds = () => sent.map(({ question }) => question.kind + (question.id ? `:${question.id}` : ''));

beforeEach(() => {
	sent = [];
	later = [];
	told = [];
	checks = new Checks({
		send: (question) => new Promise((resolve) => {
			sent.push({ question, answer: async (result) => {
				resolve(result);
				await new Promise(setImmediate);
			} });
		}),
		onAttempt: (_, question) => told.push(`answer ${question.kind}`),
		onProblem: ({ status }) => told.push(`problem ${status}`),
		onPause: (_, seconds) => told.push(`pause ${seconds}`),
		onStillPaused: () => told.push('still paused'),
		later: (run, ms) => later.push({ run, ms }),
	});
});

test('one question at a time; a message waits behind it and is not lost', async () => {
	checks.ask('focus');
	checks.ask('message', '7');
	assert.deepEqual(kinds(), ['focus']);
	await sent[0]?.answer(FOUND);
	assert.deepEqual(kinds(), ['focus', 'message:7']);
	await sent[1]?.answer(FOUND);
	assert.deepEqual(told, ['answer focus', 'answer message']);
});

test('the same question waits once; the clock alone never waits', async () => {
	checks.ask('focus');
	checks.ask('closed');
	checks.ask('closed');
	checks.ask('message', '7');
	checks.ask('message', '7');
	checks.ask('timer');
	for (let turn = 0; turn < sent.length; turn += 1) await sent[turn]?.answer(FOUND);
	assert.deepEqual(kinds(), ['focus', 'closed', 'message:7']);
});

test('asked to wait, it waits that long and asks the same again', async () => {
	checks.ask('message', '7');
	await sent[0]?.answer(failed(429, 60));
	assert.deepEqual(told, ['pause 60']);
	checks.ask('focus');
	assert.deepEqual(kinds(), ['message:7'], 'nothing is asked meanwhile');
	assert.equal(later[0]?.ms, 60_000);
	later[0]?.run();
	assert.deepEqual(kinds(), ['message:7', 'message:7']);
	await sent[1]?.answer(FOUND);
	assert.deepEqual(kinds(), ['message:7', 'message:7', 'focus']);
});

test('who presses a button is answered in a pause too; the pause goes on when that fails', async () => {
	checks.ask('message', '7');
	await sent[0]?.answer(failed(429, 60));
	checks.ask('user');
	checks.ask('picked', '8');
	assert.deepEqual(kinds(), ['message:7', 'user']);
	await sent[1]?.answer(failed(429, 60));
	await sent[2]?.answer(failed(429, 60));
	assert.deepEqual(kinds(), ['message:7', 'user', 'picked:8']);
	assert.deepEqual(told, ['pause 60', 'still paused', 'still paused']);
	assert.equal(later.length, 1, 'one pause');
	checks.ask('user');
	assert.deepEqual(kinds(), ['message:7', 'user', 'picked:8', 'user'], 'pressed again, asked again');
	await sent[3]?.answer(failed(503, 60));
	later[0]?.run();
	for (let turn = 4; turn < sent.length; turn += 1) await sent[turn]?.answer(FOUND);
	assert.deepEqual(kinds().slice(4).sort(), ['message:7', 'picked:8', 'user'], 'none is lost, none is asked twice');
});

test('an answer to who pressed a button ends the pause', async () => {
	checks.ask('message', '7');
	await sent[0]?.answer(failed(429, 60));
	checks.ask('user');
	await sent[1]?.answer(FOUND);
	assert.deepEqual(kinds(), ['message:7', 'user', 'message:7']);
	await sent[2]?.answer(failed(429, 30));
	later[0]?.run();
	assert.equal(sent.length, 3, 'the end of the first pause is not that of the second');
	later[1]?.run();
	assert.equal(sent.length, 4);
});

test('a server that cannot be reached is asked ever more seldom', async () => {
	checks.ask('closed');
	for (let turn = 0; turn < 5; turn += 1) {
		await sent[turn]?.answer({ ok: false, problem: { status: turn % 2 ? 503 : 0, code: 'offline' } });
		later[turn]?.run();
	}
	assert.deepEqual(told, ['pause 2', 'pause 5', 'pause 10', 'pause 30', 'pause 30']);
});

test('what cannot succeed is told and not repeated', async () => {
	checks.ask('message', '7');
	await sent[0]?.answer(failed(401, 1));
	assert.deepEqual(told, ['problem 401']);
	assert.equal(later.length, 0);
});

test('stopped, it asks and tells nothing more', async () => {
	checks.ask('focus');
	checks.ask('user');
	checks.stop();
	await sent[0]?.answer(FOUND);
	checks.ask('user');
	assert.deepEqual(kinds(), ['focus']);
	assert.deepEqual(told, []);
});

test('the server says itself whether asking again may help', async () => {
	checks.ask('focus');
	await sent[0]?.answer({ ok: false, problem: { status: 502, code: 'x', retry: false } });
	checks.ask('closed');
	await sent[1]?.answer({ ok: false, problem: { status: 409, code: 'x', retry: true, retry_after: 3 } });
	assert.deepEqual(told, ['problem 502', 'pause 3']);
});
