/** What this page asks of the server, and what an answer means. */

/** @typedef {{accountId: number, issuer: string, did: string, name: string | null, host: string}} Person */

const JSON_ONLY = {Accept: 'application/json'};
const PATIENCE_MS = 8_000;

/** The server did not answer as ours does: no network, not signed in, or busy. `why`: offline, signin or server. */
export class NoAnswer extends Error {}

/** Asks who is signed in, for a nonce and for the token that writing needs; who may not sign is nobody here. */
export async function whoAmI() {
  try {
    return await answered(await asked('/inspector/me', {headers: JSON_ONLY, cache: 'no-store', signal: soon()}));
  } catch (error) {
    throw error instanceof Declined ? new NoAnswer('signin') : error;
  }
}

/** Ends the session of this browser. */
export async function signOut(/** @type {string} */ csrf) {
  const answer = await post('/account/sign-out', '', 'application/x-www-form-urlencoded', csrf);
  if (!answer.ok) {
    throw new NoAnswer('server');
  }
}

/** Hands the public half of a key in, with the proof that the other half is here. */
export async function handIn(me, key, signature) {
  const body = JSON.stringify({use: 'record', publicKey: key.publicKey, signature, nonce: me.nonce});
  return answered(await post('/inspector/key', body, 'application/json', me.csrf));
}

/**
 * Sends one signed record.
 * @returns {Promise<import('./outbox.js').Answer>}
 */
export async function sendFinding(body, csrf) {
  return heard(async () => {
    const {index, already} = await answered(await post('/inspector/findings', body, 'application/vc', csrf));
    return {kind: 'taken', index, already};
  });
}

/**
 * Sends the photo of a record that was taken.
 * @returns {Promise<import('./outbox.js').Answer>}
 */
export async function sendPhoto(id, /** @type {Blob} */ photo, csrf) {
  return heard(async () => {
    await answered(await post(`/inspector/findings/${localId(id)}/photo`, photo, 'image/jpeg', csrf));
    return {kind: 'taken'};
  });
}

/**
 * Closes the request that a record answers.
 * @returns {Promise<import('./outbox.js').Answer>}
 */
export async function settle(id, /** @type {number} */ request, csrf) {
  return heard(async () => {
    await answered(await post(`/inspector/findings/${localId(id)}/settles/${request}`, '', 'application/json', csrf));
    return {kind: 'taken'};
  });
}

/** Gives an answer that says what became of it, whatever went wrong on the way. */
async function heard(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NoAnswer) {
      return {kind: 'later', why: error.message};
    }
    if (error instanceof Declined) {
      return {kind: 'refused', code: error.code, message: error.message};
    }
    throw error;
  }
}

/** Gives the text of a record that the server has, null where it has none. */
export async function storedRecord(/** @type {string} */ id) {
  const answer = await asked(`/records/${localId(id)}`, {cache: 'no-store'});
  return answer.ok ? answer.text() : null;
}

function localId(/** @type {string} */ id) {
  return encodeURIComponent(id.split('/').pop() ?? '');
}

/** Has a picture read by the server, where this browser reads none. */
export async function readPicture(/** @type {Blob} */ picture, csrf) {
  const {texts} = await answered(await post('/inspector/labels', picture, 'application/octet-stream', csrf));
  return texts;
}

/** The server read it and will not take it: `code` says why. */
export class Declined extends Error {
  constructor(/** @type {string} */ code, /** @type {string} */ message) {
    super(message);
    this.code = code;
  }
}

/** Ends the waiting where there is a network in name only: she stands there and wants to sign. */
function soon() {
  return AbortSignal.timeout(PATIENCE_MS);
}

function post(address, body, type, csrf) {
  return asked(address, {method: 'POST', body, headers: {...JSON_ONLY, 'Content-Type': type, 'X-CSRFToken': csrf ?? ''}});
}

async function asked(address, options) {
  try {
    return await fetch(address, {credentials: 'same-origin', ...options});
  } catch {
    throw new NoAnswer('offline');
  }
}

async function answered(answer) {
  const isOurs = (answer.headers.get('Content-Type') ?? '').startsWith('application/json');
  if (answer.status >= 500 || answer.status === 429) {
    throw new NoAnswer('server');
  }
  if (answer.redirected || answer.status === 401) {
    throw new NoAnswer('signin');
  }
  if (!isOurs) {
    throw new NoAnswer(answer.ok ? 'server' : 'signin'); // a page of who gives the network, or a token of another session
  }
  const told = await answer.json().catch(() => { throw new NoAnswer('offline'); }); // cut off on the way
  if (!answer.ok) {
    throw new Declined(told.code, told.message);
  }
  return told;
}
