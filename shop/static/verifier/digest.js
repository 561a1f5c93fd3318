/** SHA-256 through WebCrypto, and the `digestMultibase` that records and links carry. */

import {encodeMultibase} from './base58.js';
import {concat} from './bytes.js';
import {Unsupported} from './errors.js';

const MULTIHASH_SHA256 = Uint8Array.of(0x12, 0x20);

/**
 * Gives the 32-byte SHA-256 of `data`.
 * @param {Uint8Array} data
 * @returns {Promise<Uint8Array>}
 */
export async function sha256(data) {
  // Browsers give `subtle` to secure pages alone: https, localhost, and files.
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new Unsupported('this page was not opened securely, so the browser gives no SHA-256');
  }
  return new Uint8Array(await subtle.digest('SHA-256', /** @type {BufferSource} */ (data)));
}

/**
 * Gives the `zQm…` of a SHA-256: z and base58btc of 0x12 0x20 and the 32 bytes.
 * @param {Uint8Array} digest
 */
export function digestMultibase(digest) {
  return encodeMultibase(concat(MULTIHASH_SHA256, digest));
}
