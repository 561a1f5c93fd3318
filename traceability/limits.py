"""Every size and time limit of the library, with unit, reason and source."""

from datetime import timedelta
from typing import Final

__all__ = [
    "CHAIN_MAX_DEPTH",
    "CHAIN_MAX_GAPS",
    "CHAIN_MAX_RECORDS",
    "CLOCK_MAX_SKEW",
    "EVENT_EVIDENCE_MAX",
    "EXPORT_FILE_MAX_BYTES",
    "EXPORT_LIST_MAX_BYTES",
    "JSON_MAX_BYTES",
    "JSON_MAX_DEPTH",
    "JSON_MAX_INTEGER",
    "JSON_MAX_MEMBERS",
    "JWT_MAX_BYTES",
    "LABELS_PER_BATCH",
    "LABEL_MAX_CHARS",
    "LABEL_MAX_CHARS_SHOWN",
    "LOG_BATCH_MAX",
    "LOG_ENTRY_ID_MAX_CHARS",
    "LOG_ENTRY_MAX_BYTES",
    "NOTE_MAX_BYTES",
    "NOTE_MAX_SIGNATURES",
    "NOTICES_MAX_PER_RECORD",
    "PICTURE_MAX_BYTES",
    "PICTURE_MAX_PARTS",
    "PICTURE_MAX_PIXELS",
    "PICTURE_MAX_PIXELS_PNG",
    "PICTURE_MAX_PIXELS_WEBP",
    "PICTURE_MAX_SCANS",
    "PICTURE_MAX_SIDE",
    "PICTURE_MAX_VALUES_HELD",
    "RECEIPT_MAX_BYTES",
    "SEAL_MAX_KEYS",
    "STATUS_LIST_BITS",
    "STATUS_LIST_MAX_BITS",
    "STATUS_LIST_MAX_CHARS",
    "STATUS_LIST_MAX_PERIOD",
    "STATUS_LIST_MIN_BITS",
    "TRUST_LIST_GRACE",
    "TRUST_LIST_MAX_BYTES",
    "WITNESS_MAX_HASHES",
    "WITNESS_REQUEST_MAX_BYTES",
]

# Records. A record of ours is 2 to 4 kB; the log holds at most 65,535 bytes an entry (C2SP tlog-tiles).
JSON_MAX_BYTES: Final = 65_536
JSON_MAX_DEPTH: Final = 32  # counted before parsing: the standard parser overflows the stack on deep input
JSON_MAX_MEMBERS: Final = 1_000  # object members and array items in all
JSON_MAX_INTEGER: Final = 2**53 - 1  # the largest integer that every JSON reader keeps (RFC 8785)
EVENT_EVIDENCE_MAX: Final = 8  # files of one event or notice: a page says how many, and shows them all
JWT_MAX_BYTES: Final = 90_112  # such a record in base64url, with header and signature

# Chains. A lot needs about ten records; the bounds stop a hostile graph.
CHAIN_MAX_RECORDS: Final = 1_000
CHAIN_MAX_DEPTH: Final = 64
CHAIN_MAX_GAPS: Final = 100  # broken links that are told one by one; one is enough to fail

# How far `proof.created` may lie from the moment of logging: the log's order is the evidence of time, and a
# record that names quite another moment would lie about it (docs/decisions/0004).
CLOCK_MAX_SKEW: Final = timedelta(hours=24)
# Status lists (W3C Bitstring Status List 1.0: at least 131,072 bits, so that one bit hides among many).
# The list is a record and obeys JSON_MAX_BYTES: 131,072 random bits take 21,866 characters. Lists that others
# issue may be longer, as long as their gzip fits into a record.
STATUS_LIST_BITS: Final = 131_072  # of each list that we issue
STATUS_LIST_MIN_BITS: Final = 131_072
STATUS_LIST_MAX_BITS: Final = 1_048_576  # unpacked: 131,072 bytes; 64 MiB of zeros fit into 90 kB of gzip
STATUS_LIST_MAX_CHARS: Final = JSON_MAX_BYTES
STATUS_LIST_MAX_PERIOD: Final = timedelta(days=92)  # a list that holds longer could hide what came since
NOTICES_MAX_PER_RECORD: Final = 100  # each costs a signature; beyond it the status counts as unknown

# Signed notes (C2SP signed-note: accept at least 16 signatures). The trust list is a note of up to 4 MiB.
NOTE_MAX_SIGNATURES: Final = 64
NOTE_MAX_BYTES: Final = 1_048_576
TRUST_LIST_MAX_BYTES: Final = 4_194_304
TRUST_LIST_GRACE: Final = timedelta(days=30)  # after expiry the word "verified" is no longer said

# The log. An entry's length is two bytes in its bundle; 63 hashes prove anything in a tree of 2^63 leaves.
LOG_ENTRY_MAX_BYTES: Final = 65_535
LOG_ENTRY_ID_MAX_CHARS: Final = 512
LOG_BATCH_MAX: Final = 10_000  # entries of one transaction; more would keep other writers waiting for seconds
WITNESS_MAX_HASHES: Final = 63
RECEIPT_MAX_BYTES: Final = 65_536  # 63 hashes are 3 kB; the rest is for a checkpoint with many cosignatures
WITNESS_REQUEST_MAX_BYTES: Final = 65_536

# Static exports. The largest file has the hashes of a lot's 50,000 serials; the list of files has about 130
# bytes a file, so that two million files fit.
EXPORT_FILE_MAX_BYTES: Final = 16_777_216
EXPORT_LIST_MAX_BYTES: Final = 268_435_456

# Labels. 219 characters is the whole grammar at a 22-character host; longer hosts need some more.
LABEL_MAX_CHARS: Final = 512
LABEL_MAX_CHARS_SHOWN: Final = 300  # of a text that is no label code, repeated in its check
SEAL_MAX_KEYS: Final = 4  # keys tried for one 4-byte key id
LABELS_PER_BATCH: Final = 50_000

# Pictures of labels. Each takes less than 130 MB of memory for a moment, beside the interpreter's 20, and
# about a second of a processor. A JPEG of one scan is decoded line by line at reduced size: a phone's 24
# megapixels take 25 MB, in four colours 65, and up to 105 where they are too few to be reduced. A progressive
# one is held whole, at two bytes for each colour of each pixel: a phone's 12 megapixels take 90 MB, and the
# largest in four colours 123. A PNG takes up to 90, a WebP file 96 (measured, tests/unit/labels).
PICTURE_MAX_BYTES: Final = 6_000_000
PICTURE_MAX_SIDE: Final = 8_000  # pixels
PICTURE_MAX_PIXELS: Final = 24_000_000
PICTURE_MAX_PIXELS_PNG: Final = 8_000_000  # up to 11 bytes each
PICTURE_MAX_PIXELS_WEBP: Final = 5_000_000  # up to 19 bytes each
PICTURE_MAX_VALUES_HELD: Final = 37_500_000  # pixels times colours of a JPEG that is held whole
# Each scan of a JPEG goes over all pixels, and 42 bytes are one: 136 kB kept a processor busy for more than a
# minute. Encoders write about ten scans; thirty over 12 megapixels take 0.4 s.
PICTURE_MAX_SCANS: Final = 30
# A part of a file can be four bytes: a million took seconds before any pixel was seen. A phone writes dozens.
PICTURE_MAX_PARTS: Final = 10_000
