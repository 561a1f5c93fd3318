/**
 * Which 32 bytes are a key that is safe to trust: canonical, on the curve, and not of small order.
 *
 * WebCrypto takes such keys without a word. Under a key of small order one constant signature verifies every
 * message, so they are refused wherever a key enters. Only public values pass here: time may tell.
 */

import {Reason, Refused} from './errors.js';

const FIELD_PRIME = 2n ** 255n - 19n;
const CURVE_D = modulo(-121665n * power(121666n, FIELD_PRIME - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (FIELD_PRIME - 1n) / 4n);

/**
 * Refuses a wrong length, y >= p, x = 0 with the sign bit, points off the curve and 8A = identity.
 * @param {Uint8Array} raw
 * @throws {Refused} KEY_WEAK
 */
export function refuseWeak(raw) {
  if (raw.length !== 32) {
    throw weak(`an Ed25519 public key has 32 bytes, got ${raw.length}`);
  }
  const number = raw.reduceRight((sum, value) => (sum << 8n) | BigInt(value), 0n);
  const y = number & ((1n << 255n) - 1n);
  if (y >= FIELD_PRIME) {
    throw weak('the key is not canonical: y >= 2^255 - 19');
  }
  let point = decompress(y, number >> 255n);
  for (let times = 0; times < 3; times++) {
    point = double(point);
  }
  if (point[0] === 0n && point[1] === point[2]) {
    throw weak('the key is of small order');
  }
}

/**
 * Gives the projective point (X, Y, Z) of an encoding (RFC 8032 5.1.3).
 * @param {bigint} y
 * @param {bigint} sign
 * @returns {[bigint, bigint, bigint]}
 */
function decompress(y, sign) {
  const [u, v] = [modulo(y * y - 1n), modulo(CURVE_D * y * y + 1n)];
  const v3 = modulo(v * v * v);
  let x = modulo(u * v3 * power(modulo(u * v3 * v3 * v), (FIELD_PRIME - 5n) / 8n));
  if (modulo(v * x * x - u) !== 0n) {
    x = modulo(x * ROOT_OF_MINUS_ONE);
  }
  if (modulo(v * x * x - u) !== 0n) {
    throw weak('the key is not a point of the curve');
  }
  if (x === 0n && sign === 1n) {
    throw weak('the key is not canonical: x = 0 with the sign bit');
  }
  return [(x & 1n) === sign ? x : FIELD_PRIME - x, y, 1n];
}

/**
 * Doubles a point of edwards25519 in projective coordinates (RFC 8032 5.1.4).
 * @param {[bigint, bigint, bigint]} point
 * @returns {[bigint, bigint, bigint]}
 */
function double([x, y, z]) {
  const [a, b, c] = [x * x, y * y, 2n * z * z];
  const [h, g] = [a + b, a - b];
  const e = h - (x + y) * (x + y);
  const f = c + g;
  return [modulo(e * f), modulo(g * h), modulo(f * g)];
}

/** @param {bigint} number */
function modulo(number) {
  const rest = number % FIELD_PRIME;
  return rest < 0n ? rest + FIELD_PRIME : rest;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n) {
    result = exponent & 1n ? modulo(result * square) : result;
    square = modulo(square * square);
  }
  return result;
}

/** @param {string} message */
function weak(message) {
  return new Refused(Reason.KEY_WEAK, message);
}
