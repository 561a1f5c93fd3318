/**
 * The page of an artisan's own key: says where this browser stands, makes a key here, and hands its public half in.
 *
 * The words stand in the page, one element a state; this script only shows the one that holds.
 */

import {Unsupported} from '../verifier/errors.js';
import {dropKey, loadKey, makeKey, proveKey} from '../pocket/own-key.js';

/** @typedef {{accountId: number, issuer: string, host: string, nonce: string, keyName: string, holder: string,
 *   keys: Array<{publicKey: string, state: string}>}} Standing */

const OVER = new Set(['ended', 'refused', 'withdrawn']);
const MAY_MAKE = new Set(['none', 'here', 'elsewhere', 'waits-elsewhere', 'person', 'failed', ...OVER]);

const place = /** @type {HTMLElement | null} */ (document.querySelector('[data-own-key]'));
if (place) {
  const address = place.dataset.ownKey ?? '';
  place.hidden = false;
  place.querySelector('button')?.addEventListener('click', () => attempt(place, () => handIn(address)));
  attempt(place, async () => {});
}

/** Does something, then shows where things stand; whatever goes wrong is told in words of the page. */
async function attempt(/** @type {HTMLElement} */ place, /** @type {() => Promise<void>} */ action) {
  const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
  button.disabled = true;
  try {
    await action();
    const standing = await ask(place.dataset.ownKey ?? '');
    const here = (await loadKey(standing.keyName))?.publicKey ?? null;
    show(place, stateOf(standing, here), here);
  } catch (error) {
    show(place, error instanceof Unsupported || !globalThis.crypto?.subtle ? 'unsupported' : 'failed', null);
  }
  button.disabled = false;
}

/** Gives the name of the state: of the key that is here, or of why there is none. */
function stateOf(/** @type {Standing} */ standing, /** @type {string | null} */ here) {
  if (here !== null) {
    return standing.keys.find(one => one.publicKey === here)?.state ?? 'here';
  }
  if (standing.keys.some(one => one.state === 'waiting')) {
    return 'waits-elsewhere';
  }
  return {me: 'elsewhere', person: 'person'}[standing.holder] ?? 'none';
}

/** Makes the key if there is none that may still count, and proves to the server that it is here. */
async function handIn(/** @type {string} */ address) {
  await navigator.storage?.persist?.();
  const standing = await ask(address);
  const old = await loadKey(standing.keyName);
  if (old !== null && OVER.has(stateOf(standing, old.publicKey))) {
    await dropKey(standing.keyName);
  }
  const key = await makeKey(standing.keyName, new Date());
  const {host, issuer, nonce, accountId} = standing;
  const signature = await proveKey(key, {host, accountId, issuer, use: 'record', nonce});
  const body = JSON.stringify({use: 'record', publicKey: key.publicKey, signature, nonce});
  const token = document.querySelector('meta[name=csrf-token]')?.getAttribute('content') ?? '';
  await answered(fetch(address, {
    method: 'POST', body,
    headers: {'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token},
  }));
}

/** @returns {Promise<Standing>} */
function ask(/** @type {string} */ address) {
  return answered(fetch(address, {headers: {Accept: 'application/json'}, cache: 'no-store'}));
}

async function answered(/** @type {Promise<Response>} */ asked) {
  const answer = await asked;
  if (!answer.ok || answer.redirected) {
    throw new Error(`answered ${answer.status}`);
  }
  return answer.json();
}

function show(/** @type {HTMLElement} */ place, /** @type {string} */ state, /** @type {string | null} */ key) {
  place.dataset.state = state;
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('[data-when]'))) {
    one.hidden = one.dataset.when !== state;
  }
  const mark = /** @type {HTMLElement} */ (place.querySelector('[data-mark]'));
  mark.hidden = key === null;
  /** @type {HTMLElement} */ (mark.querySelector('code')).textContent = key?.match(/.{1,6}/g)?.join(' ') ?? '';
  /** @type {HTMLElement} */ (place.querySelector('button')).hidden = !MAY_MAKE.has(state);
}
