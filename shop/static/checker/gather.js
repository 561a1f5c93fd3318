/** From evidence files to what the verifier is given. */

import {fromBase64, fromLatin1, toHex, toUtf8} from '../verifier/bytes.js';
import {Reason, Unreadable} from '../verifier/errors.js';
import {Reader} from '../verifier/evidence.js';
import {HASH_BYTES, leafHash, root} from '../verifier/merkle.js';
import {Damaged, Missing} from './evidence-files.js';

/** @typedef {import('./evidence-files.js').EvidenceFiles} EvidenceFiles */

const MAX_FILES = 2_000; // a lot needs some twenty; beyond this somebody plays with us

/**
 * Gives the evidence in these files and in all that they say they need.
 * @param {EvidenceFiles} files
 * @param {string[]} names
 * @throws {Damaged} also where a needed file is gone: an export has all of them or is none
 */
export async function gather(files, names) {
  const evidence = {records: new Map(), receipts: new Map(), statusLists: new Map(), later: new Map()};
  const known = new Set(names);
  for (let level = [...known]; level.length > 0;) {
    const loaded = await Promise.all(level.map(name => loadNeeded(files, name)));
    loaded.forEach(item => take(item, evidence));
    level = [...new Set(loaded.flatMap(item => item.needs))].filter(name => !known.has(name));
    level.forEach(name => known.add(name));
    if (known.size > MAX_FILES) {
      throw new Damaged(names[0]);
    }
  }
  return evidence;
}

async function loadNeeded(files, name) {
  try {
    return await files.load(name);
  } catch (error) {
    throw error instanceof Missing ? new Damaged(name) : error;
  }
}

function take(item, {records, receipts, statusLists, later}) {
  if (item.list !== undefined) {
    statusLists.set(item.id, toUtf8(item.list));
    receipts.set(item.entry, toUtf8(item.receipt));
    return;
  }
  const data = toUtf8(item.record);
  records.set(item.id, data);
  receipts.set(item.id, toUtf8(item.receipt));
  // Whoever makes an export chooses how many links lead to one URL: the work must not grow faster than they.
  for (const url of new Set(linksOf(item.record))) {
    const bodies = later.get(url) ?? [];
    bodies.push(data);
    later.set(url, bodies);
  }
}

/**
 * Gives the URLs that a record's text names as its links; nothing is believed of it.
 * @param {string} text
 * @returns {string[]}
 */
export function linksOf(text) {
  try {
    const links = JSON.parse(text).relatedResource;
    return Array.isArray(links) ? links.map(link => String(link?.id)) : [];
  } catch {
    return [];
  }
}

/**
 * Reads a lot's serials where only their leaf hashes are public: they give the signed root all the same, and
 * tell whether one serial that is at hand is among them.
 */
export class HashedSerials extends Reader {
  #leaf;

  /** @param {Uint8Array | null} leaf hash of the serial that is asked for */
  constructor(leaf) {
    super();
    this.#leaf = leaf === null ? '' : toHex(leaf);
  }

  /** @param {Uint8Array} data 32 bytes a serial */
  async serials(data) {
    if (data.length % HASH_BYTES !== 0) {
      throw new Unreadable(Reason.BAD_VALUE, 'the list of serials is not a multiple of 32 bytes');
    }
    const leaves = Array.from({length: data.length / HASH_BYTES}, (_, index) =>
      data.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
    const known = new Set(leaves.map(toHex));
    return {root: toHex(await root(leaves)), members: {size: known.size, has: () => known.has(this.#leaf)}};
  }

  /** Gives the reader that can look for a serial. */
  static async lookingFor(/** @type {string | null} */ serial) {
    return new HashedSerials(serial === null ? null : await leafHash(fromLatin1(serial)));
  }
}

/** Gives the leaf hashes of a lot's file. */
export function leavesOf(/** @type {{leaves: string}} */ lot) {
  return /** @type {Uint8Array} */ (fromBase64(lot.leaves));
}
