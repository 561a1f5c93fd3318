/**
 * What every record has round its subject: contexts, id, issuer, dates, status entry and links.
 *
 * Source: W3C Verifiable Credentials Data Model 2.0, section 4; UNTP 0.7.0; Bitstring Status List 1.0.
 */

import {formatInstant, parseInstant} from './clock.js';
import {Reason, Unreadable} from './errors.js';
import {badRecord, demand, mapping, objects, text} from './members.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./json-scanner.js').Json} Json */
/** @typedef {{url: string, digest: string}} Link a link to an earlier record, by the digest of its signed bytes */
/** @typedef {{listUrl: string, index: number, purpose: string}} StatusEntry where the status bit stands */
/**
 * @typedef {object} Envelope
 * @property {string[]} contexts
 * @property {string[]} types
 * @property {string} id
 * @property {{did: string, name: string}} issuer
 * @property {string} name
 * @property {bigint} validFrom
 * @property {bigint | null} validUntil
 * @property {StatusEntry | null} status
 * @property {Link[]} links
 */

export const CONTEXT_VC = 'https://www.w3.org/ns/credentials/v2';
export const CONTEXT_UNTP = 'https://vocabulary.uncefact.org/untp/0.7.0/context/';
export const CONTEXT_EPCIS = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
export const CONTEXT_OWN = 'https://w3id.org/langnghe/v1';
const RECORD_MEDIA_TYPE = 'application/vc';

export const STATUS_PURPOSES = new Set(['revocation', 'suspension']);
const KNOWN_CONTEXTS = new Set([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_EPCIS, CONTEXT_OWN]);
const URL_TEXT = /^https:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?\/[\x21-\x7e]{1,1024}$/;
const DID = /^did:[a-z0-9]{1,16}:[A-Za-z0-9._:%-]{1,512}$/;
export const DIGEST = /^zQm[1-9A-HJ-NP-Za-km-z]{44}$/;

/**
 * Reads the shared part of a parsed record; the subject and the proof are not looked at.
 * @param {Document} document
 * @returns {Envelope}
 * @throws {Unreadable} BAD_CONTEXT or BAD_RECORD
 */
export function readEnvelope(document) {
  const issuer = mapping(document, 'issuer');
  const validFrom = parseInstant(document.get('validFrom'));
  const validUntil = document.has('validUntil') ? parseInstant(document.get('validUntil')) : null;
  demand(validUntil === null || validUntil > validFrom, 'validUntil is not after validFrom');
  const subject = document.get('credentialSubject');
  demand(subject instanceof Map || Array.isArray(subject), 'credentialSubject is missing');
  return {
    contexts: readContexts(document.get('@context')),
    types: readTypes(document.get('type')),
    id: match(URL_TEXT, document.get('id'), 'id', 'an https URL'),
    issuer: {did: match(DID, issuer.get('id'), 'issuer.id', 'a DID'), name: text(issuer, 'name')},
    name: text(document, 'name'),
    validFrom,
    validUntil,
    status: document.has('credentialStatus') ? readStatus(document.get('credentialStatus')) : null,
    links: readLinks(document),
  };
}

/**
 * Gives the unsigned document round `subject`, member by member as docs/record-format.md lists them.
 * @param {Envelope} envelope
 * @param {object | object[]} subject
 */
export function writeEnvelope(envelope, subject) {
  const {did, name} = envelope.issuer;
  /** @type {Record<string, unknown>} */
  const document = {
    '@context': envelope.contexts,
    type: envelope.types,
    id: envelope.id,
    issuer: {type: ['CredentialIssuer'], id: did, name},
    validFrom: formatInstant(envelope.validFrom),
    name: envelope.name,
    credentialSubject: subject,
  };
  if (envelope.validUntil !== null) {
    document.validUntil = formatInstant(envelope.validUntil);
  }
  if (envelope.status !== null) {
    document.credentialStatus = writeStatus(envelope.status);
  }
  if (envelope.links.length > 0) {
    document.relatedResource = envelope.links.map(link =>
      ({id: link.url, digestMultibase: link.digest, mediaType: RECORD_MEDIA_TYPE}));
  }
  return document;
}

/**
 * Takes strings only, each known, each once, the W3C context first: anything else changes meaning.
 * @param {Json | undefined} value
 */
function readContexts(value) {
  const isList = Array.isArray(value) && value.length > 0 && value.every(item => KNOWN_CONTEXTS.has(item));
  if (!isList || value[0] !== CONTEXT_VC || new Set(value).size !== value.length) {
    throw new Unreadable(Reason.BAD_CONTEXT, '@context holds another list than the expected one');
  }
  return /** @type {string[]} */ (value);
}

/** @param {Json | undefined} value */
function readTypes(value) {
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string')) {
    throw badRecord('type is not a list of strings');
  }
  demand(value.includes('VerifiableCredential'), 'type does not name VerifiableCredential');
  return /** @type {string[]} */ (value);
}

/**
 * Reads a status entry; the index may be a text (W3C) or an integer (UNTP's schema).
 * @param {Json | undefined} value
 * @returns {StatusEntry}
 */
function readStatus(value) {
  if (!(value instanceof Map) || value.get('type') !== 'BitstringStatusListEntry') {
    throw badRecord('credentialStatus is not one BitstringStatusListEntry');
  }
  const member = value.get('statusListIndex');
  const digits = typeof member === 'number' ? String(member) : member;
  const index = match(/^(0|[1-9][0-9]{0,8})$/, digits, 'statusListIndex', 'a decimal number');
  const purpose = text(value, 'statusPurpose');
  demand(STATUS_PURPOSES.has(purpose), `statusPurpose '${purpose.slice(0, 40)}' is none of the known ones`);
  const listUrl = match(URL_TEXT, value.get('statusListCredential'), 'statusListCredential', 'an https URL');
  return {listUrl, index: Number(index), purpose};
}

/** @param {StatusEntry} status */
function writeStatus(status) {
  return {
    id: `${status.listUrl}#${status.index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: status.purpose,
    statusListIndex: String(status.index),
    statusListCredential: status.listUrl,
  };
}

/**
 * @param {Document} document
 * @returns {Link[]}
 */
function readLinks(document) {
  if (!document.has('relatedResource')) {
    return [];
  }
  const links = objects(document, 'relatedResource').map(item => ({
    url: match(URL_TEXT, item.get('id'), 'relatedResource.id', 'an https URL'),
    digest: match(DIGEST, item.get('digestMultibase'), 'digestMultibase', 'a SHA-256 digest zQm…'),
  }));
  demand(new Set(links.map(link => link.url)).size === links.length, 'relatedResource names one record twice');
  return links;
}

/**
 * @param {RegExp} pattern
 * @param {Json | undefined} value
 * @param {string} name
 * @param {string} expected
 */
function match(pattern, value, name, expected) {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw badRecord(`${name}: expected ${expected}, got '${String(value).slice(0, 60)}'`);
  }
  return value;
}
