// Answers questions, one a line of JSON: node run.mjs VERIFIER [--without-ed25519] < questions > answers
//
// VERIFIER is the folder of the modules. With --without-ed25519 WebCrypto is as in a browser that has no Ed25519.
import path from 'node:path';
import {createInterface} from 'node:readline';
import {pathToFileURL} from 'node:url';
import {answerer} from './answers.mjs';

const [folder, option] = process.argv.slice(2);
if (option === '--without-ed25519') {
  const {subtle} = globalThis.crypto;
  const importKey = async () => {
    throw new DOMException('Unrecognized name.', 'NotSupportedError');
  };
  const value = {subtle: {digest: (...given) => subtle.digest(...given), importKey}};
  Object.defineProperty(globalThis, 'crypto', {value});
}
const answer = await answerer(pathToFileURL(path.resolve(folder)).href);
for await (const line of createInterface({input: process.stdin})) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
