/** Times and sizes as this page writes them, and its small parts. */

import {byId, day, element, number, word} from '../checker/page.js';

/** Gives day, hour and minute in Viet Nam, of a Date, milliseconds or a text. */
export function moment(value) {
  const time = new Intl.DateTimeFormat('vi-VN', {hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Ho_Chi_Minh'})
    .format(new Date(value));
  return `${day(value)} ${time}`;
}

/** Gives a size: `812 kB`, `2,3 MB`. */
export function size(/** @type {number} */ bytes) {
  return bytes < 1_000_000 ? `${number(Math.max(1, Math.round(bytes / 1_000)))} kB`
    : `${number(Math.round(bytes / 100_000) / 10)} MB`;
}

/** Gives the rows of a list of facts; those without a value are left out. */
export function facts(/** @type {[string, string | Node | null][]} */ rows) {
  return rows.filter(([, value]) => value !== null).map(([name, value]) =>
    element('div', {}, element('dt', {textContent: name}), element('dd', {}, /** @type {any} */ (value))));
}

/** Shows a text where it belongs, or hides the place. */
export function tell(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = text === '';
}

/** Gives a file to whoever sits here. */
export function giveFile(/** @type {string} */ name, /** @type {Blob} */ blob) {
  const link = element('a', {href: URL.createObjectURL(blob), download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Gives the words of an outcome. */
export function outcomeWord(/** @type {string} */ outcome) {
  return word(`outcome-${outcome}`);
}
