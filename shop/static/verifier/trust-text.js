/**
 * The trust list's text: an origin line and one line of canonical JSON <-> `TrustList`.
 *
 * Text that does not print back as it was is refused: an unknown member would be a rule that is not followed.
 */

import {toUtf8} from './bytes.js';
import {formatInstant, parseInstant} from './clock.js';
import {PublicKey} from './ed25519.js';
import {TraceabilityError} from './errors.js';
import {canonicalText} from './jcs.js';
import {TRUST_LIST_MAX_BYTES} from './limits.js';
import {Policy} from './quorum.js';
import {parse} from './strict-json.js';
import {withoutNull} from './terms.js';
import {REVOCATIONS, TrustKey, TrustList, badList} from './trust.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./json-scanner.js').Json} Json */
/** @typedef {import('./trust.js').Revocation} Revocation */
/** @typedef {import('./trust.js').TrustedHost} TrustedHost */

const TYPE = 'langnghe-trust-list';

/**
 * Reads the text of a trust list; the note's signatures are the caller's to check first.
 * @param {string} text
 * @throws {import('./errors.js').Unreadable} BAD_TRUST_LIST, for any other form than the one that `writeTrustText` gives
 */
export async function parseTrustText(text) {
  const lines = text.split('\n');
  if (lines.length !== 3 || lines[2] !== '') {
    throw badList('a trust list is two lines');
  }
  try {
    const trust = await readBody(lines[0], parse(toUtf8(lines[1]), TRUST_LIST_MAX_BYTES));
    if (writeTrustText(trust) === text) {
      return trust;
    }
  } catch (error) {
    throw error instanceof TraceabilityError ? badList(error.message) : error;
  }
  throw badList('a member is unknown or spelled in another way than ours');
}

/**
 * Gives the note text: the origin line and one line of canonical JSON, each ending in a newline.
 * @param {TrustList} trust
 */
export function writeTrustText(trust) {
  const body = canonicalText(withoutNull({
    type: TYPE,
    v: 1,
    sequence: trust.sequence,
    issued: formatInstant(trust.issued),
    expires: formatInstant(trust.expires),
    hosts: trust.hosts.map(hostToJson),
    keys: trust.keys.map(keyToJson),
    logPolicy: trust.logPolicy,
  }));
  return `${trust.origin}\n${body}\n`;
}

/**
 * @param {string} origin
 * @param {Document} body
 */
async function readBody(origin, body) {
  const sequence = body.get('sequence');
  if (body.get('type') !== TYPE || body.get('v') !== 1 || typeof sequence !== 'number') {
    throw badList('not a trust list of version 1');
  }
  const logPolicy = body.has('logPolicy') ? text(body, 'logPolicy') : null;
  return new TrustList({
    origin,
    sequence,
    issued: parseInstant(body.get('issued')),
    expires: parseInstant(body.get('expires')),
    hosts: list(body, 'hosts').map(readHost),
    keys: await Promise.all(list(body, 'keys').map(readKey)),
    logPolicy,
    policy: logPolicy === null ? null : await readPolicy(logPolicy),
  });
}

/**
 * Reads the log policy, which names one log at most.
 *
 * A revocation names a size, and a size means one log: in a second one the stolen key could start anew.
 * @param {string} logPolicy
 */
async function readPolicy(logPolicy) {
  const policy = await Policy.fromBytes(toUtf8(logPolicy));
  if (new Set(policy.logs.map(log => log.name)).size > 1) {
    throw badList('the log policy: expected the keys of one log, got several');
  }
  return policy;
}

function hostToJson({name, since, until, successor}) {
  return withoutNull({name, from: formatInstant(since), until: until === null ? null : formatInstant(until), successor});
}

/**
 * @param {Json} value
 * @returns {TrustedHost}
 */
function readHost(value) {
  const host = object(value);
  return {
    name: text(host, 'name'),
    since: parseInstant(host.get('from')),
    until: host.has('until') ? parseInstant(host.get('until')) : null,
    successor: host.has('successor') ? text(host, 'successor') : null,
  };
}

function keyToJson({id, controller, key, name, role, use, custody, scope, since, until, revoked}) {
  return withoutNull({
    id,
    controller,
    publicKeyMultibase: key.multibase,
    name,
    role,
    use,
    custody,
    scope,
    from: formatInstant(since),
    until: until === null ? null : formatInstant(until),
    revoked: revoked === null ? null : withoutNull({
      reason: revoked.reason, time: formatInstant(revoked.time), logSize: revoked.logSize,
    }),
  });
}

/** @param {Json} value */
async function readKey(value) {
  const entry = object(value);
  return new TrustKey({
    id: text(entry, 'id'),
    controller: text(entry, 'controller'),
    key: await PublicKey.fromMultibase(text(entry, 'publicKeyMultibase')),
    name: text(entry, 'name'),
    role: text(entry, 'role'),
    use: text(entry, 'use'),
    custody: text(entry, 'custody'),
    scope: list(entry, 'scope').map(item => demandText(item, 'scope')),
    since: parseInstant(entry.get('from')),
    until: entry.has('until') ? parseInstant(entry.get('until')) : null,
    revoked: entry.has('revoked') ? readRevocation(object(entry.get('revoked'))) : null,
  });
}

/**
 * @param {Document} value
 * @returns {Revocation}
 */
function readRevocation(value) {
  const size = value.get('logSize') ?? null;
  if (size !== null && (typeof size !== 'number' || size < 0)) {
    throw badList('logSize is not a whole number');
  }
  const reason = text(value, 'reason');
  if (!REVOCATIONS.has(reason)) {
    throw badList(`revocation reason '${reason}' is not known`);
  }
  return {reason, time: parseInstant(value.get('time')), logSize: /** @type {number | null} */ (size)};
}

/** @returns {Document} */
function object(/** @type {Json | undefined} */ value) {
  if (!(value instanceof Map)) {
    throw badList('expected an object');
  }
  return value;
}

/** @returns {Json[]} */
function list(/** @type {Document} */ value, /** @type {string} */ name) {
  const member = value.get(name);
  if (!Array.isArray(member)) {
    throw badList(`${name}: expected an array`);
  }
  return member;
}

/** @returns {string} */
function text(/** @type {Document} */ value, /** @type {string} */ name) {
  return demandText(value.get(name), name);
}

/** @returns {string} */
function demandText(/** @type {Json | undefined} */ value, /** @type {string} */ name) {
  if (typeof value !== 'string') {
    throw badList(`${name}: expected text`);
  }
  return value;
}
