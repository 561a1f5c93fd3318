/**
 * The page that checks without us: a code, a picture of a label or a record, against the files of this export.
 *
 * Nothing is sent anywhere. What is loaded are scripts of this very export, by relative address.
 */

import {JSON_MAX_BYTES} from '../verifier/limits.js';
import {Reason, TraceabilityError, Unsupported} from '../verifier/errors.js';
import {toInstant} from '../verifier/clock.js';
import {checkLabel, checkOwnRecord, checkRecord, openExport} from './checks.js';
import {Damaged, EvidenceFiles, Missing} from './evidence-files.js';
import {Memory, judge} from './memory.js';
import {byId, day, fill, number, word} from './page.js';
import {asLabel} from './typed.js';
import {clear, meaning, showBand, showVerdict} from './view.js';

const place = byId('checker');
const root = (place?.dataset.root ?? '').replace(/index\.html$/, '');
const files = new EvidenceFiles(root);
const [FRESH_DAYS, DAY_MS] = [7, 86_400_000];
let turn = 0; // of several checks under way the last one is shown
let again = () => {};

/** What every evidence file calls. */
export function evidence(name, digest, packed) {
  files.take(name, digest, packed);
}

/** Opens the export, unless this browser has seen a newer one; null then, and the page says so. */
async function open() {
  const opened = await openExport(files);
  const memory = new Memory(opened.fingerprint, opened.origin);
  const seen = memory.read();
  const found = seen === null ? null : judge(seen, opened.seen);
  if (found !== null) {
    showBand(found, {
      day: day(seen.day), sequence: seen.sequence, size: number(BigInt(seen.size)),
      oldSequence: opened.seen.sequence, oldSize: number(BigInt(opened.seen.size)),
    });
    byId('forget').hidden = found !== 'ROLLBACK';
    byId('forget-now').onclick = () => {
      memory.clear();
      again();
    };
    return null;
  }
  return {...opened, root, isRemembered: memory.write(opened.seen)};
}

/** Does one check and shows what it found; what goes wrong with the export itself is shown as that. */
async function run(isRecord, action) {
  const mine = ++turn;
  again = () => run(isRecord, action);
  const isAsked = document.activeElement !== null && document.activeElement !== document.body;
  clear();
  mistake('');
  try {
    const opened = await open();
    if (opened === null) {
      return;
    }
    const at = new Date();
    const found = await action({files, trust: opened.trust, at});
    if (mine !== turn) {
      return;
    }
    if (found === null) {
      mistake(word('no-record'));
    } else if (found.verdict.reasons.includes(Reason.BAD_LABEL) && found.verdict.code === null) {
      mistake(meaning(Reason.BAD_LABEL)); // nothing is known of the thing; most often something was left out
    } else {
      showVerdict(found, {...opened, now: toInstant(at)}, isRecord);
    }
  } catch (error) {
    showError(error);
  }
  if (isAsked) { // somebody pressed a button below; a page that was opened shows its beginning anyway
    byId('band').focus({preventScroll: true});
    scrollTo(0, 0);
  }
}

function showError(error) {
  if (error instanceof Unsupported) {
    showBand('unsupported');
  } else if (error instanceof Damaged || error instanceof Missing) {
    showBand('damaged', {name: `evidence/${error.message}.js`});
  } else if (error instanceof TraceabilityError) {
    showBand('damaged', {name: `evidence/trust.js (${error.code})`});
  } else {
    showBand('damaged', {name: String(error)});
  }
}

function mistake(text) {
  const shown = byId('mistake');
  if (shown !== null) {
    shown.textContent = text;
    shown.hidden = text === '';
  }
}

function runLabel(text) {
  keepOnSwitch('code', text);
  const addresses = [new URL(root === '' ? '.' : root, location.href).href, place.dataset.shop];
  return run(false, given => checkLabel(asLabel(text, given.trust.origin.split('/', 1)[0], addresses), given));
}

/** Lets the link to the other language ask for the same. */
function keepOnSwitch(name, value) {
  const link = document.querySelector('a.switch');
  if (link !== null && place.dataset.code === undefined) {
    link.hash = `${name}=${encodeURIComponent(value)}`;
  }
}

async function checkFile(file) {
  if (file.type.startsWith('image/')) {
    await checkPicture(file);
  } else if (file.size > JSON_MAX_BYTES) {
    mistake(word('too-large'));
  } else {
    const data = new Uint8Array(await file.arrayBuffer());
    await run(true, given => checkRecord(data, given));
  }
}

async function checkPicture(file) {
  if (!('BarcodeDetector' in globalThis)) {
    mistake(word('no-detector'));
    return;
  }
  try {
    const found = await new BarcodeDetector({formats: ['qr_code']}).detect(await createImageBitmap(file));
    const texts = [...new Set(found.map(one => one.rawValue))];
    if (texts.length === 1) {
      byId('code').value = texts[0];
      await runLabel(texts[0]);
    } else {
      mistake(word(texts.length === 0 ? 'no-code' : 'many-codes'));
    }
  } catch {
    mistake(word('no-code'));
  }
}

/** Does what the address asks for: `#code=…`, `#record=…`, or the lot that the page is about. */
function start() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const code = place.dataset.code ?? asked.get('code');
  const record = asked.get('record');
  if (code !== null && code !== undefined) {
    if (byId('code') !== null) {
      byId('code').value = code;
    }
    runLabel(code);
  } else if (record !== null) {
    keepOnSwitch('record', record);
    run(true, given => checkOwnRecord(record, given));
  }
}

function listen() {
  byId('ask').hidden = false;
  byId('by-code').onsubmit = event => {
    event.preventDefault();
    const text = byId('code').value;
    if (text.trim() === '') {
      clear();
      mistake(word('empty'));
      byId('code').focus();
    } else {
      runLabel(text);
    }
  };
  byId('file').onchange = () => {
    const [file] = byId('file').files;
    if (file !== undefined) {
      checkFile(file);
    }
  };
  if (!('BarcodeDetector' in globalThis)) {
    byId('detector').textContent = word('no-detector');
    byId('detector').hidden = false;
  }
}

/** Says how old this copy is, once what was revoked since may matter. */
function tellAge() {
  const made = new Date(`${place.dataset.made}T00:00:00+07:00`);
  const days = Math.floor((Date.now() - made.getTime()) / DAY_MS);
  if (days > FRESH_DAYS) {
    const text = byId('age').querySelector('strong');
    text.textContent = fill(text.textContent, {days, date: day(made)});
    byId('age').hidden = false;
  }
}

if (place !== null) {
  tellAge();
  if (byId('ask') !== null) {
    listen();
  }
  addEventListener('hashchange', start);
  start();
}
