/**
 * Which logs are accepted, and which witnesses must have cosigned: the policy that judges a checkpoint.
 *
 * Source: C2SP tlog-policy, a text of `log`, `witness`, `group` and `quorum` lines.
 */

import {fromUtf8, toHex} from './bytes.js';
import {checkpointFromText} from './checkpoint.js';
import {verifyCosignatures, witnessFromVkey} from './cosignature.js';
import {NotVerified, Reason, Refused} from './errors.js';
import {NOTE_MAX_BYTES} from './limits.js';
import {verify, verifierFromVkey} from './note.js';
import {badNote, readDecimal} from './spelling.js';

/** @typedef {import('./note.js').Note} Note */
/** @typedef {import('./note.js').Verifier} Verifier */
/** @typedef {import('./cosignature.js').WitnessKey} WitnessKey */
/** @typedef {{name: string, needed: bigint, members: string[]}} Group so many of these must have cosigned */
/**
 * @typedef {object} TrustedHead a checkpoint that a policy accepts
 * @property {import('./checkpoint.js').Checkpoint} checkpoint
 * @property {import('./cosignature.js').Cosignature[]} cosignatures needed or not
 */

const NONE = 'none';

/** What makes a checkpoint trusted. Without a quorum the log's own signature is enough. */
export class Policy {
  /**
   * Reads a policy file.
   * @param {Uint8Array} data
   * @throws {import('./errors.js').Unreadable} BAD_NOTE, for octets or lines that a policy has not
   * @throws {Refused} BAD_NOTE, for what the lines together must not say; KEY_WEAK
   */
  static async fromBytes(data) {
    if (data.length > NOTE_MAX_BYTES) {
      throw badNote(`got ${data.length} bytes, at most ${NOTE_MAX_BYTES} expected`);
    }
    if (data.some(octet => (octet < 0x20 && octet !== 0x09 && octet !== 0x0a) || octet === 0x7f)) {
      throw badNote('a policy has no control characters but tabs and newlines');
    }
    const text = fromUtf8(data);
    if (text === null) {
      throw badNote('our policies are UTF-8');
    }
    const policy = new Policy();
    for (const line of text.split('\n')) {
      const [word, ...items] = line.split(/[ \t]+/).filter(item => item !== '');
      if (word !== undefined && !word.startsWith('#')) {
        await policy.#take(word, items);
      }
    }
    policy.#finish();
    return policy;
  }

  constructor() {
    /** @type {Verifier[]} a key's name is the origin that it signs */
    this.logs = [];
    /** @type {[string, WitnessKey][]} each under the policy's own name for it */
    this.witnesses = [];
    /** @type {Group[]} members come before their group */
    this.groups = [];
    /** @type {string[]} the witness or group that must be satisfied */
    this.quorums = [];
  }

  /**
   * Checks a signed checkpoint: a log's signature and the quorum of witnesses.
   * @param {Note} note
   * @returns {Promise<TrustedHead>}
   * @throws {import('./errors.js').Unreadable} BAD_NOTE, when the note is no checkpoint
   * @throws {NotVerified} KEY_UNKNOWN, when no accepted log of this origin signed it; BAD_SIGNATURE, when a
   *   line of a known key does not fit; QUORUM_MISSING, when too few witnesses cosigned
   */
  async check(note) {
    const checkpoint = checkpointFromText(note.text);
    await verify(note, this.logs.filter(log => log.name === checkpoint.origin));
    const cosignatures = await verifyCosignatures(note, this.witnesses.map(([, witness]) => witness));
    this.#demandQuorum(new Set(cosignatures.map(one => one.witness)));
    return {checkpoint, cosignatures};
  }

  /** @param {Set<WitnessKey>} cosigners */
  #demandQuorum(cosigners) {
    const satisfied = new Set(this.witnesses.filter(([, witness]) => cosigners.has(witness)).map(([name]) => name));
    for (const group of this.groups) {
      if (BigInt(group.members.filter(member => satisfied.has(member)).length) >= group.needed) {
        satisfied.add(group.name);
      }
    }
    const [quorum] = this.quorums;
    if (quorum !== NONE && !satisfied.has(quorum)) {
      throw new NotVerified(Reason.QUORUM_MISSING,
        `${cosigners.size} known witnesses cosigned, which is not the quorum ${quorum}`);
    }
  }

  /**
   * Adds one line; the optional address at the end of `log` and `witness` is not kept.
   * @param {string} word
   * @param {string[]} items
   */
  async #take(word, items) {
    const count = items.length;
    if (word === 'log' && (count === 1 || count === 2)) {
      this.logs.push(await verifierFromVkey(items[0]));
    } else if (word === 'witness' && (count === 2 || count === 3)) {
      this.witnesses.push([items[0], await witnessFromVkey(items[1])]);
    } else if (word === 'group' && count >= 3) {
      this.groups.push({name: items[0], needed: readNeeded(items[1], count - 2), members: items.slice(2)});
    } else if (word === 'quorum' && count === 1) {
      this.quorums.push(items[0]);
    } else {
      throw badNote(`a policy has no such line: ${word.slice(0, 40)} with ${count} items`);
    }
  }

  /** Checks what the lines say together; exactly one line must have named the quorum. */
  #finish() {
    if (this.quorums.length !== 1) {
      throw badNote(`a policy has one quorum line, got ${this.quorums.length}`);
    }
    demandOnce('log key', this.logs.map(log => toHex(log.key.raw)));
    demandOnce('witness key', this.witnesses.map(([, witness]) => toHex(witness.key.raw)));
    const known = new Set(this.witnesses.map(([name]) => name));
    demandOnce('name', [NONE, ...this.witnesses.map(([name]) => name), ...this.groups.map(group => group.name)]);
    demandOnce('member', this.groups.flatMap(group => group.members));
    for (const {name, needed, members} of this.groups) {
      if (!members.every(member => known.has(member)) || needed < 1n || needed > BigInt(members.length)) {
        throw badPolicy(`group ${name} has unknown members or needs too many or too few`);
      }
      known.add(name);
    }
    if (this.quorums[0] !== NONE && !known.has(this.quorums[0])) {
      throw badPolicy(`the quorum ${this.quorums[0]} is neither a witness nor a group`);
    }
  }
}

/**
 * @param {string} text
 * @param {number} members
 */
function readNeeded(text, members) {
  if (text === 'all') {
    return BigInt(members);
  }
  return text === 'any' ? 1n : readDecimal(text);
}

/**
 * @param {string} what
 * @param {string[]} values
 */
function demandOnce(what, values) {
  if (new Set(values).size !== values.length) {
    throw badPolicy(`a policy has each ${what} only once, and no name is 'none'`);
  }
}

/** @param {string} message */
function badPolicy(message) {
  return new Refused(Reason.BAD_NOTE, message);
}
