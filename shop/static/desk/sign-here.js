/**
 * Signs what a page asks for with the key of this browser: a lot, a correction, a status list.
 *
 * The server prepares the documents round by round, since later ones name the digests of earlier ones, and takes
 * in nothing else than these, signed. The page names the address, the rounds, and what was looked at.
 */

import {loadKey, signRecord} from '../pocket/own-key.js';

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-sign]'))) {
  place.hidden = false;
  place.querySelector('button')?.addEventListener('click', () => signHere(place));
}

async function signHere(/** @type {HTMLElement} */ place) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
  const told = /** @type {HTMLElement} */ (place.querySelector('[role=status]'));
  const {sign = '', rounds = '', seen = ''} = place.dataset;
  button.disabled = true;
  told.textContent = place.dataset.signing ?? '';
  try {
    location.assign(await signAll(sign, rounds.split(' '), seen));
  } catch (error) {
    told.textContent = (error instanceof NoKey ? place.dataset.nokey : place.dataset.failed) ?? '';
    button.disabled = false;
  }
}

class NoKey extends Error {}

/** Goes through the rounds, each with all that was signed so far; gives the page that the last one names. */
async function signAll(/** @type {string} */ address, /** @type {string[]} */ rounds, /** @type {string} */ seen) {
  /** @type {string[]} */
  const records = [];
  let answer = {page: ''};
  for (const round of rounds) {
    answer = await send(`${address}/${round}`, {seen, records});
    records.push(...await signThese(answer));
  }
  return answer.page;
}

/** Signs the documents of an answer, of which the last one has none. */
async function signThese(/** @type {any} */ {documents = [], method, keyName}) {
  const key = documents.length > 0 ? await loadKey(keyName) : null;
  if (key === null && documents.length > 0) {
    throw new NoKey();
  }
  const signed = [];
  for (const unsigned of documents) {
    signed.push(new TextDecoder().decode(await signRecord(unsigned, /** @type {any} */ (key), method, new Date())));
  }
  return signed;
}

/** Sends an object and gives the answer's; a lost answer may be asked for again, nothing is stored twice. */
async function send(/** @type {string} */ address, /** @type {object} */ body) {
  const token = document.querySelector('meta[name=csrf-token]')?.getAttribute('content') ?? '';
  const answer = await fetch(address, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token},
    body: JSON.stringify(body),
  });
  if (!answer.ok || answer.redirected) {
    throw new Error(`answered ${answer.status}`);
  }
  return answer.json();
}
