/**
 * Ed25519 public keys (RFC 8032) that are safe to trust, and their check of a signature through WebCrypto.
 *
 * Chromium has Ed25519 since 137, Firefox since 129, Safari since 17. A page for older ones may load a library
 * and hand over its check with `setEd25519Fallback`; it is asked only where WebCrypto declines.
 */

import {decodeMultibase, encodeMultibase} from './base58.js';
import {concat} from './bytes.js';
import {refuseWeak} from './curve.js';
import {sha256} from './digest.js';
import {NotVerified, Reason, Refused, Unsupported} from './errors.js';

/** @typedef {(signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean | Promise<boolean>} Check */

const MULTICODEC_PUBLIC = Uint8Array.of(0xed, 0x01);

/** @type {Check | null} */
let fallback = null;

/**
 * Sets what checks signatures where WebCrypto has no Ed25519. It must be strict: S below the group's order.
 *
 * With @noble/ed25519: `(signature, message, key) => verifyAsync(signature, message, key, {zip215: false})`.
 * @param {Check | null} verifyFn
 */
export function setEd25519Fallback(verifyFn) {
  fallback = verifyFn;
}

/** A public key that is canonical and not of small order. */
export class PublicKey {
  /** @type {Promise<CryptoKey | null> | null} */
  #imported = null;

  /**
   * Use `PublicKey.from`: the key id needs a hash, and hashes come later.
   * @param {Uint8Array} raw
   * @param {Uint8Array} kid
   */
  constructor(raw, kid) {
    this.raw = raw;
    /** The 4-byte key id that a label's seal carries: SHA-256(raw)[:4]. */
    this.kid = kid;
  }

  /**
   * Gives the key of 32 bytes.
   * @param {Uint8Array} raw
   * @throws {Refused} KEY_WEAK
   */
  static async from(raw) {
    refuseWeak(raw);
    return new PublicKey(raw, (await sha256(raw)).slice(0, 4));
  }

  /**
   * Reads `z6Mk…`: base58btc of 0xed 0x01 and the 32 key bytes (W3C Multikey).
   * @param {string} text
   * @throws {Refused} KEY_WEAK
   */
  static async fromMultibase(text) {
    const data = decodeMultibase(text, 34);
    if (data[0] !== MULTICODEC_PUBLIC[0] || data[1] !== MULTICODEC_PUBLIC[1]) {
      throw new Refused(Reason.KEY_WEAK, 'the multicodec prefix is not ed25519-pub (ed01)');
    }
    return PublicKey.from(data.slice(2));
  }

  /** The key as `z6Mk…` (W3C Multikey). */
  get multibase() {
    return encodeMultibase(concat(MULTICODEC_PUBLIC, this.raw));
  }

  /**
   * Checks an Ed25519 signature (RFC 8032 5.1.7).
   * @param {Uint8Array} signature
   * @param {Uint8Array} message
   * @throws {NotVerified} BAD_SIGNATURE
   */
  async verify(signature, message) {
    if (signature.length !== 64 || !(await this.#fits(signature, message))) {
      throw new NotVerified(Reason.BAD_SIGNATURE, 'the signature does not fit the key and the bytes');
    }
  }

  /**
   * @param {Uint8Array} signature
   * @param {Uint8Array} message
   */
  async #fits(signature, message) {
    const key = await (this.#imported ??= importKey(this.raw));
    if (key !== null) {
      const [given, signed] = /** @type {BufferSource[]} */ ([signature, message]);
      return crypto.subtle.verify({name: 'Ed25519'}, key, given, signed);
    }
    if (fallback === null) {
      // No verdict may come of this: the signature may well be good.
      throw new Unsupported('this browser cannot check Ed25519 signatures');
    }
    return (await fallback(signature, message, this.raw)) === true;
  }
}

/**
 * Gives the key for WebCrypto, or null where it has no Ed25519. The bytes are known to be a good key already.
 * @param {Uint8Array} raw
 */
async function importKey(raw) {
  try {
    const bytes = /** @type {BufferSource} */ (raw);
    return await crypto.subtle.importKey('raw', bytes, {name: 'Ed25519'}, false, ['verify']);
  } catch {
    return null;
  }
}
