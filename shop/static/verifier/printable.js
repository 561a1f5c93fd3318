/** What Python calls a space and what it calls printable, which are not what `\s` means in JavaScript. */

// Controls, invisible characters, unassigned ones, and every separator but the plain space. Which characters
// are assigned depends on the version of Unicode that an engine knows.
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}\p{Zs}]*$/u;

/** What stands in a character class for "no space, by any meaning of Unicode": `str.isspace()`. */
export const SPACES = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/**
 * Tells whether a page would show the text as it stands.
 * @param {string} text
 */
export function isPrintable(text) {
  return PRINTABLE.test(text.replaceAll(' ', ''));
}
