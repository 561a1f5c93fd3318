/**
 * Timestamped Ed25519 cosignatures: the line of a witness under a checkpoint, with the time of signing.
 *
 * Source: C2SP tlog-cosignature, type 0x04. The line says: of this origin, this was the largest consistent tree
 * that the witness had seen at that time.
 */

import {toNumber, toUtf8} from './bytes.js';
import {NotVerified, Reason, Refused} from './errors.js';
import {addressOf} from './note.js';
import {MAX_SIZE, readVkey} from './spelling.js';

/** @typedef {import('./note.js').Note} Note */
/** @typedef {import('./note.js').Signature} Signature */
/** @typedef {import('./note.js').Verifier} WitnessKey */
/** @typedef {{witness: WitnessKey, time: bigint}} Cosignature checked; the time in POSIX seconds */

const COSIGNATURE = 0x04;
const TIME_BYTES = 8;

/**
 * Reads `name+key id in hex+base64 of 0x04 and key`.
 * @param {string} text
 * @returns {Promise<WitnessKey>}
 */
export function witnessFromVkey(text) {
  return readVkey(text, COSIGNATURE);
}

/**
 * Checks every cosignature of a known witness; how many are enough, `quorum` decides.
 * @param {Note} note
 * @param {WitnessKey[]} witnesses
 * @returns {Promise<Cosignature[]>} one for each key that cosigned, its latest, in the order of the keys
 * @throws {NotVerified} BAD_SIGNATURE, when one line of a known witness does not fit, whatever the others say
 * @throws {Refused} BAD_VALUE, when two witnesses share name and key id, so that a line could mean either
 */
export async function verifyCosignatures(note, witnesses) {
  const found = [];
  const seen = new Set();
  for (const witness of witnesses) {
    const address = addressOf(witness.name, witness.id);
    if (seen.has(address)) { // the keys of a policy are distinct, so this is another key
      throw new Refused(Reason.BAD_VALUE, `two witnesses share the name ${witness.name} and their key id`);
    }
    seen.add(address);
    const lines = note.signatures.filter(line => addressOf(line.name, line.keyId) === address);
    const times = await Promise.all(lines.map(line => timeOf(line, note.text, witness)));
    if (times.length > 0) {
      found.push({witness, time: times.reduce((one, other) => (one > other ? one : other))});
    }
  }
  return found;
}

/**
 * Gives the signed time of one line of this witness, in POSIX seconds.
 * @param {Signature} line
 * @param {string} text
 * @param {WitnessKey} witness
 */
async function timeOf(line, text, witness) {
  const time = toNumber(line.data.slice(0, TIME_BYTES));
  const misfit = new NotVerified(Reason.BAD_SIGNATURE,
    `the cosignature of ${witness.name} does not fit the checkpoint`);
  if (time <= 0n || time > MAX_SIZE) {
    throw misfit;
  }
  try {
    await witness.key.verify(line.data.slice(TIME_BYTES), toUtf8(`cosignature/v1\ntime ${time}\n${text}`));
  } catch (error) {
    throw error instanceof NotVerified ? misfit : error;
  }
  return time;
}
