/** The screen that checks one label or record: by camera, picture, file or typed text. */

import {checkLabel, checkOwnRecord, checkRecord} from '../checker/checks.js';
import {byId, day, fill, word} from '../checker/page.js';
import {asLabel} from '../checker/typed.js';
import {clear, meaning, showBand, showVerdict} from '../checker/view.js';
import {toInstant} from '../verifier/clock.js';
import {Reason, TraceabilityError, Unsupported} from '../verifier/errors.js';
import {JSON_MAX_BYTES} from '../verifier/limits.js';
import {Camera, openReader} from './scanner.js';
import {readPicture} from './server.js';
import {ageInDays, OLD_DAYS} from './copy.js';
import {tell} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */

export class Checking {
  #pocket;
  #reader = null;
  #camera = null;
  #turn = 0;

  constructor(/** @type {Pocket} */ pocket) {
    this.#pocket = pocket;
  }

  /** Listens to the forms of the screen. */
  listen() {
    // What she says belongs right below what the thing is, not below all that speaks for it.
    document.querySelector('#found [aria-labelledby=thing]')?.after(byId('act'));
    byId('band').after(byId('next'));
    const {reader, wasm} = byId('checker').dataset;
    this.#reader = openReader({reader, wasm});
    this.#reader.then(read => { byId('no-reader').hidden = read !== null; });
    byId('by-code').onsubmit = event => {
      event.preventDefault();
      const text = byId('code').value;
      text.trim() === '' ? tell('mistake', word('empty')) : this.label(text);
    };
    byId('photo-of-label').onchange = async ({target}) => {
      const [file] = target.files;
      target.value = '';
      if (file !== undefined) {
        await this.file(file);
      }
    };
  }

  /** Looks through the camera until there is a code. */
  async scan() {
    this.clear();
    const read = await this.#reader;
    if (read === null || navigator.mediaDevices === undefined) {
      byId('photo-of-label').click();
      return;
    }
    byId('camera').hidden = false;
    byId('ask').hidden = true;
    try {
      this.#camera = new Camera(byId('video'), read);
      const text = await this.#camera.look();
      this.stopScan();
      if (text !== null) {
        await this.label(text);
      }
    } catch {
      this.stopScan();
      tell('mistake', word('no-camera'));
    }
  }

  stopScan() {
    this.#camera?.stop();
    this.#camera = null;
    byId('camera').hidden = true;
    byId('ask').hidden = this.#pocket.opened === null;
  }

  /** Checks a picture of a label or a record's file. */
  async file(file) {
    if (!file.type.startsWith('image/')) {
      if (file.size > JSON_MAX_BYTES) {
        tell('mistake', word('too-large'));
        return;
      }
      const data = new Uint8Array(await file.arrayBuffer());
      await this.#run(true, given => checkRecord(data, given));
      return;
    }
    try {
      const texts = [...new Set(await this.codesIn(file))];
      texts.length === 1 ? await this.label(texts[0])
        : tell('mistake', word(texts.length === 0 ? 'no-code' : 'many-codes'));
    } catch {
      tell('mistake', word(navigator.onLine ? 'no-code' : 'needs-net'));
    }
  }

  /** Gives the codes in a picture; the server reads it where this browser cannot. */
  async codesIn(picture) {
    const read = await this.#reader;
    return read === null ? readPicture(picture, (await this.#pocket.refreshMe()).csrf)
      : read(await createImageBitmap(picture));
  }

  /** Gives a text as a label spells it. */
  asLabel(text) {
    return asLabel(text, this.#pocket.host, [location.origin, byId('checker').dataset.shop]);
  }

  /** Checks a label's text. */
  label(text) {
    const typed = this.asLabel(text);
    return this.#run(false, given => checkLabel(typed, given), typed);
  }

  /** Checks a record of the copy by its id. */
  record(id) {
    return this.#run(true, async given => {
      const found = await checkOwnRecord(id, given);
      return found === null ? null : {...found, file: undefined};
    });
  }

  clear() {
    clear();
    tell('mistake', '');
    ['act', 'age', 'next'].forEach(id => { byId(id).hidden = true; });
    byId('ask').hidden = this.#pocket.opened === null;
    this.#turn += 1;
  }

  async #run(isRecord, action, text = '') {
    this.clear();
    const mine = this.#turn;
    const {opened} = this.#pocket;
    if (opened === null) {
      return;
    }
    const at = new Date();
    try {
      const found = await action({files: opened.files, trust: opened.trust, at});
      if (mine !== this.#turn) {
        return;
      }
      if (found === null) {
        tell('mistake', word('no-record'));
        return;
      }
      if (found.verdict.reasons.includes(Reason.BAD_LABEL) && found.verdict.code === null) {
        tell('mistake', meaning(Reason.BAD_LABEL));
        return;
      }
      this.#show(found, isRecord, at);
      await this.#pocket.checked(found, text, at);
    } catch (error) {
      showError(error);
    }
    byId('band').focus({preventScroll: true});
    scrollTo(0, 0);
  }

  #show(found, isRecord, at) {
    const {opened} = this.#pocket;
    byId('ask').hidden = true;
    byId('next').hidden = false;
    showVerdict(found, {...opened, now: toInstant(at)}, isRecord);
    const days = ageInDays(opened, at);
    byId('age').hidden = days <= OLD_DAYS;
    fillOnce(byId('age').querySelector('strong'), {days, date: day(opened.madeAt)});
    document.querySelectorAll('#found .limits p').forEach(one => fillOnce(one, {made: day(opened.madeAt)}));
    byId('found').querySelectorAll('a').forEach(link => stayHere(link, this.#pocket.host));
  }
}

/** Fills the gaps of a sentence of the page; the next time begins with the same gaps. */
function fillOnce(place, values) {
  place.dataset.gaps ??= place.textContent;
  if (place.dataset.gaps.includes('{')) {
    place.textContent = fill(place.dataset.gaps, values);
  }
}

/** Turns a link to a page of an export into one of this page. */
function stayHere(link, host) {
  const address = link.getAttribute('href') ?? '';
  const record = /check\/index\.html#record=(.+)$/.exec(address);
  const lot = /^(?:en\/)?((?:01|P)\/.+)\/index\.html$/.exec(address);
  if (record !== null) {
    link.setAttribute('href', `#record=${record[1]}`);
  } else if (lot !== null) {
    link.setAttribute('href', `#code=${encodeURIComponent(`HTTPS://${host}/${lot[1]}`)}`);
  }
}

function showError(error) {
  if (error instanceof Unsupported) {
    showBand('unsupported');
  } else if (error instanceof TraceabilityError) {
    showBand('damaged', {name: error.code});
  } else {
    showBand('damaged', {name: error.message});
    console.error(error);
  }
}
