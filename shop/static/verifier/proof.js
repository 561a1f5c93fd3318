/**
 * The embedded proof `eddsa-jcs-2022`: read one, check its signature.
 *
 * Source: W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3. Stricter than the standard where a valid
 * signature would otherwise say less than it seems to: the proof's contexts must equal the document's, and
 * the key must belong to the issuer.
 */

import {decodeMultibase} from './base58.js';
import {concat} from './bytes.js';
import {parseInstant} from './clock.js';
import {sha256} from './digest.js';
import {NotVerified, Reason, Unreadable} from './errors.js';
import {canonical, canonicalText} from './jcs.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {import('./ed25519.js').PublicKey} PublicKey */
/**
 * What a proof says of itself, before anything is believed.
 * @typedef {{methodId: string, created: bigint, expires: bigint | null, signature: Uint8Array}} ProofClaim
 */

const FIXED = Object.entries({
  type: 'DataIntegrityProof',
  cryptosuite: 'eddsa-jcs-2022',
  proofPurpose: 'assertionMethod',
});
const MEMBERS = new Set([
  ...FIXED.map(([name]) => name), 'created', 'expires', 'verificationMethod', '@context', 'proofValue',
]);

/**
 * Reads the one proof of a record; the signature is not checked.
 * @param {Document} document
 * @param {Envelope} envelope
 * @returns {ProofClaim}
 * @throws {NotVerified} NO_PROOF, BAD_PROOF_TYPE, BAD_CONTEXT, ISSUER_MISMATCH or BAD_SIGNATURE
 * @throws {Unreadable} BAD_RECORD, for times that are none
 */
export function readProof(document, envelope) {
  const proof = onlyProof(document);
  if (canonicalText(proof.get('@context') ?? null) !== canonicalText(document.get('@context'))) {
    throw new NotVerified(Reason.BAD_CONTEXT, "the proof's @context differs from the record's");
  }
  const methodId = proof.get('verificationMethod');
  if (typeof methodId !== 'string' || methodId.split('#', 1)[0] !== envelope.issuer.did) {
    throw new NotVerified(Reason.ISSUER_MISMATCH, "the proof's key does not stand under the issuer's DID");
  }
  checkHost(envelope);
  return {
    methodId,
    created: parseInstant(proof.get('created')),
    expires: proof.has('expires') ? parseInstant(proof.get('expires')) : null,
    signature: readSignature(proof),
  };
}

/**
 * Checks the signature of a document with one proof, and nothing else about either.
 * @param {Document} document
 * @param {PublicKey} key
 * @throws {NotVerified} NO_PROOF, BAD_PROOF_TYPE or BAD_SIGNATURE
 */
export async function checkSignature(document, key) {
  const proof = onlyProof(document);
  await key.verify(readSignature(proof), await signedBytes(without(document, 'proof'), without(proof, 'proofValue')));
}

/**
 * Gives the 64 bytes that are signed: SHA-256 of the options, then SHA-256 of the document.
 * @param {Document} document
 * @param {Document} options
 */
async function signedBytes(document, options) {
  return concat(await sha256(canonical(options)), await sha256(canonical(document)));
}

/**
 * Checks that a record of a did:web issuer has its address under the host that the DID names.
 * @param {Envelope} envelope
 */
function checkHost(envelope) {
  const match = /^did:web:([^:]*)/.exec(envelope.issuer.did);
  if (match === null) {
    return;
  }
  const host = match[1].replaceAll('%3A', ':');
  if (!envelope.id.startsWith(`https://${host}/`)) {
    throw new NotVerified(Reason.ISSUER_MISMATCH,
      `the record's id does not stand under the issuer's host ${host}`);
  }
}

/**
 * @param {Document} document
 * @returns {Document}
 */
function onlyProof(document) {
  const proof = document.get('proof') ?? null;
  if (proof === null) {
    throw new NotVerified(Reason.NO_PROOF, 'the record has no proof');
  }
  if (!(proof instanceof Map)) {
    throw new NotVerified(Reason.BAD_PROOF_TYPE, 'expected exactly one proof object');
  }
  for (const [name, expected] of FIXED) {
    if (proof.get(name) !== expected) {
      throw new NotVerified(Reason.BAD_PROOF_TYPE, `proof.${name}: expected ${expected}`);
    }
  }
  if (![...proof.keys()].every(name => MEMBERS.has(name))) {
    throw new NotVerified(Reason.BAD_PROOF_TYPE, 'the proof has members that this suite does not know');
  }
  return proof;
}

/** @param {Document} proof */
function readSignature(proof) {
  const value = proof.get('proofValue');
  if (typeof value !== 'string') {
    throw new NotVerified(Reason.BAD_SIGNATURE, 'proofValue is not text');
  }
  try {
    return decodeMultibase(value, 64);
  } catch (error) {
    if (error instanceof Unreadable) {
      throw new NotVerified(Reason.BAD_SIGNATURE, `proofValue: ${error.message}`);
    }
    throw error;
  }
}

/**
 * @param {Document} document
 * @param {string} left
 */
function without(document, left) {
  return new Map([...document].filter(([name]) => name !== left));
}
