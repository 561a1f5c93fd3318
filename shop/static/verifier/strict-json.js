/**
 * Strict JSON reading: refuses what two readers could understand differently, as `records/canonical.py` does.
 *
 * Duplicate members, byte order marks, other encodings, numbers that some readers round, lone surrogates,
 * text that is not in Unicode normal form C, and more depth or members than a record needs.
 */

import {fromUtf8} from './bytes.js';
import {Reason, Unreadable} from './errors.js';
import {Float, scan} from './json-scanner.js';
import {JSON_MAX_BYTES, JSON_MAX_DEPTH, JSON_MAX_INTEGER, JSON_MAX_MEMBERS} from './limits.js';

/** @typedef {import('./json-scanner.js').Json} Json */
/** @typedef {Map<string, Json>} Document */

const SHORT = new Map([['"', '\\"'], ['\\', '\\\\'], ['\b', '\\b'], ['\f', '\\f'], ['\n', '\\n'], ['\r', '\\r'],
  ['\t', '\\t']]);

/**
 * Reads one JSON object strictly.
 * @param {Uint8Array} data UTF-8 bytes without a byte order mark
 * @param {number} [maxBytes] the size limit
 * @returns {Document}
 * @throws {Unreadable} TOO_LARGE, NOT_JSON, NOT_STRICT_JSON, DUPLICATE_MEMBER, TOO_DEEP or NOT_NFC
 */
export function parse(data, maxBytes = JSON_MAX_BYTES) {
  if (data.length > maxBytes) {
    throw new Unreadable(Reason.TOO_LARGE, `got ${data.length} bytes, at most ${maxBytes} are read`);
  }
  const text = fromUtf8(data);
  if (text === null) {
    throw new Unreadable(Reason.NOT_JSON, 'the bytes are not UTF-8');
  }
  const value = scan(text);
  if (!(value instanceof Map)) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'expected an object');
  }
  survey(value, maxBytes === JSON_MAX_BYTES ? JSON_MAX_MEMBERS : maxBytes);
  refuseOddText(text.includes('\\u') ? unescaped(value) : text);
  return value;
}

/**
 * Walks the value level by level; refuses too many levels or members, and integers out of range.
 * @param {Document} value
 * @param {number} maxMembers
 */
function survey(value, maxMembers) {
  let members = 0;
  /** @type {(Json[] | Document)[]} */
  let level = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > JSON_MAX_DEPTH) {
      throw new Unreadable(Reason.TOO_DEEP, `nested deeper than ${JSON_MAX_DEPTH} levels`);
    }
    const items = level.flatMap(container => [...container.values()]);
    members += items.length;
    if (items.some(item => typeof item === 'number' && Math.abs(item) > JSON_MAX_INTEGER)) {
      throw new Unreadable(Reason.NOT_STRICT_JSON, 'an integer is not within +-(2^53-1)');
    }
    if (members > maxMembers) {
      throw new Unreadable(Reason.NOT_STRICT_JSON, `more than ${maxMembers} members`);
    }
    level = /** @type {(Json[] | Document)[]} */ (items.filter(item => item instanceof Map || Array.isArray(item)));
  }
}

/** @param {string} text */
function refuseOddText(text) {
  if (text.normalize('NFC') !== text) {
    throw new Unreadable(Reason.NOT_NFC, 'text is not in Unicode normal form C');
  }
  if (!text.isWellFormed()) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'a lone surrogate is not text');
  }
}

/**
 * Gives the value as text with the letters behind \u escapes written out.
 *
 * The judgement of the normal form is over JSON text, not over each string: there an escape such as \n is a
 * backslash and a letter, and a mark that follows it would join that letter. Both verifiers refuse that.
 * @param {Json} value
 * @returns {string}
 */
function unescaped(value) {
  if (value instanceof Map) {
    return `{${Array.from(value, ([name, item]) => `${quoted(name)}: ${unescaped(item)}`).join(', ')}}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(unescaped).join(', ')}]`;
  }
  if (typeof value === 'string') {
    return quoted(value);
  }
  return String(value instanceof Float ? value.value : value);
}

/** @param {string} text */
function quoted(text) {
  const escape = (/** @type {string} */ unit) =>
    SHORT.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `"${text.replace(/["\\\x00-\x1f]/g, escape)}"`;
}
