/**
 * The export's evidence: one classic script for each record and lot, since a page from a disk may not fetch.
 *
 * A script calls `langnghe.evidence(name, digest, base64)`. Its digest is compared before anything in it is read,
 * so a file that changed since the export never passes for one that says less.
 */

import {fromBase64, fromUtf8, toHex, toUtf8} from '../verifier/bytes.js';
import {sha256} from '../verifier/digest.js';

/** The file is there, and it is not what was exported. */
export class Damaged extends Error {}

/** The export has no such file. */
export class Missing extends Error {}

export class EvidenceFiles {
  #root;
  #handed = new Map();
  #loaded = new Map();

  /** @param {string} root where the export begins, seen from this page; ends in `/` or is empty */
  constructor(root) {
    this.#root = root;
  }

  /**
   * Takes what a script hands over.
   * @param {string} name
   * @param {string} digest
   * @param {string} packed
   */
  take(name, digest, packed) {
    this.#handed.set(name, {digest, packed});
  }

  /**
   * Gives what one evidence file says.
   * @param {string} name such as `record/village-bat-trang`
   * @returns {Promise<any>}
   * @throws {Missing}
   * @throws {Damaged}
   */
  load(name) {
    let found = this.#loaded.get(name);
    if (found === undefined) {
      found = this.#load(name);
      this.#loaded.set(name, found);
      found.catch(() => this.#loaded.delete(name));
    }
    return found;
  }

  async #load(name) {
    await this.#run(`${this.#root}evidence/${name}.js`, name);
    const {digest, packed} = this.#handed.get(name) ?? {};
    this.#handed.delete(name);
    if (typeof packed !== 'string' || toHex(await sha256(toUtf8(packed))) !== digest) {
      throw new Damaged(name);
    }
    return JSON.parse(/** @type {string} */ (fromUtf8(/** @type {Uint8Array} */ (fromBase64(packed)))));
  }

  #run(address, name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.src = address;
      script.onload = () => resolve(script.remove());
      script.onerror = () => {
        script.remove();
        reject(new Missing(name));
      };
      document.head.append(script);
    });
  }
}
