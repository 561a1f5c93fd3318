/**
 * What this browser has seen: the newest trust list and the largest head of each log.
 *
 * An old copy is signed as well as a new one. Only somebody who remembers can tell that a copy leaves out what
 * was revoked since, so the checker remembers, and refuses to go back.
 */

/**
 * @typedef {{sequence: number, list: string, size: string, root: string, day: string}} Seen `list` is the digest of
 *   the trust list's text, empty where an earlier version remembered none; the day is when it was seen
 */

/**
 * Says what is wrong with a copy for somebody who has seen `seen`.
 * @param {Seen} seen
 * @param {Seen} copy
 * @returns {'ROLLBACK' | 'FORK' | null}
 */
export function judge(seen, copy) {
  if (copy.sequence < seen.sequence || BigInt(copy.size) < BigInt(seen.size)) {
    return 'ROLLBACK';
  }
  const isOtherList = copy.sequence === seen.sequence && seen.list !== '' && copy.list !== seen.list;
  return isOtherList || (copy.size === seen.size && copy.root !== seen.root) ? 'FORK' : null;
}

/** The memory of one log, under the fingerprint of its roots, since many copies may share one address. */
export class Memory {
  #key;

  /**
   * @param {string} fingerprint
   * @param {string} origin
   */
  constructor(fingerprint, origin) {
    this.#key = `langnghe ${fingerprint} ${origin}`;
  }

  /**
   * Gives what was seen, null where this is the first time or the browser keeps nothing.
   * @returns {Seen | null}
   */
  read() {
    try {
      const {sequence, list, size, root, day} = JSON.parse(localStorage.getItem(this.#key) ?? '');
      BigInt(size);
      const seen = {sequence, list: String(list ?? ''), size, root, day: String(day)};
      return Number.isSafeInteger(sequence) ? seen : null;
    } catch {
      return null;
    }
  }

  /**
   * Remembers a copy; says whether the browser keeps it.
   * @param {Seen} copy
   */
  write(copy) {
    try {
      localStorage.setItem(this.#key, JSON.stringify(copy));
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets, because somebody asked for it. */
  clear() {
    localStorage.removeItem(this.#key);
  }
}
