/** The page's own words and elements: the script says nothing that does not stand in the page already. */

/** Gives a sentence of the page with its gaps filled. */
export function word(key, values = {}) {
  return fill(found(key)?.textContent ?? key, values);
}

/** Gives a copy of a word's elements, such as the mark of a level. */
export function marked(key) {
  return found(key)?.firstElementChild?.cloneNode(true) ?? word(key);
}

function found(key) {
  return document.querySelector(`[data-word="${CSS.escape(key)}"]`);
}

/** Fills the gaps of a sentence. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** Gives a day as the page's language writes it: of an instant, a Date or `YYYY-MM-DD`. */
export function day(instant) {
  const isEnglish = document.documentElement.lang === 'en';
  const style = isEnglish ? {day: 'numeric', month: 'long', year: 'numeric'}
    : {day: '2-digit', month: '2-digit', year: 'numeric'};
  const date = typeof instant === 'bigint' ? new Date(Number(instant / 1_000n)) : new Date(instant);
  return new Intl.DateTimeFormat(isEnglish ? 'en-GB' : 'vi-VN', {...style, timeZone: 'Asia/Ho_Chi_Minh'}).format(date);
}

/** Gives a whole number as the page's language writes it. */
export function number(value) {
  return new Intl.NumberFormat(document.documentElement.lang === 'en' ? 'en-GB' : 'vi-VN').format(value);
}

/** Gives a new element with properties and children; a child that is null is left out. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(child => child !== null));
  return made;
}

/** Fills a place of the result. */
export function put(slot, content) {
  const target = byId('found').querySelector(`[data-slot="${slot}"]`);
  target?.replaceChildren(...(typeof content === 'string' ? [content] : content));
}

/** @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/** Gives a link to the check of a record of this export, in the language of this page. */
export function recordLink(root, url, text) {
  return link(root, `check/index.html#record=${encodeURIComponent(url.split('/').pop())}`, text);
}

/** Gives a link to the page of a lot of this export, in the language of this page. */
export function lotLink(root, lotUri, text) {
  return link(root, `${new URL(lotUri).pathname.slice(1)}/index.html`, text);
}

function link(root, path, text) {
  const folder = document.documentElement.lang === 'en' ? 'en/' : '';
  return element('a', {className: 'touch', href: `${root}${folder}${path}`, textContent: text});
}
