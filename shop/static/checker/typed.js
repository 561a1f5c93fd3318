/** What people type or paste where a label's text is asked for. */

/**
 * Gives a typed code as a label spells it: white space comes from pasting, and an address from the browser's bar.
 *
 * The same spellings as the shop's form: a bare path, and an address of the shop. A copy has its own addresses
 * beside these, and pages below them.
 * @param {string} text
 * @param {string} host the identity host
 * @param {string[]} addresses under which this very copy and the shop are open, with or without a slash at the end
 */
export function asLabel(text, host, addresses) {
  const typed = text.replace(/\s+/g, '');
  const ours = [`https://${host}`, ...addresses.filter(one => one !== '')].map(one => `${one.replace(/\/$/, '')}/`);
  const begin = typed.startsWith('/') ? '/' : ours.find(one => typed.toLowerCase().startsWith(one.toLowerCase()));
  if (begin === undefined) {
    return typed;
  }
  const path = typed.slice(begin.length).replace(/^en\//, '');
  const asked = /^check\/(?:index\.html)?#code=(.+)$/.exec(path);
  if (asked !== null) {
    return asLabel(decoded(asked[1]), host, addresses);
  }
  return `HTTPS://${host}/${path.replace(/[?#].*$/, '').replace(/\/(?:index\.html)?$/, '')}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
