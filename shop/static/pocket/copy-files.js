/** The copy's evidence by name, as the checker of a static export asks for it. */

import {Missing} from '../checker/evidence-files.js';

class CopyFiles {
  #evidence;

  constructor(/** @type {Record<string, any>} */ evidence) {
    this.#evidence = new Map(Object.entries(evidence));
  }

  /**
   * Gives what one name stands for.
   * @param {string} name such as `record/village-bat-trang`
   * @returns {Promise<any>}
   * @throws {Missing}
   */
  async load(name) {
    if (!this.#evidence.has(name)) {
      throw new Missing(name);
    }
    return this.#evidence.get(name);
  }

  /** Gives all names that begin so. */
  names(/** @type {string} */ start) {
    return [...this.#evidence.keys()].filter(name => name.startsWith(start));
  }
}

/**
 * Gives the files of a copy's text.
 * @throws {TypeError} for what is no copy
 */
export function filesOf(/** @type {string} */ text) {
  const {v: version, evidence} = JSON.parse(text);
  if (version !== 1 || typeof evidence !== 'object' || evidence === null) {
    throw new TypeError('this is no copy that this version can read');
  }
  return new CopyFiles(evidence);
}
