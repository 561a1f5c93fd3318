/**
 * Signs a lot with the key of this browser: its steps first, then the passport that links to them.
 *
 * The server prepares the documents and takes in nothing else than these, signed.
 */

import {loadKey, signRecord} from '../pocket/own-key.js';

const place = /** @type {HTMLElement | null} */ (document.querySelector('[data-sign]'));
if (place) {
  place.hidden = false;
  place.querySelector('button')?.addEventListener('click', () => signLot(place));
}

async function signLot(/** @type {HTMLElement} */ place) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
  const told = /** @type {HTMLElement} */ (place.querySelector('[role=status]'));
  button.disabled = true;
  told.textContent = place.dataset.signing ?? '';
  try {
    const lot = await signAll(place.dataset.sign ?? '', place.dataset.seen ?? '');
    location.assign(lot);
  } catch (error) {
    told.textContent = (error instanceof NoKey ? place.dataset.nokey : place.dataset.failed) ?? '';
    button.disabled = false;
  }
}

class NoKey extends Error {}

async function signAll(/** @type {string} */ address, /** @type {string} */ seen) {
  const first = await send(`${address}/events`, {seen});
  const key = await loadKey(first.keyName);
  if (key === null) {
    throw new NoKey();
  }
  const steps = [];
  for (const document of first.documents) {
    steps.push(await sign(document, key, first.method));
  }
  const second = await send(`${address}/passport`, {records: steps});
  const passport = await sign(second.documents[0], key, second.method);
  return (await send(`${address}/done`, {records: [...steps, passport]})).lot;
}

async function sign(/** @type {any} */ unsigned, /** @type {any} */ key, /** @type {string} */ method) {
  return new TextDecoder().decode(await signRecord(unsigned, key, method, new Date()));
}

/** Sends an object and gives the answer's; a lost answer may be asked for again, nothing is stored twice. */
async function send(/** @type {string} */ address, /** @type {object} */ body) {
  const token = document.querySelector('meta[name=csrf-token]')?.getAttribute('content') ?? '';
  const answer = await fetch(address, {
    method: 'POST',
    headers: {'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token},
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`answered ${answer.status}`);
  }
  return answer.json();
}
