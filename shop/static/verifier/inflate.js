/**
 * Unpacking of DEFLATE (RFC 1951) with a limit, and the gzip round it (RFC 1952). Refuses what zlib refuses.
 *
 * DecompressionStream cannot be used: engines disagree on bytes behind the end, some unpack a second member
 * there, and none tells where the first one ended. Signed bits must have one reading.
 */

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
// Magic, deflate, no flags: flags would let a name or a comment ride along in signed bytes.
const PLAIN = [0x1f, 0x8b, 0x08, 0x00];

const LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025, 1_537,
  2_049, 3_073, 4_097, 6_145, 8_193, 12_289, 16_385, 24_577];
const DISTANCE_BITS = DISTANCE_BASES.map((_, index) => Math.max(0, (index >> 1) - 1));
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;
const END_OF_BLOCK = 256;

/** The packed bytes are damaged, or unpack to more than was allowed. Stays inside `bitstring.js`. */
export class BadPacking extends Error {}

/**
 * Gives what one gzip member without flags unpacks to.
 * @param {Uint8Array} data the member and nothing else
 * @param {number} limit the most bytes that are unpacked
 * @throws {BadPacking}
 */
export function gunzip(data, limit) {
  demand(PLAIN.every((value, index) => data[index] === value), 'expected gzip without flags');
  const inflater = new Inflater(data.subarray(HEADER_BYTES), limit);
  const bytes = inflater.whole();
  const trailer = data.subarray(HEADER_BYTES + inflater.at);
  demand(trailer.length === TRAILER_BYTES, 'the gzip is cut off, or bytes follow it');
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  demand(view.getUint32(0, true) === crc32(bytes) && view.getUint32(4, true) === bytes.length,
    'the gzip is damaged: its check sum or length is another');
  return bytes;
}

/** Turns codes into symbols: how many codes there are of each length, and the symbols in the order of codes. */
class Codes {
  /**
   * @param {number[]} lengths of each symbol's code, 0 for symbols that do not occur
   * @param {boolean} mayBeIncomplete one code of one bit, or none at all, leaves codes that mean nothing
   */
  constructor(lengths, mayBeIncomplete) {
    this.counts = new Array(MAX_BITS + 1).fill(0);
    for (const length of lengths.filter(item => item > 0)) {
      this.counts[length]++;
    }
    this.symbols = lengths.map((length, symbol) => ({length, symbol})).filter(({length}) => length > 0)
      .sort((one, other) => one.length - other.length || one.symbol - other.symbol).map(({symbol}) => symbol);
    const left = this.counts.reduce((room, count, bits) => {
      const rest = bits === 0 ? 1 : 2 * room - count;
      demand(rest >= 0, 'a set of codes is over-subscribed');
      return rest;
    }, 1);
    const isSingle = this.symbols.length === 0 || (this.symbols.length === 1 && this.counts[1] === 1);
    demand(left === 0 || (mayBeIncomplete && isSingle), 'a set of codes is incomplete');
  }

  /** @param {Inflater} input */
  next(input) {
    let [code, first, index] = [0, 0, 0];
    for (let bits = 1; bits <= MAX_BITS; bits++) {
      code |= input.bits(1);
      const count = this.counts[bits];
      if (code - first < count) {
        return this.symbols[index + code - first];
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new BadPacking('a code means nothing');
  }
}

const FIXED_LENGTHS = new Codes(Array.from({length: 288}, (_, symbol) => {
  if (symbol < 144 || symbol > 279) {
    return 8;
  }
  return symbol < 256 ? 9 : 7;
}), false);
const FIXED_DISTANCES = new Codes(new Array(32).fill(5), false);

class Inflater {
  #rest = 0; // bits of the last byte that were not asked for yet
  #count = 0;

  /**
   * @param {Uint8Array} data
   * @param {number} limit
   */
  constructor(data, limit) {
    this.data = data;
    this.limit = limit;
    this.at = 0;
    this.output = new Uint8Array(limit);
    this.length = 0;
  }

  /** Gives everything up to the end of the last block; `at` then stands behind it. */
  whole() {
    let isLast = false;
    while (!isLast) {
      isLast = this.bits(1) === 1;
      this.#block(this.bits(2));
    }
    return this.output.subarray(0, this.length);
  }

  /** Gives the next bits as a number, the first one least. */
  bits(/** @type {number} */ count) {
    while (this.#count < count) {
      demand(this.at < this.data.length, 'the data is cut off');
      this.#rest |= this.data[this.at++] << this.#count;
      this.#count += 8;
    }
    const value = this.#rest & ((1 << count) - 1);
    this.#rest >>>= count;
    this.#count -= count;
    return value;
  }

  #block(/** @type {number} */ kind) {
    demand(kind !== 3, 'a block is of no known kind');
    if (kind === 0) {
      this.#stored();
    } else if (kind === 1) {
      this.#coded(FIXED_LENGTHS, FIXED_DISTANCES);
    } else {
      this.#coded(...this.#readCodes());
    }
  }

  #stored() {
    [this.#rest, this.#count] = [0, 0]; // a stored block begins at the next whole byte
    const [length, inverse] = [this.bits(16), this.bits(16)];
    demand(length === (~inverse & 0xffff), 'a stored block has another length than its inverse says');
    for (let left = length; left > 0; left--) {
      this.#put(this.bits(8));
    }
  }

  /**
   * @param {Codes} lengths
   * @param {Codes} distances
   */
  #coded(lengths, distances) {
    for (let symbol = lengths.next(this); symbol !== END_OF_BLOCK; symbol = lengths.next(this)) {
      if (symbol < END_OF_BLOCK) {
        this.#put(symbol);
      } else {
        this.#repeat(symbol - END_OF_BLOCK - 1, distances);
      }
    }
  }

  /**
   * @param {number} place
   * @param {Codes} distances
   */
  #repeat(place, distances) {
    demand(place < LENGTH_BASES.length, 'a length code means nothing');
    const length = LENGTH_BASES[place] + this.bits(LENGTH_BITS[place]);
    const other = distances.next(this);
    demand(other < DISTANCE_BASES.length, 'a distance code means nothing');
    const distance = DISTANCE_BASES[other] + this.bits(DISTANCE_BITS[other]);
    demand(distance <= this.length, 'a distance reaches before the beginning');
    for (let left = length; left > 0; left--) {
      this.#put(this.output[this.length - distance]);
    }
  }

  /**
   * Reads the codes of a block that brings its own.
   * @returns {[Codes, Codes]}
   */
  #readCodes() {
    const [literals, distances, known] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    demand(literals <= 286 && distances <= 30, 'there are too many codes');
    const ofLengths = new Array(19).fill(0);
    for (const symbol of ORDER.slice(0, known)) {
      ofLengths[symbol] = this.bits(3);
    }
    const lengths = this.#readLengths(new Codes(ofLengths, false), literals + distances);
    demand(lengths[END_OF_BLOCK] > 0, 'there is no code for the end of the block');
    return [new Codes(lengths.slice(0, literals), true), new Codes(lengths.slice(literals), true)];
  }

  /**
   * @param {Codes} codes
   * @param {number} count
   */
  #readLengths(codes, count) {
    /** @type {number[]} */
    const lengths = [];
    while (lengths.length < count) {
      const symbol = codes.next(this);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      demand(symbol !== 16 || lengths.length > 0, 'there is no length to repeat');
      const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
      const times = symbol === 18 ? 11 + this.bits(7) : 3 + this.bits(symbol - 14);
      lengths.push(...new Array(times).fill(value));
    }
    demand(lengths.length === count, 'a repeated length runs over the end');
    return lengths;
  }

  #put(/** @type {number} */ value) {
    demand(this.length < this.limit, `it unpacks to more than ${this.limit} bytes`);
    this.output[this.length++] = value;
  }
}

const CRC_TABLE = Uint32Array.from({length: 256}, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/** @param {Uint8Array} data */
function crc32(data) {
  const value = data.reduce((sum, byte) => CRC_TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8), 0xffffffff);
  return (value ^ 0xffffffff) >>> 0;
}

/**
 * @param {boolean} condition
 * @param {string} message
 */
function demand(condition, message) {
  if (!condition) {
    throw new BadPacking(message);
  }
}
