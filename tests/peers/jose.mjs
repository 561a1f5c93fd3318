// Checks vc+jwt tokens with jose: node jose.mjs FOLDER JWKS.json
//
// JWKS.json: {"<verification method id>": <public JWK>}.
// Prints one JSON line for each *.jwt in the folder: {"file", "verified", "error", "id"}. Reads nothing from a network.
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {compactVerify, importJWK} from 'jose';

const [folder, keysFile] = process.argv.slice(2);
const keys = JSON.parse(await readFile(keysFile, 'utf8'));

/** Answers for the keys of the file, and for nothing that a token brings along. */
async function keyOf({kid}) {
  if (!Object.hasOwn(keys, kid)) {
    throw new Error(`not at hand: ${kid}`);
  }
  return importJWK(keys[kid], 'EdDSA');
}

async function verify(file) {
  const token = await readFile(path.join(folder, file), 'utf8');
  try {
    const {payload, protectedHeader} = await compactVerify(token, keyOf, {algorithms: ['EdDSA']});
    const record = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(payload));
    return {file, verified: protectedHeader.typ === 'vc+jwt', error: null, id: record.id};
  } catch (error) {
    return {file, verified: false, error: String(error.code ?? error.message), id: null};
  }
}

for (const file of (await readdir(folder)).filter(name => name.endsWith('.jwt')).sort()) {
  process.stdout.write(JSON.stringify(await verify(file)) + '\n');
}
