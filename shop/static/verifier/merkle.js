/**
 * The Merkle tree of RFC 6962 over SHA-256: roots from leaf hashes, and the checks of proofs.
 *
 * Everything but `leafHash` takes and gives hashes of exactly 32 bytes. Sizes and indices are bigints: a log's
 * may be larger than what a number keeps. A check throws or gives nothing; it is never a truth value.
 */

import {concat, isEqual} from './bytes.js';
import {sha256} from './digest.js';
import {NotVerified, Reason} from './errors.js';

export const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/**
 * Gives SHA-256(0x00, entry): the prefix keeps an entry from passing for a node (RFC 6962 2.1).
 * @param {Uint8Array} entry
 */
export function leafHash(entry) {
  return sha256(concat(LEAF, entry));
}

/**
 * Gives SHA-256(0x01, left, right) of two hashes (RFC 6962 2.1).
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
function nodeHash(left, right) {
  return sha256(concat(NODE, left, right));
}

/**
 * Gives the root of the tree over these leaf hashes, level by level.
 *
 * A last node without a sibling goes up as it is; that gives the tree of RFC 6962 2.1 for every size.
 * @param {Uint8Array[]} leafHashes
 * @returns {Promise<Uint8Array>}
 */
export async function root(leafHashes) {
  let level = leafHashes;
  while (level.length > 1) {
    const pairs = Array.from({length: level.length >> 1}, (_, index) =>
      nodeHash(level[2 * index], level[2 * index + 1]));
    const rest = level.length % 2 === 1 ? [level[level.length - 1]] : [];
    level = [...await Promise.all(pairs), ...rest]; // WebCrypto answers later: one wait a level, not one a node
  }
  return level[0] ?? sha256(new Uint8Array(0));
}

/**
 * Checks that a leaf stands at `index` in the tree of `size` leaves under `root` (RFC 9162 2.1.3.2).
 * @param {bigint} index from 0
 * @param {bigint} size from the same signed tree head as `root`: alone, a proof fits several sizes
 * @param {{leafHash: Uint8Array, proof: Uint8Array[], root: Uint8Array}} hashes the leaf's sibling first
 * @throws {NotVerified} BAD_RECEIPT
 */
export async function verifyInclusion(index, size, {leafHash: leaf, proof, root: expected}) {
  if (index < 0n || index >= size) {
    throw badProof(`leaf ${index} is not in a tree of ${size}`);
  }
  demandHashes(leaf, expected, ...proof);
  let [position, last, current] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) {
      throw badProof(`${proof.length} hashes are too many for leaf ${index} of ${size}`);
    }
    if (isRight(position, last)) {
      current = await nodeHash(sibling, current);
      [position, last] = climb(position, last);
    } else {
      current = await nodeHash(current, sibling);
    }
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) {
    throw badProof(`${proof.length} hashes are too few for leaf ${index} of ${size}`);
  }
  if (!isEqual(current, expected)) {
    throw badProof(`leaf ${index} and its proof do not lead to the root of the tree of ${size}`);
  }
}

/**
 * Checks that the tree of `old` leaves is a beginning of the tree of `size` leaves (RFC 9162 2.1.4.2).
 * @param {bigint} old size of the earlier tree, 0 to `size`
 * @param {bigint} size of the later tree
 * @param {{oldRoot: Uint8Array, newRoot: Uint8Array, proof: Uint8Array[]}} hashes from the signed heads
 * @throws {NotVerified} BAD_RECEIPT, for a proof that has not the form for these sizes; FORK, when one tree
 *   does not continue the other
 */
export async function verifyConsistency(old, size, {oldRoot, newRoot, proof}) {
  if (old < 0n || old > size) {
    throw badProof(`a tree of ${size} cannot continue a tree of ${old}`);
  }
  demandHashes(oldRoot, newRoot, ...proof);
  if (old === 0n || old === size) {
    await verifyTrivial(old, size, {oldRoot, newRoot, proof});
    return;
  }
  // A full old tree is a subtree of the new one, so its root begins the path and is not in the proof.
  const path = (old & (old - 1n)) === 0n ? [oldRoot, ...proof] : proof;
  if (path.length === 0) {
    throw badProof(`the proof from ${old} to ${size} is empty`);
  }
  const [oldSeen, newSeen] = await rootsAlong(old, size, path);
  if (!isEqual(oldSeen, oldRoot) || !isEqual(newSeen, newRoot)) {
    throw fork(`the tree of ${size} does not continue the tree of ${old}`);
  }
}

/**
 * Gives the roots of the old and the new tree that a consistency path leads to.
 * @param {bigint} old
 * @param {bigint} size
 * @param {Uint8Array[]} path
 */
async function rootsAlong(old, size, path) {
  let [position, last] = [old - 1n, size - 1n];
  while (position & 1n) {
    [position, last] = [position >> 1n, last >> 1n];
  }
  let [oldSeen, newSeen] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (last === 0n) {
      throw badProof(`there are too many hashes for a proof from ${old} to ${size}`);
    }
    if (isRight(position, last)) {
      [oldSeen, newSeen] = [await nodeHash(sibling, oldSeen), await nodeHash(sibling, newSeen)];
      [position, last] = climb(position, last);
    } else {
      newSeen = await nodeHash(newSeen, sibling);
    }
    [position, last] = [position >> 1n, last >> 1n];
  }
  if (last !== 0n) {
    throw badProof(`there are too few hashes for a proof from ${old} to ${size}`);
  }
  return [oldSeen, newSeen];
}

/**
 * Checks the two cases without a path: nothing before, or nothing since.
 * @param {bigint} old
 * @param {bigint} size
 * @param {{oldRoot: Uint8Array, newRoot: Uint8Array, proof: Uint8Array[]}} hashes
 */
async function verifyTrivial(old, size, {oldRoot, newRoot, proof}) {
  if (proof.length > 0) {
    throw badProof(`the proof from ${old} to ${size} must be empty, got ${proof.length} hashes`);
  }
  if (old === 0n && !isEqual(oldRoot, await root([]))) {
    throw fork('the empty tree has another root');
  }
  if (old === size && !isEqual(oldRoot, newRoot)) {
    throw fork(`two trees of ${old} have different roots`);
  }
}

/** Tells whether a node is a right child, or stands alone at the end of its level and goes up unpaired. */
function isRight(/** @type {bigint} */ position, /** @type {bigint} */ last) {
  return (position & 1n) === 1n || position === last;
}

/**
 * Passes the levels at which the last node has no sibling, until it is a right child or the root.
 * @param {bigint} position
 * @param {bigint} last
 */
function climb(position, last) {
  while (position !== 0n && (position & 1n) === 0n) {
    [position, last] = [position >> 1n, last >> 1n];
  }
  return [position, last];
}

/** @param {...Uint8Array} values */
function demandHashes(...values) {
  const odd = values.find(value => value.length !== HASH_BYTES);
  if (odd !== undefined) {
    throw badProof(`a hash has ${HASH_BYTES} bytes, got ${odd.length}`);
  }
}

/** @param {string} message */
function badProof(message) {
  return new NotVerified(Reason.BAD_RECEIPT, message);
}

/** @param {string} message */
function fork(message) {
  return new NotVerified(Reason.FORK, message);
}
