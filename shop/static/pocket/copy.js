/**
 * The copy to take along: fetched, judged by the pinned roots and by what this phone saw before, and kept.
 *
 * Nothing of a new copy replaces the old one before the log in it is shown to continue the log that was seen.
 */

import {filesOf} from './copy-files.js';
import {openExport} from '../checker/checks.js';
import {judge} from '../checker/memory.js';
import {fromBase64} from '../verifier/bytes.js';
import {NotVerified, Reason, TraceabilityError} from '../verifier/errors.js';
import {verifyConsistency} from '../verifier/merkle.js';

/** @typedef {import('./store.js').Store} Store */

const COPY = '/inspector/bundle';
export const OLD_DAYS = 7;
const DAY_MS = 86_400_000;

/** A new copy that this phone does not take: `kind` is ROLLBACK, FORK, ROOTS or BROKEN. */
export class NotTaken extends Error {
  /**
   * @param {'ROLLBACK' | 'FORK' | 'ROOTS' | 'BROKEN'} kind
   * @param {Record<string, unknown>} values for the words about it
   */
  constructor(kind, values = {}) {
    super(kind);
    this.kind = kind;
    this.values = values;
  }
}

/**
 * Opens the copy that is kept, or gives null.
 * @param {Store} store
 */
export async function openKept(store) {
  const [text, kept] = await Promise.all([store.get('copy'), store.get('seen')]);
  if (text === null || kept === null) {
    return null;
  }
  const files = filesOf(text);
  const opened = await openExport(files);
  return {...opened, ...kept, files, root: '', isRemembered: true, bytes: new Blob([text]).size};
}

/** Gives how many bytes a download would take, null where that is not told. */
export async function sizeAhead(ask = fetch) {
  const answer = await ask(COPY, {method: 'HEAD', cache: 'no-store'});
  const size = Number(answer.headers.get('Content-Length'));
  return answer.ok && !answer.redirected && size > 0 ? size : null; // led elsewhere: to sign in
}

/**
 * Fetches the newest copy and keeps it; where nothing has changed, it is only known to be the newest.
 * @param {Store} store
 * @param {{ask?: typeof fetch, now: Date}} given
 * @throws {NotTaken} and then what was kept is kept still
 */
export async function fetchCopy(store, {ask = fetch, now}) {
  const before = await store.get('seen');
  const answer = await ask(COPY, {cache: 'no-store', headers: {Accept: 'application/json',
    ...(before === null ? {} : {'If-None-Match': before.etag})}});
  if (answer.status === 304 && before !== null) {
    await store.put({seen: {...before, fetchedAt: now.getTime()}});
    return;
  }
  if (!answer.ok || !(answer.headers.get('Content-Type') ?? '').startsWith('application/json')) {
    throw new Error(`${answer.status}`);
  }
  const text = await answer.text();
  const seen = await judged(text, before, ask);
  await store.put({copy: text, seen: {...seen, etag: answer.headers.get('ETag') ?? '', fetchedAt: now.getTime()}});
}

/** Forgets the copy and what was seen of the log, because somebody asked for it; findings and keys stay. */
export function forget(/** @type {Store} */ store) {
  return store.put({copy: null, seen: null});
}

/** Gives the age of a copy in whole days. */
export function ageInDays(/** @type {{fetchedAt: number}} */ opened, /** @type {Date} */ now) {
  return Math.max(0, Math.floor((now.getTime() - opened.fetchedAt) / DAY_MS));
}

/** Gives what to remember of a copy. The roots of the first one are pinned: no later copy is asked whom to trust. */
async function judged(text, before, ask) {
  const opened = await openNew(text);
  const {seen, rootKeys, fingerprint, origin} = opened;
  if (before !== null && (rootKeys !== before.rootKeys || origin !== before.origin)) {
    throw new NotTaken('ROOTS', {old: before.fingerprint, fingerprint});
  }
  if (before !== null) {
    const found = judge(before, seen);
    if (found !== null) {
      throw new NotTaken(found, {...before, oldSequence: seen.sequence, oldSize: seen.size});
    }
    await demandGrowth(before, seen, ask);
  }
  return {...seen, rootKeys, fingerprint, origin};
}

async function openNew(text) {
  try {
    const files = filesOf(text);
    const opened = await openExport(files);
    return {...opened, rootKeys: (await files.load('trust')).roots};
  } catch (error) {
    if (error instanceof TraceabilityError || error instanceof SyntaxError || error instanceof TypeError) {
      throw new NotTaken('BROKEN', {detail: error.message});
    }
    throw error;
  }
}

/** Demands the proof that the log of this copy begins with all that was seen before. */
async function demandGrowth(before, seen, ask) {
  if (before.size === seen.size) {
    return; // `judge` has compared the roots
  }
  const answer = await ask(`/inspector/consistency?from=${before.size}&to=${seen.size}`,
    {cache: 'no-store', headers: {Accept: 'application/json'}});
  if (!answer.ok) {
    throw new Error(`${answer.status}`);
  }
  const {proof} = await answer.json();
  const [oldRoot, newRoot, ...hashes] = [before.root, seen.root, ...proof].map(hash => fromBase64(hash) ?? new Uint8Array());
  try {
    await verifyConsistency(BigInt(before.size), BigInt(seen.size), {oldRoot, newRoot, proof: hashes});
  } catch (error) {
    if (error instanceof NotVerified && [Reason.FORK, Reason.BAD_RECEIPT].includes(error.code)) {
      throw new NotTaken('FORK', before);
    }
    throw error;
  }
}
