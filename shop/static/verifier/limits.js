/** Every size and time limit, with its unit; the same numbers as `traceability/limits.py` (a test compares). */

const DAY = 86_400_000_000n; // microseconds

export const JSON_MAX_BYTES = 65_536;
export const JSON_MAX_DEPTH = 32;
export const JSON_MAX_MEMBERS = 1_000;
export const JSON_MAX_INTEGER = Number.MAX_SAFE_INTEGER;
export const EVENT_EVIDENCE_MAX = 8;

export const CHAIN_MAX_RECORDS = 1_000;
export const CHAIN_MAX_DEPTH = 64;
export const CHAIN_MAX_GAPS = 100;

export const NOTE_MAX_SIGNATURES = 64;
export const NOTE_MAX_BYTES = 1_048_576;
export const TRUST_LIST_MAX_BYTES = 4_194_304;
export const TRUST_LIST_GRACE = 30n * DAY;

export const LABEL_MAX_CHARS = 512;
export const LABEL_MAX_CHARS_SHOWN = 300;
export const SEAL_MAX_KEYS = 4;

export const CLOCK_MAX_SKEW = DAY;
export const STATUS_LIST_MIN_BITS = 131_072;
export const STATUS_LIST_MAX_BITS = 1_048_576;
export const STATUS_LIST_MAX_CHARS = JSON_MAX_BYTES;
export const STATUS_LIST_MAX_PERIOD = 92n * DAY;
export const NOTICES_MAX_PER_RECORD = 100;

export const WITNESS_MAX_HASHES = 63;
export const RECEIPT_MAX_BYTES = 65_536;
