/** The screen that checks many labels and records at once, with nothing sent anywhere. */

import {checkLabel, checkRecord} from '../checker/checks.js';
import {byId, element, number, word} from '../checker/page.js';
import {meaning} from '../checker/view.js';
import {TraceabilityError} from '../verifier/errors.js';
import {JSON_MAX_BYTES} from '../verifier/limits.js';
import {giveFile, outcomeWord, tell} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */
/** @typedef {{name: string, outcome: string, reasons: string[], thing: string}} Row */

const ORDER = ['invalid', 'revoked', 'unknown', 'caution', 'verified'];
const SHOWN = 500; // the table as a file has all of them

export class Batch {
  #pocket;
  #checking;
  #rows = [];
  #isStopped = false;

  /**
   * @param {Pocket} pocket
   * @param {import('./check.js').Checking} checking
   */
  constructor(pocket, checking) {
    this.#pocket = pocket;
    this.#checking = checking;
  }

  listen() {
    byId('batch').onsubmit = event => {
      event.preventDefault();
      this.#run();
    };
  }

  stop() {
    this.#isStopped = true;
  }

  /** Gives the table as a file; a cell that a table program would run as a formula is quoted. */
  csv() {
    const head = ['column-code', 'column-outcome', 'column-reasons', 'column-name'].map(key => word(key));
    const lines = [head, ...this.#rows.map(row => [row.name, row.outcome, row.reasons.join(' '), row.thing])];
    const text = lines.map(line => line.map(cell).join(',')).join('\r\n');
    giveFile('kiem-tra.csv', new Blob([`\uFEFF${text}\r\n`], {type: 'text/csv'}));
  }

  async #run() {
    const tasks = await this.#tasks();
    tell('batch-mistake', tasks.length === 0 ? word('batch-empty') : '');
    if (tasks.length === 0 || this.#pocket.opened === null) {
      return;
    }
    this.#rows = [];
    this.#isStopped = false;
    const bar = byId('batch-progress').querySelector('progress');
    const button = document.querySelector('[data-do=stop-batch]');
    [byId('batch-progress').hidden, button.hidden] = [false, false];
    bar.max = tasks.length;
    for (const task of tasks) {
      if (this.#isStopped) {
        break;
      }
      this.#rows.push(await this.#row(task));
      bar.value = this.#rows.length;
      byId('batch-count').textContent = word('batch-count', {done: number(this.#rows.length), all: number(tasks.length)});
      await new Promise(resolve => setTimeout(resolve)); // the page stays alive meanwhile
    }
    button.hidden = true;
    this.#show();
  }

  /** Gives what is to be checked, in the order in which it was given. */
  async #tasks() {
    const tasks = codesOf(byId('codes').value);
    for (const file of [...byId('folder').files, ...byId('files').files]) {
      const isList = /\.(?:txt|csv)$/i.test(file.name);
      if (isList) {
        tasks.push(...codesOf(await file.text()));
      } else if (file.type.startsWith('image/') || /\.json$/i.test(file.name)) {
        tasks.push({name: file.webkitRelativePath || file.name, file});
      }
    }
    return tasks;
  }

  async #row({name, code, file}) {
    const {opened} = this.#pocket;
    const given = {files: opened.files, trust: opened.trust, at: new Date()};
    try {
      const {verdict} = await this.#check({code, file}, given);
      const reasons = verdict.checks.filter(check => ['failed', 'caution'].includes(check.status)).map(check => check.reason);
      return {name, outcome: verdict.outcome, reasons: [...new Set(reasons)], thing: verdict.chain?.records[0].envelope.name ?? ''};
    } catch (error) {
      const code_ = error instanceof TraceabilityError ? error.code : error.message;
      return {name, outcome: 'unknown', reasons: [code_], thing: ''};
    }
  }

  async #check({code, file}, given) {
    if (code !== undefined) {
      return checkLabel(this.#checking.asLabel(code), given);
    }
    if (!file.type.startsWith('image/')) {
      return checkRecord(new Uint8Array(await file.slice(0, JSON_MAX_BYTES + 1).arrayBuffer()), given);
    }
    const [text] = await this.#checking.codesIn(file);
    if (text === undefined) {
      throw new Error(word('batch-unreadable'));
    }
    return checkLabel(this.#checking.asLabel(text), given);
  }

  #show() {
    const counted = ORDER.map(outcome => [outcome, this.#rows.filter(row => row.outcome === outcome).length]);
    byId('batch-tally').replaceChildren(...counted.filter(([, count]) => count > 0).map(([outcome, count]) =>
      element('li', {className: `outcome is-${outcome}`, textContent: `${outcomeWord(outcome)}: ${number(count)}`})));
    const worst = [...this.#rows].sort((one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome));
    byId('batch-rows').replaceChildren(...worst.slice(0, SHOWN).map(batchRow));
    byId('batch-found').hidden = false;
  }
}

function codesOf(text) {
  const lines = text.split(/[\r\n,;]+/).map(line => line.trim().replace(/^"|"$/g, '')).filter(line => line !== '');
  return lines.map(code => ({name: code, code}));
}

function batchRow({name, outcome, reasons, thing}) {
  const link = /^(?:https:\/\/|\/)/i.test(name) ? element('a', {href: `#code=${encodeURIComponent(name)}`, textContent: name}) : name;
  return element('li', {className: 'flow'},
    element('p', {className: `outcome is-${outcome}`, textContent: outcomeWord(outcome)}),
    thing === '' ? null : element('p', {lang: 'vi', textContent: thing}),
    element('p', {className: 'small code'}, link),
    ...reasons.map(reason => element('p', {className: 'small soft', textContent: meaning(reason)})));
}

function cell(text) {
  const plain = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}
