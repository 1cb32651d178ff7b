// @ts-check

/**
 * Which attempts' ends have been told in this tab. A reload must not tell them
 * again, so the tab's own storage remembers them; where storage is refused, as
 * to frames of other sites, the page remembers them for as long as it stands.
 *
 * @module
 */

const KEY = 'zapembed:told:';

export class Told {
	/** @type {Set<string>} */
	#here = new Set();
	#storage;

	/** @param {() => Storage} [storage]  may throw */
	constructor(storage = () => sessionStorage) {
		this.#storage = storage;
	}

	/**
	 * @param {string} id
	 * @returns {boolean}
	 */
	has(id) {
		return this.#here.has(id) || this.#try((storage) => storage.getItem(KEY + id)) === '1';
	}

	/** @param {string} id */
	add(id) {
		this.#here.add(id);
		this.#try((storage) => storage.setItem(KEY + id, '1'));
	}

	/**
	 * @template T
	 * @param {(storage: Storage) => T} use
	 * @returns {T | undefined}
	 */
	#try(use) {
		try {
			return use(this.#storage());
		} catch {
			return undefined;
		}
	}
}
