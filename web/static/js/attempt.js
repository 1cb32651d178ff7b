// @ts-check

import { Checks } from './checks.js';
import { announce, refresh, sleep } from './live.js';
import { isPlainClick, openPopup, popupsFit, watchPopup } from './popup.js';
import { Told } from './told.js';
import { countdownText, showNote, showView, spokenView } from './views.js';

/** @import { Api, Attempt, Problem } from './api.js' */
/** @import { Question } from './checks.js' */
/** @import { AttemptStream } from './events.js' */
/** @import { Evidence, Popup } from './popup.js' */

/**
 * The browser's side of connecting an Authentication. It opens the window, passes
 * every sign on to the server, and shows what the server says. It decides nothing.
 *
 * @module
 */

/** How soon the server is asked whether a window without a handle has opened; then ever less often. */
const OPENING_POLL_MS = 200;
const OPENING_POLL_GROWTH = 1.3;
/** How long a link that was followed may take until the server has seen it. */
const FOLLOW_MS = 15_000;

/** How long a click waits for a drawing: the browser forgets the click soon after. */
const DRAWING_S = 3;

/** The region's state for each way an attempt ends. @type {Partial<Record<Attempt['state'], string>>} */
const ENDINGS = { connected: 'connected', cancelled: 'cancelled', superseded: 'cancelled', expired: 'expired', failed: 'failed' };

/** The states in which something may still happen at Zapier. */
const OPEN = ['opened', 'waiting'];

export class AttemptController {
	#api;
	#root;
	#region;
	/** The attempt that a click opens, and that is asked about. */
	#id = '';
	/** When that attempt was made, once the server has said so. */
	#created = 0;
	/** Attempts whose end has been dealt with. @type {Set<string>} */
	#ended = new Set();
	#told = new Told();
	/** @type {Checks} */
	#checks;
	/** @type {Popup | null} */
	#popup = null;
	/** The candidates that are being drawn. @type {string | null} */
	#offering = null;
	/** The drawing under way: an older one must not land on a newer. */
	#refreshing = new AbortController();
	/** The last drawing that was asked for. @type {Promise<boolean>} */
	#drawing = Promise.resolve(false);
	/** Waiting to learn whether a window without a handle has opened. */
	#opening = false;
	#ignored = 0;
	/** How many refused hints the region has spoken of. */
	#refused = 0;
	/** Timers of the attempt under way. @type {Set<ReturnType<typeof setTimeout>>} */
	#timers = new Set();
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#countdown;
	/** A button's question that is asked again. @type {ReturnType<typeof setTimeout> | undefined} */
	#again;

	/**
	 * @param {HTMLElement} region
	 * @param {Element} root  what is refreshed, and where the controls are
	 * @param {{api: Api, stream: AttemptStream}} services
	 */
	constructor(region, root, { api, stream }) {
		this.#api = api;
		this.#root = root;
		this.#region = region;
		this.#checks = this.#newChecks();
		root.addEventListener('click', (event) => this.#onClick(/** @type {MouseEvent} */ (event)));
		root.addEventListener('submit', (event) => this.#onSubmit(/** @type {SubmitEvent} */ (event)));
		addEventListener('pageshow', (event) => event.persisted && this.#checks.ask('load'));
		stream.subscribe((attempt) => this.#onNews(attempt));
		this.#take(region);
	}

	// --- the region ---------------------------------------------------------

	/**
	 * Takes over a region the server has drawn.
	 *
	 * @param {HTMLElement} region
	 */
	#take(region) {
		this.#region = region;
		this.#region.dataset.ignored = String(this.#ignored);
		this.#refused = 0;
		const next = region.dataset.nextAttempt ?? '';
		// A region that was drawn before the end of its attempt asks once more, and is drawn again.
		if (next !== this.#id || this.#ended.has(next)) {
			this.#id = next;
			this.#created = 0;
			this.#checks.stop();
			this.#checks = this.#newChecks();
		}
		if (Object.values(ENDINGS).includes(this.#state)) void this.#tellDrawn(region.dataset.attempt ?? '');
		if (!OPEN.includes(this.#state)) return;
		this.#activate();
		this.#checks.ask('load');
	}

	get #state() {
		return this.#region.dataset.state ?? '';
	}

	/** @returns {{blocked: number, calm: number, checks: number[]}} */
	get #timings() {
		return JSON.parse(this.#region.dataset.timings ?? '{}');
	}

	/**
	 * @param {string} state
	 * @param {{quiet?: boolean}} [how]
	 */
	#show(state, { quiet = false } = {}) {
		const region = this.#region;
		const active = document.activeElement;
		region.dataset.state = state;
		region.dataset.view = state;
		showView(region, state);
		this.#clearNote();
		// Where the control that had the focus is gone, the view's heading takes it.
		if (region.contains(active) && active?.closest('[hidden]')) this.#focusHeading();
		if (!quiet) announce(spokenView(region));
	}

	#focusHeading() {
		/** @type {HTMLElement | null} */
		const heading = this.#region.querySelector('[data-panel]:not([hidden]) [tabindex="-1"]');
		heading?.focus({ preventScroll: true });
	}

	/**
	 * Has the server draw this App's part of the page again, with one attempt's end in it.
	 *
	 * @param {string} [attempt]
	 * @returns {Promise<boolean>} whether it has
	 */
	#refresh(attempt) {
		this.#drawing = this.#draw(attempt);
		return this.#drawing;
	}

	/**
	 * @param {string} [attempt]
	 * @returns {Promise<boolean>} whether the region is the new one
	 */
	async #draw(attempt) {
		this.#refreshing.abort();
		this.#refreshing = new AbortController();
		const url = new URL(location.href);
		url.search = attempt ? new URLSearchParams({ attempt }).toString() : '';
		const hadFocus = this.#root.contains(document.activeElement);
		const replaced = await refresh(this.#root, url.href, this.#refreshing.signal);
		/** @type {HTMLElement | null} */
		const region = this.#root.querySelector('[data-controller="attempt"]');
		if (!replaced || !region) return false;
		this.#take(region);
		if (hadFocus && document.activeElement === document.body) this.#focusHeading();
		return true;
	}

	// --- what a person does -------------------------------------------------

	/** @param {MouseEvent} event */
	#onClick(event) {
		const target = event.target instanceof Element ? event.target : null;
		/** @type {HTMLAnchorElement | null} */
		const link = target?.closest('a[data-attempt-open], a[data-attempt-link]') ?? null;
		if (!link || event.defaultPrevented) return;
		const ours = isPlainClick(event) && link.matches('[data-attempt-open]');
		if (ours && !popupsFit()) {
			link.removeAttribute('target');
		} else if (ours) {
			event.preventDefault();
			this.#open(link.href);
		} else {
			void this.#awaitOpening(FOLLOW_MS);
		}
	}

	/**
	 * Opens the window in the click itself, or brings it back to the front.
	 *
	 * @param {string} href
	 */
	#open(href) {
		if (this.#opening) return;
		if (this.#ended.has(this.#id)) {
			void this.#openAfresh();
			return;
		}
		if (this.#popup?.alive) {
			this.#popup.focus();
			return;
		}
		this.#popup?.dispose();
		this.#popup = openPopup({ ...this.#watching(), href, name: this.#region.dataset.window ?? '' });
		if (this.#popup.opened) this.#begin();
		else void this.#openedWithoutHandle();
	}

	/**
	 * A click while the page is still being drawn after an attempt's end: the link clicked leads nowhere any more,
	 * the one that is coming does. The browser remembers the click for a moment; if not, the window counts as blocked.
	 */
	async #openAfresh() {
		this.#opening = true;
		await Promise.race([this.#drawing, sleep(DRAWING_S)]);
		this.#opening = false;
		/** @type {HTMLAnchorElement | null} */
		const link = this.#root.querySelector('a[data-attempt-open]');
		if (link && !this.#ended.has(this.#id)) this.#open(link.href);
		else location.reload(); // the drawing did not get through
	}

	/** Null may mean "blocked" or "opened without a hold on it": only the server can tell. */
	async #openedWithoutHandle() {
		const id = this.#id;
		this.#opening = true;
		const opened = await this.#awaitOpening(this.#timings.blocked);
		this.#opening = false;
		if (!opened && id === this.#id && !OPEN.includes(this.#state)) this.#show('blocked');
	}

	/**
	 * Asks until the server has seen the start link. It answers that link only when it
	 * has read a list at Zapier, which may take longer than anybody waits here.
	 *
	 * @param {number} ms
	 * @returns {Promise<boolean>} whether it has
	 */
	async #awaitOpening(ms) {
		const id = this.#id;
		const end = performance.now() + ms;
		for (let wait = OPENING_POLL_MS; performance.now() < end && id === this.#id; wait *= OPENING_POLL_GROWTH) {
			await new Promise((resolve) => setTimeout(resolve, wait));
			if (id === this.#id && OPEN.includes(this.#state)) return true;
			const result = await this.#api.attempt(id);
			if (id !== this.#id || !result.ok) continue;
			const { seen, state } = result.value;
			if (state === 'minted' && !seen) continue;
			if (state === 'minted') this.#begin();
			this.#adopt(result.value);
			return true;
		}
		return false;
	}

	/** @param {SubmitEvent} event */
	#onSubmit(event) {
		const form = /** @type {HTMLFormElement} */ (event.target);
		const action = form.dataset.attemptAction;
		if (!action) return;
		event.preventDefault();
		const picked = event.submitter instanceof HTMLButtonElement ? event.submitter.value : '';
		if (picked) this.#checks.ask('picked', picked);
		else if (action === 'check') this.#checks.ask('user');
		else if (action === 'cancel') void this.#cancel();
		else if (action === 'restart') void this.#restart();
	}

	async #cancel() {
		clearTimeout(this.#again);
		const result = await this.#api.cancel(this.#id);
		if (result.ok) this.#adopt(result.value);
		else this.#later(result.problem, () => this.#cancel());
	}

	async #restart() {
		clearTimeout(this.#again);
		const old = this.#id;
		const result = await this.#api.startOver(this.#region.dataset.app ?? '');
		if (!result.ok) return this.#later(result.problem, () => this.#restart());
		// The server takes a last look: what has been connected meanwhile is not started over.
		if (result.value.id === old) return this.#adopt(result.value);
		// The old one's end may have come over the stream already; it is told once all the same.
		return this.#end({ ...result.value, id: old, state: 'superseded', reason: 'newer-attempt' });
	}

	// --- waiting ------------------------------------------------------------

	/** A window is open, or so it seems: from now on signs are awaited. */
	#begin() {
		this.#region.dataset.attempt = this.#id;
		delete this.#region.dataset.authenticationId;
		this.#activate();
		this.#show('opened');
	}

	#activate() {
		this.#popup ??= watchPopup(this.#watching());
		this.#stopTimers();
		this.#after(this.#timings.calm, () => this.#state === 'opened' && this.#show('waiting'));
		this.#scheduleCheck(0);
	}

	/** @param {number} turn */
	#scheduleCheck(turn) {
		const { checks } = this.#timings;
		const wait = checks[Math.min(turn, checks.length - 1)];
		if (wait === undefined) return;
		this.#after(wait, () => {
			// Nobody looks at a hidden page; coming back to it asks at once.
			if (document.visibilityState === 'visible') this.#checks.ask('timer');
			this.#scheduleCheck(turn + 1);
		});
	}

	/** What to listen for, and whom to tell. */
	#watching() {
		const { origin = '', messageType = '' } = this.#region.dataset;
		return {
			protocol: { origin, type: messageType, field: 'authentication_id' },
			onEvidence: (/** @type {Evidence} */ evidence) => this.#onEvidence(evidence),
			onIgnored: () => {
				this.#ignored += 1;
				this.#region.dataset.ignored = String(this.#ignored);
			},
		};
	}

	/** @param {Evidence} evidence */
	#onEvidence(evidence) {
		this.#checks.ask(evidence.kind, evidence.kind === 'message' ? evidence.id : undefined);
	}

	// --- what the server says -----------------------------------------------

	#newChecks() {
		const id = this.#id;
		return new Checks({
			send: ({ kind, id: named }) => this.#api.check(id, { evidence: kind, authentication_id: named }),
			onAttempt: (attempt, question) => this.#onAnswer(attempt, question),
			onProblem: (problem) => this.#onProblem(problem),
			onPause: (problem, seconds) => this.#onPause(problem, seconds),
			onStillPaused: () => this.#sayNote(),
		});
	}

	/**
	 * @param {Attempt} attempt
	 * @param {Question} question
	 */
	#onAnswer(attempt, question) {
		// Another answer to the same effect must not take away what somebody who asked is just reading.
		const answered = this.#region.querySelector('[data-note="nothing-new"]:not([hidden])');
		if (!answered || question.kind === 'user') this.#clearNote();
		this.#adopt(attempt);
		if (ENDINGS[attempt.state] || attempt.candidates?.length) return;
		// Calm words for somebody who says that they are done, or whose window is gone.
		const says = question.kind === 'user';
		const calm = attempt.state === 'opened' && (says || question.kind === 'closed');
		if (calm && this.#state !== 'waiting') this.#show('waiting', { quiet: says });
		if (says) this.#note('nothing-new');
	}

	/** @param {Attempt} attempt */
	#adopt(attempt) {
		if (attempt.id !== this.#id) return;
		this.#created = Date.parse(attempt.created_at);
		const known = this.#ended.has(attempt.id);
		if (ENDINGS[attempt.state]) {
			if (!known) void this.#end(attempt);
			else if (OPEN.includes(this.#state)) void this.#catchUp(attempt);
		} else if (attempt.state === 'opened' && !known) {
			if (!OPEN.includes(this.#state)) this.#begin();
			void this.#offerCandidates(attempt);
			this.#askForTheAccount(attempt);
		}
	}

	/**
	 * Something was connected that this person has no part in: it was another Zapier account.
	 *
	 * @param {Attempt} attempt
	 */
	#askForTheAccount({ refused_hints: refused = 0, candidates }) {
		if (refused <= this.#refused || candidates?.length) return;
		this.#refused = refused;
		this.#show('waiting', { quiet: true });
		/** @type {HTMLDetailsElement | null} */
		const details = this.#region.querySelector('details[data-other-account]');
		if (!details) return;
		details.open = true;
		announce([...details.children].map((part) => part.textContent.trim()).join(' '));
	}

	/** @param {Attempt} attempt */
	async #offerCandidates(attempt) {
		const candidates = (attempt.candidates ?? []).map(({ id }) => id).join(' ');
		if (candidates === (this.#offering ?? this.#offered)) return;
		this.#offering = candidates;
		const drawn = await this.#refresh(attempt.id);
		// Otherwise other candidates are being drawn by now.
		if (this.#offering === candidates) this.#offering = null;
		if (drawn) announce(spokenView(this.#region));
	}

	/** The candidates a person can pick from now. */
	get #offered() {
		const buttons = [...this.#region.querySelectorAll('[data-candidate]')].filter((button) => !button.closest('[hidden]'));
		return buttons.map((button) => button.getAttribute('data-candidate')).join(' ');
	}

	/**
	 * News from another tab, or from the server itself.
	 *
	 * @param {Attempt} attempt
	 */
	#onNews(attempt) {
		this.#adopt(attempt);
		const ours = attempt.app === this.#region.dataset.app && attempt.id !== this.#id;
		const newer = this.#created > 0 && Date.parse(attempt.created_at) > this.#created;
		const moved = attempt.state === 'opened' || attempt.state === 'connected';
		if (ours && newer && moved && !OPEN.includes(this.#state)) void this.#refresh(attempt.id);
	}

	/**
	 * The attempt has ended: told once, shown, and the page's list brought up to date.
	 *
	 * @param {Attempt} attempt
	 */
	async #end(attempt) {
		if (this.#ended.has(attempt.id)) return;
		this.#ended.add(attempt.id);
		if (attempt.reason === 'signed-out') return this.#endSignedOut(attempt);
		this.#region.dataset.attempt = attempt.id;
		if (attempt.authentication_id) this.#region.dataset.authenticationId = attempt.authentication_id;
		this.#show(ENDINGS[attempt.state] ?? 'failed', { quiet: true });
		this.#tell(attempt);
		await this.#catchUp(attempt);
		announce(spokenView(this.#region));
	}

	/**
	 * Signed out, maybe in another tab. Whoever was not waiting for anything has had nothing cancelled.
	 *
	 * @param {Attempt} attempt
	 */
	#endSignedOut(attempt) {
		if (OPEN.includes(this.#state)) this.#show('cancelled', { quiet: true });
		this.#tell(attempt);
		this.#letGo();
		this.#note('signed-out');
	}

	/**
	 * Lets go of the attempt, and brings a page that was drawn before the end up to date.
	 *
	 * @param {Attempt} attempt
	 */
	async #catchUp(attempt) {
		this.#letGo();
		await this.#refresh(attempt.state === 'superseded' ? undefined : attempt.id);
	}

	/** Waits for nothing more. */
	#letGo() {
		this.#checks.stop();
		this.#stopTimers();
		this.#popup?.close();
		this.#popup?.dispose();
		this.#popup = null;
	}

	/**
	 * Tells of an end that was in the page when it was drawn: somebody who comes back to
	 * this tab from Zapier finds it so. Listeners of the page may come after us, hence the wait.
	 *
	 * @param {string} id
	 */
	async #tellDrawn(id) {
		if (this.#told.has(id)) return;
		await loaded();
		const result = await this.#api.attempt(id);
		if (result.ok && ENDINGS[result.value.state]) this.#tell(result.value);
	}

	/** @param {Attempt} attempt */
	#tell({ id, state, reason, authentication_id }) {
		if (this.#told.has(id)) return;
		this.#told.add(id);
		/** @type {Record<string, string | undefined>} */
		const detail = { attempt: id, outcome: state, reason };
		if (authentication_id) detail.authentication_id = authentication_id;
		this.#region.dispatchEvent(new CustomEvent('zapembed:attempt', { bubbles: true, detail }));
	}

	// --- trouble ------------------------------------------------------------

	/** @param {Problem} problem */
	#onProblem(problem) {
		if (problem.status === 404 && !this.#ended.has(this.#id)) {
			// Forgotten by the server: the page's next drawing brings a fresh one, unless it is wrong too.
			this.#ended.add(this.#id);
			this.#checks.stop();
			void this.#refresh();
		} else if (problem.status === 401) {
			this.#stopTimers();
			this.#checks.stop();
			this.#note('signed-out');
		} else if (problem.detail) {
			this.#note('problem', problem.detail);
		} else {
			// No answer, or one that is not our server's.
			this.#note('offline');
		}
	}

	/**
	 * Asking has to wait. Only a limit of Zapier's is told with a countdown; everything else has words of its own.
	 *
	 * @param {Problem} problem
	 * @param {number} seconds
	 */
	#onPause(problem, seconds) {
		if (problem.code === 'zapier-rate-limited') this.#countDown(seconds);
		else if (problem.detail) this.#note('problem', problem.detail, 'asking-again');
		else this.#onProblem(problem);
	}

	/** @param {number} seconds */
	#countDown(seconds) {
		this.#note('pause', countdownText(this.#region, 'pause', seconds));
		let left = seconds;
		this.#countdown = setInterval(() => {
			left -= 1;
			if (left > 0) showNote(this.#region, 'pause', countdownText(this.#region, 'pause', left));
			else this.#clearNote();
		}, 1000);
	}

	/**
	 * @param {string} name
	 * @param {string} [text]
	 * @param {string} [beside]  another note that stands with it
	 */
	#note(name, text, beside) {
		const news = this.#region.querySelector(`[data-note="${name}"]`)?.hasAttribute('hidden');
		clearInterval(this.#countdown);
		showNote(this.#region, name, text, beside);
		if (news) this.#sayNote();
	}

	/** Reads out what is noted now. */
	#sayNote() {
		const notes = [...this.#region.querySelectorAll('[data-note]:not([hidden])')];
		announce(notes.map((note) => note.textContent.trim()).join(' '));
	}

	#clearNote() {
		clearInterval(this.#countdown);
		showNote(this.#region);
	}

	/**
	 * What a button asked for is asked again when the server has said.
	 *
	 * @param {Problem} problem
	 * @param {() => void} again
	 */
	#later(problem, again) {
		const { retry_after: seconds } = problem;
		if (seconds === undefined) return this.#onProblem(problem);
		this.#onPause(problem, seconds);
		this.#again = setTimeout(again, seconds * 1000);
		return undefined;
	}

	// --- timers -------------------------------------------------------------

	/**
	 * @param {number} ms
	 * @param {() => void} run
	 */
	#after(ms, run) {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			run();
		}, ms);
		this.#timers.add(timer);
	}

	#stopTimers() {
		clearTimeout(this.#again);
		this.#timers.forEach(clearTimeout);
		this.#timers.clear();
	}
}

/** Waits until the page has loaded, its scripts included. */
async function loaded() {
	if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
}
