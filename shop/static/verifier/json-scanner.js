/**
 * The grammar of JSON (RFC 8259), text to values: objects as Map, integers as number, other numbers as Float.
 *
 * `JSON.parse` cannot be used: it keeps the last of two members of one name, reads `1.0` and `1` as the same
 * value and rounds integers. Errors come in the order of the text, a number's or a member's where it ends.
 */

import {Reason, Unreadable} from './errors.js';
import {JSON_MAX_DEPTH, JSON_MAX_INTEGER} from './limits.js';

/** @typedef {string | number | boolean | null | Float | Array<any> | Map<string, any>} Json what was read */

/** A number that was written with a fraction or an exponent; no integer member may be one. */
export class Float {
  /** @param {number} value finite */
  constructor(value) {
    this.value = value;
    Object.freeze(this);
  }
}

// Far above the 32 levels that are taken, so that what is wrong further inside is still told as what it is;
// far below what overflows a browser's stack.
const STOP_DEPTH = 900;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const WORDS = [['true', true], ['false', false], ['null', null]];
const NO_JSON = ['NaN', 'Infinity', '-Infinity'];
const ESCAPES = new Map(Object.entries({
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
}));

/**
 * Reads one JSON value, and white space round it.
 * @param {string} text
 * @returns {Json}
 * @throws {Unreadable} NOT_JSON, NOT_STRICT_JSON, DUPLICATE_MEMBER or TOO_DEEP
 */
export function scan(text) {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  const value = scanner.value(1);
  scanner.skipSpace();
  if (scanner.at !== text.length) {
    throw scanner.error('extra data');
  }
  return value;
}

class Scanner {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {string} message */
  error(message) {
    const before = this.text.slice(0, this.at).split('\n');
    const column = before.at(-1).length + 1;
    return new Unreadable(Reason.NOT_JSON, `line ${before.length} column ${column}: ${message}`);
  }

  /** Gives the match of a sticky expression at the present place, and steps over it. */
  take(/** @type {RegExp} */ expression) {
    expression.lastIndex = this.at;
    const match = expression.exec(this.text);
    this.at += match === null ? 0 : match[0].length;
    return match;
  }

  skipSpace() {
    this.take(SPACE);
  }

  /** Steps over a character if it is the next one. */
  has(/** @type {string} */ character) {
    const found = this.text[this.at] === character;
    this.at += found ? 1 : 0;
    return found;
  }

  /** @returns {Json} */
  value(/** @type {number} */ depth) {
    if (depth > STOP_DEPTH) {
      throw new Unreadable(Reason.TOO_DEEP, `nested deeper than ${JSON_MAX_DEPTH} levels`);
    }
    if (this.has('{')) {
      return this.object(depth);
    }
    if (this.has('[')) {
      return this.array(depth);
    }
    return this.has('"') ? this.string() : this.wordOrNumber();
  }

  /** @returns {Map<string, Json>} */
  object(/** @type {number} */ depth) {
    const members = new Map();
    let twice = null;
    this.skipSpace();
    if (this.has('}')) {
      return members;
    }
    do {
      const [name, value] = this.member(depth);
      twice ??= members.has(name) ? name : null;
      members.set(name, value);
    } while (this.isNext('}'));
    if (twice !== null) {
      throw new Unreadable(Reason.DUPLICATE_MEMBER, `member ${JSON.stringify(twice)} stands twice in one object`);
    }
    return members;
  }

  /** @returns {[string, Json]} */
  member(/** @type {number} */ depth) {
    this.skipSpace();
    if (!this.has('"')) {
      throw this.error('expecting property name enclosed in double quotes');
    }
    const name = this.string();
    this.skipSpace();
    if (!this.has(':')) {
      throw this.error("expecting ':' delimiter");
    }
    this.skipSpace();
    return [name, this.value(depth + 1)];
  }

  /** @returns {Json[]} */
  array(/** @type {number} */ depth) {
    /** @type {Json[]} */
    const items = [];
    this.skipSpace();
    if (this.has(']')) {
      return items;
    }
    do {
      this.skipSpace();
      items.push(this.value(depth + 1));
    } while (this.isNext(']'));
    return items;
  }

  /** Tells whether a comma announces another item; otherwise the container must end here. */
  isNext(/** @type {string} */ end) {
    this.skipSpace();
    if (this.has(',')) {
      return true;
    }
    if (!this.has(end)) {
      throw this.error("expecting ',' delimiter");
    }
    return false;
  }

  string() {
    let text = '';
    for (let from = this.at; ; this.at++) {
      const unit = this.text.charCodeAt(this.at);
      if (!(unit >= 0x20)) { // a control character, or the NaN that stands behind the end
        throw this.error('invalid control character, or unterminated string');
      }
      if (unit === 0x22 || unit === 0x5c) {
        text += this.text.slice(from, this.at++);
        if (unit === 0x22) {
          return text;
        }
        text += this.escaped();
        from = this.at--;
      }
    }
  }

  escaped() {
    const plain = ESCAPES.get(this.text[this.at]);
    this.at++;
    if (plain !== undefined) {
      return plain;
    }
    const digits = this.text[this.at - 1] === 'u' ? this.take(HEX4) : null;
    if (digits === null) {
      throw this.error('invalid escape');
    }
    // Two escapes in a row join to one character by themselves; a lone surrogate is refused later.
    return String.fromCharCode(Number.parseInt(digits[0], 16));
  }

  wordOrNumber() {
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(/** @type {string} */ (word), this.at)) {
        this.at += /** @type {string} */ (word).length;
        return value;
      }
    }
    const constant = NO_JSON.find(word => this.text.startsWith(word, this.at));
    if (constant !== undefined) {
      throw new Unreadable(Reason.NOT_STRICT_JSON, `${constant} is not JSON`);
    }
    const match = this.take(NUMBER);
    if (match === null) {
      throw this.error('expecting value');
    }
    return match[2] === undefined && match[3] === undefined ? readInteger(match[1]) : readFloat(match[0]);
  }
}

/** @param {string} text */
function readInteger(text) {
  if (text.length > 17) { // up to 17 characters a survey of the whole refuses what is out of range
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'an integer is not within +-(2^53-1)');
  }
  return Number(text);
}

/** @param {string} text */
function readFloat(text) {
  const number = Number(text);
  if (!Number.isFinite(number)) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'a number is not finite');
  }
  // From here to 1e21 RFC 8785 prints the digits of an integer, which this reader would then refuse.
  if (Math.abs(number) > JSON_MAX_INTEGER && Math.abs(number) < 1e21) {
    throw new Unreadable(Reason.NOT_STRICT_JSON, 'an integer is not within +-(2^53-1)');
  }
  return new Float(number);
}
