/**
 * A key that never leaves its browser: made, kept, proven to be here, and used to sign records.
 *
 * The private half is not extractable, so no script can read it, this one included. Whoever clears the browser's
 * data loses it; a new one is then made and handed in again.
 */

import {encodeMultibase} from '../verifier/base58.js';
import {concat, toUtf8} from '../verifier/bytes.js';
import {formatInstant, toInstant} from '../verifier/clock.js';
import {sha256} from '../verifier/digest.js';
import {PublicKey} from '../verifier/ed25519.js';
import {Unsupported} from '../verifier/errors.js';
import {Reader} from '../verifier/evidence.js';
import {canonical} from '../verifier/jcs.js';

/** @typedef {{publicKey: string, privateKey: CryptoKey, madeAt: string}} OwnKey `publicKey` is `z6Mk…` */

const [DATABASE, KEYS] = ['langnghe-keys', 'keys'];
const ALGORITHM = {name: 'Ed25519'};
const FIXED = {type: 'DataIntegrityProof', cryptosuite: 'eddsa-jcs-2022', proofPurpose: 'assertionMethod'};

/**
 * Gives the key that is kept under a name, made now if there is none; one that is there is never replaced.
 * @param {string} name such as `3 co-quan-mau record`: one account may sign for one issuer with one key
 * @param {Date} now
 * @returns {Promise<OwnKey>}
 * @throws {Unsupported} where the browser has no Ed25519 or keeps nothing
 */
export async function makeKey(name, now) {
  const found = await loadKey(name);
  if (found !== null) {
    return found;
  }
  const made = await generate();
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', made.publicKey));
  const {multibase} = await PublicKey.from(raw);
  await inKeys('readwrite', keys => keys.add({publicKey: multibase, privateKey: made.privateKey, madeAt: now.toISOString()}, name));
  return /** @type {OwnKey} */ (await loadKey(name)); // as it was stored: a browser that keeps no keys is found out now
}

/**
 * Gives the key that is kept under a name, or null.
 * @param {string} name
 * @returns {Promise<OwnKey | null>}
 */
export async function loadKey(name) {
  return await inKeys('readonly', keys => keys.get(name)) ?? null;
}

/**
 * Forgets the key that is kept under a name, for good: only for one that no longer counts.
 * @param {string} name
 */
export async function dropKey(name) {
  await inKeys('readwrite', keys => keys.delete(name));
}

/**
 * Signs that this key is here: what the server asks for when a key is handed in.
 * @param {OwnKey} key
 * @param {{host: string, accountId: number, issuer: string, use: string, nonce: string}} asked
 * @returns {Promise<string>} the signature, `z` and base58btc of 64 bytes
 */
export async function proveKey(key, {host, accountId, issuer, use, nonce}) {
  const lines = ['langnghe own key v1', `host ${host}`, `account ${accountId}`, `issuer ${issuer}`, `use ${use}`,
    `key ${key.publicKey}`, `nonce ${nonce}`];
  return encodeMultibase(await sign(key, toUtf8(lines.map(line => `${line}\n`).join(''))));
}

/**
 * Signs a record and reads it back as every verifier will.
 * @param {Record<string, any>} document a record without `proof`
 * @param {OwnKey} key
 * @param {string} methodId `did:…#name` of the key under the issuer's DID, as the trust list has it
 * @param {Date} now
 * @returns {Promise<Uint8Array>} the canonical bytes
 */
export async function signRecord(document, key, methodId, now) {
  const options = {
    ...FIXED, created: formatInstant(toInstant(now)), verificationMethod: methodId, '@context': document['@context'],
  };
  const signature = await sign(key, concat(await sha256(canonical(options)), await sha256(canonical(document))));
  const data = canonical({...document, proof: {...options, proofValue: encodeMultibase(signature)}});
  const reader = new Reader();
  await reader.prove(await reader.read(data), await PublicKey.fromMultibase(key.publicKey));
  return data;
}

/** @param {OwnKey} key */
async function sign(key, /** @type {Uint8Array} */ message) {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key.privateKey, message));
}

async function generate() {
  try {
    return /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']));
  } catch {
    throw new Unsupported('this browser cannot make Ed25519 keys');
  }
}

/** Does one thing with the stored keys and waits until it is on the disk. */
function inKeys(mode, action) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
    opening.onerror = () => reject(new Unsupported('this browser keeps nothing'));
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(KEYS, mode, {durability: 'strict'});
      const request = action(transaction.objectStore(KEYS));
      const close = () => opening.result.close();
      transaction.oncomplete = () => { close(); resolve(request.result); };
      transaction.onabort = () => { close(); reject(transaction.error); };
    };
  });
}
