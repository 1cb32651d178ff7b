// @ts-check

/** @import { Attempt, Problem, Result } from './api.js' */

/**
 * The questions one tab asks about one attempt: one at a time, none lost.
 * A message that arrives while another question is under way waits behind it;
 * what the server could not answer for a while is asked again when it can.
 * Somebody who presses a button gets an answer at once, even then.
 *
 * @module
 */

/**
 * @typedef {'message' | 'focus' | 'closed' | 'user' | 'timer' | 'load' | 'picked'} Kind
 * @typedef {{kind: Kind, id?: string, pressed?: boolean}} Question  pressed: in a pause, which it does not wait for
 */

/**
 * @typedef {object} CheckOptions
 * @property {(question: Question) => Promise<Result<Attempt>>} send
 * @property {(attempt: Attempt, question: Question) => void} onAttempt
 * @property {(problem: Problem) => void} onProblem  asking again cannot help
 * @property {(problem: Problem, seconds: number) => void} onPause  asked again after that many seconds
 * @property {(problem: Problem) => void} onStillPaused  asked in a pause, which goes on
 * @property {(run: () => void, ms: number) => unknown} [later]  setTimeout, unless a test brings its own
 */

/** Waits after failures that name none, in seconds; the last one repeats. */
const WAITS = [2, 5, 10, 30];

/** What a person asks themselves. @type {Kind[]} */
const BY_PERSON = ['user', 'picked'];

export class Checks {
	#options;
	/** @type {Question[]} */
	#waiting = [];
	#busy = false;
	/** The pause under way, a new one each time. @type {object | null} */
	#pause = null;
	#stopped = false;
	#failures = 0;

	/** @param {CheckOptions} options */
	constructor(options) {
		this.#options = options;
	}

	/**
	 * Asks the server to look, now or behind what is being asked.
	 *
	 * @param {Kind} kind
	 * @param {string} [id]  what a message named, or a person picked
	 */
	ask(kind, id) {
		if (this.#stopped) return;
		if (this.#pause && BY_PERSON.includes(kind)) {
			this.#press(kind, id);
			return;
		}
		const known = this.#waiting.some((question) => question.kind === kind && question.id === id);
		const idle = !this.#busy && this.#waiting.length === 0;
		// The clock alone is no news: whatever is being asked answers it too.
		if (known || (kind === 'timer' && !idle)) return;
		this.#waiting.push({ kind, id });
		void this.#run();
	}

	/**
	 * Asks in a pause, and does not wait for its end as the others do.
	 *
	 * @param {Kind} kind
	 * @param {string} [id]
	 */
	#press(kind, id) {
		const others = this.#waiting.filter((question) => question.kind !== kind || question.id !== id);
		this.#waiting = [...others, { kind, id, pressed: true }];
		void this.#run();
	}

	/** Forgets what waits, and what is under way. */
	stop() {
		this.#stopped = true;
		this.#waiting = [];
	}

	/** @returns {Question | undefined} what can be asked now, out of the queue */
	#next() {
		const place = this.#pause ? this.#waiting.findIndex(({ pressed }) => pressed) : 0;
		return place < 0 ? undefined : this.#waiting.splice(place, 1)[0];
	}

	async #run() {
		if (this.#busy || this.#stopped) return;
		const question = this.#next();
		if (question === undefined) return;
		this.#busy = true;
		const result = await this.#options.send(question);
		this.#busy = false;
		if (this.#stopped) return;
		this.#answer(question, result);
		void this.#run();
	}

	/**
	 * @param {Question} question
	 * @param {Result<Attempt>} result
	 */
	#answer(question, result) {
		if (result.ok) {
			this.#failures = 0;
			this.#pause = null;
			this.#options.onAttempt(result.value, question);
		} else if (passes(result.problem)) {
			this.#waiting.unshift({ ...question, pressed: false });
			if (this.#pause) this.#options.onStillPaused(result.problem);
			else this.#wait(result.problem);
		} else {
			this.#options.onProblem(result.problem);
		}
	}

	/** @param {Problem} problem */
	#wait(problem) {
		const seconds = problem.retry_after ?? WAITS[Math.min(this.#failures, WAITS.length - 1)] ?? 30;
		this.#failures += 1;
		const pause = {};
		this.#pause = pause;
		const later = this.#options.later ?? ((run, ms) => setTimeout(run, ms));
		later(() => {
			// An answer in between has ended it.
			if (this.#pause !== pause) return;
			this.#pause = null;
			void this.#run();
		}, seconds * 1000);
		this.#options.onPause(problem, seconds);
	}
}

/**
 * Whether a failure passes by itself: no answer, too many requests, a server in trouble.
 *
 * @param {Problem} problem
 * @returns {boolean}
 */
function passes(problem) {
	return problem.retry ?? (problem.status === 0 || problem.status === 429 || problem.status >= 500);
}
