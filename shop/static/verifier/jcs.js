/** The one canonical byte form of JSON (RFC 8785), as text; its UTF-8 bytes are what is signed. */

import {toUtf8} from './bytes.js';
import {Reason, Unreadable} from './errors.js';
import {Float} from './json-scanner.js';

/**
 * Gives the canonical text of a parsed value, or of one built of plain objects, which writers here use.
 *
 * RFC 8785 is made of ECMAScript: its numbers print as JavaScript prints them, its names sort by UTF-16 units.
 * @param {unknown} value Map, plain object, array, string, number, Float, boolean or null
 * @returns {string}
 * @throws {Unreadable} NOT_STRICT_JSON, for what JSON cannot hold exactly
 */
export function canonicalText(value) {
  if (value === null || typeof value === 'boolean') {
    return String(value);
  }
  if (typeof value === 'string') {
    return canonicalString(value);
  }
  if (typeof value === 'number' || value instanceof Float) {
    return canonicalNumber(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalText).join(',')}]`;
  }
  if (typeof value !== 'object') {
    throw new Unreadable(Reason.NOT_STRICT_JSON, `not canonical JSON: ${typeof value}`);
  }
  const members = [...(value instanceof Map ? value : Object.entries(value))];
  members.sort(([one], [other]) => (one < other ? -1 : 1)); // names are distinct, and < compares UTF-16 units
  return `{${members.map(([name, item]) => `${canonicalString(name)}:${canonicalText(item)}`).join(',')}}`;
}

/**
 * Gives the canonical bytes.
 * @param {unknown} value
 */
export function canonical(value) {
  return toUtf8(canonicalText(value));
}

/** @param {string} text */
function canonicalString(text) {
  if (!text.isWellFormed()) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'not canonical JSON: a lone surrogate');
  }
  // JSON.stringify escapes what RFC 8785 escapes, and in the same way (ECMA-262 QuoteJSONString).
  return JSON.stringify(text);
}

/** @param {number | Float} number */
function canonicalNumber(number) {
  const value = number instanceof Float ? number.value : number;
  const isTooLarge = !(number instanceof Float) && Number.isInteger(value) && !Number.isSafeInteger(value);
  if (!Number.isFinite(value) || isTooLarge) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'an integer is not within +-(2^53-1)');
  }
  return String(value); // also for -0, which prints as 0
}
