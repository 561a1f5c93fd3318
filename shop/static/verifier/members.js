/** Typed members of parsed JSON: each function gives the member or says what it expected instead. */

import {parseDay} from './clock.js';
import {Reason, Unreadable} from './errors.js';
import {isPrintable} from './printable.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./json-scanner.js').Json} Json */

/** @param {string} message */
export function badRecord(message) {
  return new Unreadable(Reason.BAD_RECORD, message);
}

/**
 * Demands what a record's own values demand of each other.
 * @param {boolean} condition
 * @param {string} message
 * @throws {Unreadable} BAD_RECORD
 */
export function demand(condition, message) {
  if (!condition) {
    throw badRecord(message);
  }
}

/**
 * Gives a text member; it may be empty, but holds nothing that a page would not show as it stands.
 *
 * Controls, invisible characters and marks that turn the reading order would let two texts look alike.
 * @param {Document} value
 * @param {string} name
 */
export function text(value, name) {
  const member = value.get(name);
  if (typeof member !== 'string') {
    throw badRecord(`${name}: expected text`);
  }
  demand(isPrintable(member), `${name}: the text holds a control or invisible character`);
  return member;
}

/**
 * Gives a text member, or null where it is absent.
 * @param {Document} value
 * @param {string} name
 */
export function optionalText(value, name) {
  return value.has(name) ? text(value, name) : null;
}

/**
 * Gives an integer member; a number that is written with a fraction or an exponent is none.
 * @param {Document} value
 * @param {string} name
 */
export function integer(value, name) {
  const member = value.get(name);
  if (typeof member !== 'number') {
    throw badRecord(`${name}: expected an integer`);
  }
  return member;
}

/**
 * Gives a true or false member.
 * @param {Document} value
 * @param {string} name
 */
export function flag(value, name) {
  const member = value.get(name);
  if (typeof member !== 'boolean') {
    throw badRecord(`${name}: expected true or false`);
  }
  return member;
}

/**
 * Gives an object member.
 * @param {Document} value
 * @param {string} name
 */
export function mapping(value, name) {
  const member = value.get(name);
  if (!(member instanceof Map)) {
    throw badRecord(`${name}: expected an object`);
  }
  return member;
}

/**
 * Gives an array member.
 * @param {Document} value
 * @param {string} name
 */
export function array(value, name) {
  const member = value.get(name);
  if (!Array.isArray(member)) {
    throw badRecord(`${name}: expected an array`);
  }
  return member;
}

/**
 * Gives an array member of which every item is an object.
 * @param {Document} value
 * @param {string} name
 */
export function objects(value, name) {
  const items = array(value, name);
  demand(items.every(item => item instanceof Map), `${name} holds something else than objects`);
  return /** @type {Document[]} */ (items);
}

/**
 * Gives the single object of an array member.
 * @param {Document} value
 * @param {string} name
 */
export function onlyItem(value, name) {
  const items = array(value, name);
  if (items.length !== 1 || !(items[0] instanceof Map)) {
    throw badRecord(`${name}: expected exactly one object`);
  }
  return items[0];
}

/**
 * Gives a date member, YYYY-MM-DD.
 * @param {Document} value
 * @param {string} name
 */
export function day(value, name) {
  return parseDay(value.get(name));
}

/**
 * Gives a date member, or null where it is absent.
 * @param {Document} value
 * @param {string} name
 */
export function optionalDay(value, name) {
  return value.has(name) ? day(value, name) : null;
}
