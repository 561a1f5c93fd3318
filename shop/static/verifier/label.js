/**
 * The code that a label carries: one link, written one way.
 *
 *     HTTPS://HOST/S/<seal>/01/<GTIN>/10/<LOT>/21/<SERIAL>
 *
 * Without a GS1 licence `/P/<code>` stands in place of `/01/<GTIN>`. Seal, serial and lot may be absent; a seal
 * demands lot and serial, a serial demands a lot.
 */

import {Reason, Unreadable} from './errors.js';
import {LABEL_MAX_CHARS} from './limits.js';

// The last DNS label begins with a letter: browsers read a host that ends in a number as an IPv4 address and
// rewrite it, so such a host would have more than one spelling.
const HOST = '(?=[A-Z0-9.-]{4,63}/)((?:[A-Z0-9]+(?:-+[A-Z0-9]+)*\\.)*[A-Z][A-Z0-9]*(?:-+[A-Z0-9]+)*)';
const SEAL = '(?:/S/([A-Z2-7]{140})(?=/(?:01|P)/[A-Z0-9]+/10/[A-Z0-9-]+/21/))?';
const PRODUCT = '(?:/01/([0-9]{14})|/P/([A-Z0-9]{4,14}))';
const UNIT = '(?:/10/([A-Z0-9-]{1,10})(?:/21/([A-Z0-9-]{1,12}))?)?';
const GRAMMAR = new RegExp(`^HTTPS://${HOST}${SEAL}${PRODUCT}${UNIT}$`);
const ASCII = /^[\x00-\x7f]*$/;

/** What a label code names, all in capitals. Exactly one of `gtin` and `code` is set; the rest may be null. */
export class LabelCode {
  /**
   * @param {string} host
   * @param {string | null} seal 140 base-32 characters
   * @param {string | null} gtin 14 digits with a good check digit
   * @param {string | null} code the workshop's own product code
   * @param {string | null} lot
   * @param {string | null} serial
   */
  constructor(host, seal, gtin, code, lot, serial) {
    this.host = host;
    this.seal = seal;
    this.gtin = gtin;
    this.code = code;
    this.lot = lot;
    this.serial = serial;
    Object.freeze(this);
  }

  /** The code as it is printed, in capitals. */
  toUri() {
    const seal = this.seal === null ? '' : `/S/${this.seal}`;
    return `HTTPS://${this.host}${seal}${this.#lotPath}${this.#serialPath}`;
  }

  /** The text that a seal signs: the code with its seal left out. */
  get unsealedUri() {
    return `HTTPS://${this.host}${this.#lotPath}${this.#serialPath}`;
  }

  /** The lot as records spell its id (`https://host/01/GTIN/10/LOT`); null when none is named. */
  get lotUri() {
    return this.lot === null ? null : `https://${this.host.toLowerCase()}${this.#lotPath}`;
  }

  get #lotPath() {
    const product = this.gtin === null ? `/P/${this.code}` : `/01/${this.gtin}`;
    return this.lot === null ? product : `${product}/10/${this.lot}`;
  }

  get #serialPath() {
    return this.serial === null ? '' : `/21/${this.serial}`;
  }
}

/**
 * Reads a label code in any letter case. For every text that it accepts, `toUri()` is the text in capitals.
 * @param {string} text
 * @throws {Unreadable} BAD_LABEL, for anything else than one such link
 */
export function parseLabel(text) {
  if (text.length > LABEL_MAX_CHARS) {
    throw new Unreadable(Reason.BAD_LABEL, `at most ${LABEL_MAX_CHARS} characters expected`);
  }
  // toUpperCase() turns some letters beyond ASCII, such as dotless i and long s, into ASCII ones.
  const match = ASCII.test(text) ? GRAMMAR.exec(text.toUpperCase()) : null;
  if (match === null) {
    throw new Unreadable(Reason.BAD_LABEL, 'expected https://host, then /S/seal if sealed, /01/GTIN or /P/code,'
      + ' /10/lot, /21/serial, no more');
  }
  const [host, seal, gtin, code, lot, serial] = match.slice(1).map(group => group ?? null);
  if (gtin !== null && !isGtin(gtin)) {
    throw new Unreadable(Reason.BAD_LABEL, `the check digit of GTIN ${gtin} is wrong`);
  }
  return new LabelCode(/** @type {string} */ (host), seal, gtin, code, lot, serial);
}

/**
 * Checks the last of 14 digits (GS1 General Specifications 7.9.1: weights 3 and 1 in turn).
 * @param {string} gtin
 */
function isGtin(gtin) {
  const sum = Array.from(gtin, (digit, index) => Number(digit) * (index % 2 === 0 ? 3 : 1))
    .reduce((one, other) => one + other, 0);
  return sum % 10 === 0;
}
