/**
 * The bits of a status list from their text: `u` and the base64url of their gzip, read strictly.
 *
 * Source: W3C Bitstring Status List 1.0, sections 3.2 and 4; index 0 is the most significant bit of byte 0.
 */

import {fromBase64} from './bytes.js';
import {BadPacking, gunzip} from './inflate.js';
import {STATUS_LIST_MAX_BITS, STATUS_LIST_MAX_CHARS, STATUS_LIST_MIN_BITS} from './limits.js';
import {badRecord} from './members.js';

const TEXT = /^u[A-Za-z0-9_-]+$/;

/**
 * Gives the bits of an `encodedList`; no more than 2^20 bits are ever unpacked.
 * @param {string} text
 * @throws {import('./errors.js').Unreadable} BAD_RECORD
 */
export function decodeBits(text) {
  if (text.length > STATUS_LIST_MAX_CHARS || !TEXT.test(text)) {
    throw badRecord('encodedList: expected u and base64url without padding');
  }
  const standard = text.slice(1).replaceAll('-', '+').replaceAll('_', '/');
  const data = fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
  if (data === null) {
    throw badRecord('encodedList: the base64url is not in its one spelling');
  }
  const bits = unpack(data);
  if (8 * bits.length < STATUS_LIST_MIN_BITS) {
    throw badRecord(`encodedList: expected ${STATUS_LIST_MIN_BITS} bits or more, got ${8 * bits.length}`);
  }
  return bits;
}

/**
 * Tells whether the bit at an index, from 0, is set.
 * @param {Uint8Array} bits
 * @param {number} index
 * @throws {import('./errors.js').Unreadable} BAD_RECORD, RANGE of the standard: the list has no such index
 */
export function readBit(bits, index) {
  if (index >= 8 * bits.length) {
    throw badRecord(`encodedList: RANGE: index ${index} of a list of ${8 * bits.length} bits`);
  }
  return (bits[index >> 3] & (0x80 >> (index & 7))) !== 0;
}

/** @param {Uint8Array} data */
function unpack(data) {
  try {
    return gunzip(data, STATUS_LIST_MAX_BITS / 8);
  } catch (error) {
    throw error instanceof BadPacking ? badRecord(`encodedList: ${error.message}`) : error;
  }
}
