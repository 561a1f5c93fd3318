/** Small values that several kinds of record share: classifications, administrative units, parties. */

import {badRecord, demand, objects, optionalDay, optionalText, text} from './members.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {{code: string, name: string, schemeId: string, schemeName: string}} Classification */
/** @typedef {{did: string, name: string}} Party */
/**
 * @typedef {object} AdministrativeUnit
 * @property {string} name
 * @property {string | null} district
 * @property {string | null} code `vn:<province>/<commune>`; null for units that were abolished
 * @property {string | null} since first day
 * @property {string | null} until last day, null for the present unit
 */

export const ORIGIN = 'ln:origin'; // a JSON literal in our own context, so that JSON-LD leaves its inside alone
export const VIET_NAM = Object.freeze({countryCode: 'VN', countryName: 'Việt Nam'});
const UNIT_CODE = /^vn:[0-9]{2}\/[0-9]{5}$/;

/**
 * Reads a UNTP Classification, which prints as it is.
 * @param {Document} value
 * @returns {Classification}
 */
export function readClassification(value) {
  return {
    code: text(value, 'code'),
    name: text(value, 'name'),
    schemeId: text(value, 'schemeId'),
    schemeName: text(value, 'schemeName'),
  };
}

/**
 * Reads a UNTP Party.
 * @param {Document} value
 * @returns {Party}
 */
export function readParty(value) {
  return {did: text(value, 'id'), name: text(value, 'name')};
}

/** @param {Party} party */
export function partyToJson(party) {
  return {type: ['Party'], id: party.did, name: party.name};
}

/** Gives the JSON of an administrative unit, without the members that are not known. */
export function unitToJson(/** @type {AdministrativeUnit} */ unit) {
  return withoutNull(unit);
}

/**
 * Reads `administrativeUnits`, oldest first, at least one.
 * @param {Document} origin
 */
export function readUnits(origin) {
  const units = objects(origin, 'administrativeUnits').map(readUnit);
  demand(units.length > 0, 'administrativeUnits is empty');
  return units;
}

/**
 * @param {Document} value
 * @returns {AdministrativeUnit}
 */
function readUnit(value) {
  const code = optionalText(value, 'code');
  if (code !== null && !UNIT_CODE.test(code)) {
    throw badRecord(`'${code.slice(0, 40)}' is no unit code such as vn:01/00577`);
  }
  return {
    name: text(value, 'name'),
    district: optionalText(value, 'district'),
    code,
    since: optionalDay(value, 'since'),
    until: optionalDay(value, 'until'),
  };
}

/**
 * Gives the members that are not null.
 * @param {object} members
 */
export function withoutNull(members) {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}
