/** Finds what is a person's own in a text to be signed, as the shop's `services/typed/personal.py` does. */

// Python's `\w`, which knows the letters of all languages; the one of JavaScript knows English alone.
const WORD = '[\\p{L}\\p{N}_]';
// Days are taken away first: with the number after them they can look like a telephone's.
const DAY = /(?<![0-9])(?:[0-9]{1,2}([./-])[0-9]{1,2}\1(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})(?![0-9])/g;
const MONEY = `(?!\\s*(?:đồng|đ(?!${WORD})|₫|vnđ|vnd|usd))`;
// Begun in the midst of a word, this would take the square of a word's length.
const MAIL = /(?<![\p{L}\p{N}_.+-])[\p{L}\p{N}_.+-]+\s?@\s?[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.[a-z]{2,}/iu;
// Mobiles have nine digits after the 0 or +84, landlines ten; then those of other countries.
const PHONES = [
  /(?<![0-9])(?<![0-9][.,-])\(?0(?:[ .-]?[35789](?:[ .-]?[0-9]){8}|2(?:\)?[ .-]?[0-9]){9})(?![0-9])/gu,
  new RegExp(`(?<![0-9])(?<![0-9][.,])84 ?[2-9](?: ?[0-9]){8,9}(?![0-9])${MONEY}`, 'giu'),
  new RegExp(`\\+ ?[0-9]{1,3}(?:[ .-]?\\(?[0-9]\\)?){7,12}(?![0-9])${MONEY}`, 'giu'),
];
const MOBILE = /^(?:0|84)(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}$/;
const LANDLINE = /^(?:0|84)2[0-9]{9}$/;
const CITIZEN = /(?<![0-9])0(?:[0-9]{11}|[0-9]{2}([ .-])[0-9]{3}\1[0-9]{3}\1?[0-9]{3}|[0-9]{3}([ .-])[0-9]{4}\2[0-9]{4})(?![0-9])/gu;
const TAX = new RegExp('(?<![0-9]|[\\p{L}\\p{N}_])(?<!lô )(?<!lot )(?!20[0-9][0-9](?:0[1-9]|1[0-2])[0-3][0-9][0-9][0-9](?!-))'
  + `[0-9]{10}(?:-[0-9]{3})?(?![0-9])${MONEY}`, 'giu');
// Beside such words any long number is one, whatever its check digit says.
const NAMED = new RegExp('(?:căn cước|cccd|cmnd|cmt|chứng minh|mã số thuế|mst|tax code|hộ chiếu)'
  + '[^0-9]{0,20}[0-9](?:[ .-]?[0-9]){8,}', 'iu');
// A citizen number: the province (001 to 096), a digit for sex and century, the year, and six digits.
const IS_CITIZEN = /^0(?:0[1-9]|[1-8][0-9]|9[0-6])[0-9]{9}$/;
// Far more than a signed text may hold: what is longer is refused for its length, by whoever takes it.
const CHARS_MAX = 20000;
const TAX_WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/** Gives the first thing in a text that belongs to a person, as it stands there; null where nothing does. */
export function personalIn(/** @type {string} */ text) {
  const plain = text.slice(0, CHARS_MAX).normalize('NFKC').replace(/\p{Nd}/gu, digitOf).replace(DAY, '…');
  return (MAIL.exec(plain) ?? NAMED.exec(plain))?.[0] ?? phoneIn(plain) ?? numberIn(plain);
}

/** Gives a digit of any writing as ours; those of one writing stand in a row, ten by ten. */
function digitOf(/** @type {string} */ char) {
  const code = /** @type {number} */ (char.codePointAt(0));
  let before = 0;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) {
    before += 1;
  }
  return String(before % 10);
}

function phoneIn(/** @type {string} */ text) {
  const found = PHONES.flatMap(pattern => [...text.matchAll(pattern)].map(([one]) => one));
  return found.find(one => one.startsWith('+') || isDialled(one)) ?? null;
}

/** Tells a telephone number from a row of small numbers: by its first digits, and by its groups. */
function isDialled(/** @type {string} */ text) {
  const groups = new Set((text.match(/[0-9]+/g) ?? []).map(group => group.length > 1));
  const digits = text.replace(/[^0-9]/g, '');
  return groups.size === 1 && (MOBILE.test(digits) || LANDLINE.test(digits));
}

function numberIn(/** @type {string} */ text) {
  const found = [CITIZEN, TAX].flatMap(pattern => [...text.matchAll(pattern)].map(([one]) => one));
  return found.find(isTaxCode) ?? null;
}

/** Tells whether a number is a citizen's, or a tax code with its right check digit. */
function isTaxCode(/** @type {string} */ text) {
  const digits = text.replace(/[\s.\-\u00a0]/g, '');
  if (IS_CITIZEN.test(digits)) {
    return true;
  }
  const isWhole = /^[0-9]{10}(?:[0-9]{3})?$/.test(digits) && digits.slice(2, 9) !== '0000000' && digits.slice(10) !== '000';
  const sum = TAX_WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  return isWhole && String(10 - sum % 11) === digits[9];
}
