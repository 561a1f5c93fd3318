/**
 * What a verification is given beside the record: linked records, serials, and a reader that remembers.
 *
 * Only what can never change is remembered: what bytes say, whether a signature over them fits a key, and the
 * root of a list of serials. What depends on time, trust or status is judged anew each time.
 */

import {toHex, toLatin1} from './bytes.js';
import {digestMultibase, sha256} from './digest.js';
import {readEnvelope} from './envelope.js';
import {Reason, Unreadable} from './errors.js';
import {canonical} from './jcs.js';
import {leafHash, root} from './merkle.js';
import {checkSignature, readProof} from './proof.js';
import {receiptFromBytes, verifyReceipt} from './receipt.js';
import {readRecord} from './records-kinds.js';
import {parse} from './strict-json.js';

/** @typedef {import('./ed25519.js').PublicKey} PublicKey */
/**
 * @typedef {object} SignedRecord one record as read: nothing in it is believed yet
 * @property {import('./records-kinds.js').TypedRecord} record
 * @property {import('./envelope.js').Envelope} envelope
 * @property {import('./proof.js').ProofClaim} claim
 * @property {import('./strict-json.js').Document} document the parsed JSON, proof included
 * @property {string} digest `digestMultibase` of its canonical bytes
 * @property {Uint8Array} sha256 the same as 32 bytes
 */
/** @typedef {{root: string, members: Set<string>}} SerialList the RFC 6962 root in hexadecimal, and the serials */
/**
 * @typedef {object} Evidence what is at hand: Maps, all of them optional
 * @property {Map<string, Uint8Array>} [records] signed bytes by record URL
 * @property {Map<string, Uint8Array>} [passports] signed bytes of lot passports by lot id
 * @property {Map<string, Uint8Array>} [serials] by lot id: 12 ASCII characters each, sorted, no separators
 * @property {Map<string, Uint8Array>} [receipts] C2SP tlog-proofs by entry id: a record's URL, or a status
 *   list's with `#` and its version
 * @property {Map<string, Uint8Array>} [statusLists] signed bytes of status lists by their URL, the newest at hand
 * @property {Map<string, Uint8Array[]>} [later] signed bytes of later records that link to a record, by that
 *   one's URL
 * @property {Reader} [reader] shared between verifications, so that unchanged records are proven once
 */
/** @typedef {Required<Evidence>} WholeEvidence */

const SERIAL_LENGTH = 12;
const REMEMBERED = 8_192;

/**
 * Gives the evidence with empty Maps where nothing was given, and a reader.
 * @param {Evidence} evidence
 * @returns {WholeEvidence}
 */
export function whole(evidence) {
  return {
    records: evidence.records ?? new Map(),
    passports: evidence.passports ?? new Map(),
    serials: evidence.serials ?? new Map(),
    receipts: evidence.receipts ?? new Map(),
    statusLists: evidence.statusLists ?? new Map(),
    later: evidence.later ?? new Map(),
    reader: evidence.reader ?? new Reader(),
  };
}

/** Reads and proves records, and remembers both by the very bytes. */
export class Reader {
  /** @type {Map<string, Promise<any>>} */
  #known = new Map();

  /**
   * Reads a record's bytes.
   * @param {Uint8Array} data
   * @returns {Promise<SignedRecord>}
   * @throws {Unreadable} from strict reading, BAD_CONTEXT or BAD_RECORD
   * @throws {import('./errors.js').NotVerified} NO_PROOF, BAD_PROOF_TYPE, BAD_CONTEXT or ISSUER_MISMATCH
   */
  read(data) {
    const bytes = Uint8Array.from(data); // the caller's may change while this one waits
    return this.#remember(`read ${toLatin1(bytes)}`, () => readSigned(bytes));
  }

  /**
   * Checks the signature of a record with a key.
   * @param {SignedRecord} item
   * @param {PublicKey} key
   * @throws {import('./errors.js').NotVerified} BAD_SIGNATURE
   */
  prove(item, key) {
    const name = `prove ${key.multibase} ${item.digest}`;
    return this.#remember(name, () => checkSignature(item.document, key));
  }

  /**
   * Reads a lot's list of serials.
   * @param {Uint8Array} data
   * @returns {Promise<SerialList>}
   * @throws {Unreadable} BAD_VALUE
   */
  serials(data) {
    const bytes = Uint8Array.from(data);
    return this.#remember(`serials ${toLatin1(bytes)}`, () => readSerials(bytes));
  }

  /**
   * Gives the index that a receipt proves for an entry, and the checkpoint that it proves it under.
   * @param {Uint8Array} data
   * @param {Uint8Array} leaf 32 bytes, the leaf hash of the entry itself
   * @param {import('./trust.js').TrustList} trust one with a policy: accepted logs and needed witnesses
   * @returns {Promise<import('./logged.js').LogPlace>}
   * @throws {Unreadable} BAD_RECEIPT, TOO_LARGE or BAD_NOTE
   * @throws {import('./errors.js').NotVerified} BAD_RECEIPT, KEY_UNKNOWN, BAD_SIGNATURE or QUORUM_MISSING
   */
  receipt(data, leaf, trust) {
    const bytes = Uint8Array.from(data);
    const name = `receipt ${toHex(leaf)} ${trust.logPolicy} ${toLatin1(bytes)}`;
    return this.#remember(name, async () => {
      const receipt = receiptFromBytes(bytes);
      return {index: receipt.index, head: await verifyReceipt(receipt, leaf, trust.policy)};
    });
  }

  /**
   * @template Value
   * @param {string} name
   * @param {() => Promise<Value>} action
   * @returns {Promise<Value>}
   */
  #remember(name, action) {
    let found = this.#known.get(name);
    if (found === undefined) {
      found = action();
      this.#known.set(name, found);
      // What failed is worked out again; it may have been the browser that lacked something.
      found.catch(() => this.#known.delete(name));
      if (this.#known.size > REMEMBERED) {
        this.#known.delete(this.#known.keys().next().value);
      }
    }
    return found;
  }
}

/**
 * @param {Uint8Array} data
 * @returns {Promise<SignedRecord>}
 */
async function readSigned(data) {
  const document = parse(data);
  const envelope = readEnvelope(document);
  const claim = readProof(document, envelope);
  const record = readRecord(document, envelope);
  const digest = await sha256(canonical(document));
  return {record, envelope, claim, document, digest: digestMultibase(digest), sha256: digest};
}

/**
 * @param {Uint8Array} data
 * @returns {Promise<SerialList>}
 */
async function readSerials(data) {
  if (data.length % SERIAL_LENGTH !== 0) {
    throw new Unreadable(Reason.BAD_VALUE, 'the list of serials is not a multiple of 12 bytes');
  }
  const items = Array.from({length: data.length / SERIAL_LENGTH}, (_, index) =>
    data.subarray(index * SERIAL_LENGTH, (index + 1) * SERIAL_LENGTH));
  const texts = items.map(toLatin1);
  if (texts.some((item, index) => index > 0 && texts[index - 1] >= item)) {
    throw new Unreadable(Reason.BAD_VALUE, 'the serials are not in ascending order');
  }
  return {root: toHex(await root(await Promise.all(items.map(leafHash)))), members: new Set(texts)};
}
