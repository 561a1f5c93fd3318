// Checks records with Digital Bazaar's verifier of `eddsa-jcs-2022`: node verify.mjs FOLDER KEYS.json
//
// KEYS.json: {"<verification method id>": {"controller": "<did>", "publicKeyMultibase": "z6Mk..."}}.
// Prints one JSON line for each *.json in the folder: {"file", "verified", "error"}. Reads nothing from a network.
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import jsigs from 'jsonld-signatures';

const [folder, keysFile] = process.argv.slice(2);
const keys = JSON.parse(await readFile(keysFile, 'utf8'));

/** Answers for the keys of the file and their controllers, and for nothing else. */
async function documentLoader(url) {
  const key = keys[url];
  if (key) {
    const document = {'@context': 'https://w3id.org/security/multikey/v1', id: url, type: 'Multikey', ...key};
    return {contextUrl: null, documentUrl: url, document};
  }
  const methods = Object.keys(keys).filter(id => keys[id].controller === url);
  if (methods.length === 0) {
    throw new Error(`not at hand: ${url}`);
  }
  const document = {'@context': 'https://www.w3.org/ns/did/v1', id: url, assertionMethod: methods};
  return {contextUrl: null, documentUrl: url, document};
}

async function verify(file) {
  const record = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
  const {verified, error} = await jsigs.verify(record, {
    suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
    purpose: new jsigs.purposes.AssertionProofPurpose(),
    documentLoader,
  });
  return {file, verified, error: verified ? null : String(error?.errors?.[0]?.message ?? error)};
}

for (const file of (await readdir(folder)).filter(name => name.endsWith('.json')).sort()) {
  process.stdout.write(JSON.stringify(await verify(file)) + '\n');
}
