/** Which kind of record a document is: read it into its values, and print it back to be sure. */

import {Reason, Unreadable} from './errors.js';
import {canonicalText} from './jcs.js';
import {badRecord, mapping, onlyItem, text} from './members.js';
import {Certificate} from './records-certificate.js';
import {TraceEvent} from './records-event.js';
import {VillageRecognition, WorkshopRecord} from './records-facility.js';
import {Notice, Transcription} from './records-notice.js';
import {LotPassport} from './records-passport.js';
import {StatusList} from './records-status-list.js';
import {ORIGIN} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {{KIND: string, envelope: Envelope} & Record<string, any>} TypedRecord the values of one kind */

/** @type {Map<string, any>} */
const KINDS = new Map([
  VillageRecognition, WorkshopRecord, Certificate, TraceEvent, LotPassport, Notice, Transcription, StatusList,
].map(kind => [kind.KIND, kind]));

/**
 * Gives the typed values of a parsed record.
 *
 * They are printed back and compared, so that no signed member exists which a page would not show.
 * @param {Document} document a parsed record, with or without its proof
 * @param {Envelope} envelope its shared part, from `readEnvelope`
 * @returns {TypedRecord}
 * @throws {Unreadable} BAD_RECORD or BAD_CONTEXT
 */
export function readRecord(document, envelope) {
  const member = document.get('credentialSubject');
  const subject = member instanceof Map ? member : onlyItem(document, 'credentialSubject');
  const name = text(mapping(subject, ORIGIN), 'recordType');
  const kind = KINDS.get(name);
  if (kind === undefined || !isSame(envelope.types, kind.TYPES)) {
    throw badRecord(`'${name.slice(0, 40)}' under these types is no kind of record that is known`);
  }
  if (!isSame(envelope.contexts, kind.CONTEXTS)) {
    throw new Unreadable(Reason.BAD_CONTEXT, `@context is not the one of a ${name}`);
  }
  const record = kind.fromSubject(envelope, subject);
  const printed = kind.toDocument(record);
  const unsigned = withTextIndex(new Map([...document].filter(([item]) => item !== 'proof')));
  if (canonicalText(printed) !== canonicalText(unsigned)) {
    throw badRecord(difference(printed, unsigned));
  }
  return record;
}

/**
 * Gives the document with a status index as W3C writes it: UNTP's schema wants a number there.
 * @param {Document} document
 * @returns {Document}
 */
function withTextIndex(document) {
  const status = document.get('credentialStatus');
  const index = status instanceof Map ? status.get('statusListIndex') : undefined;
  if (typeof index !== 'number') {
    return document;
  }
  const written = new Map([.../** @type {Document} */ (status), ['statusListIndex', String(index)]]);
  return new Map([...document, ['credentialStatus', written]]);
}

/**
 * Names the first member that is unknown, missing or spelled differently.
 * @param {Record<string, unknown>} printed
 * @param {Document} found
 */
function difference(printed, found) {
  for (const name of [...new Set([...Object.keys(printed), ...found.keys()])].sort()) {
    const [ours, theirs] = [printed[name] ?? null, found.get(name) ?? null];
    if (canonicalText(ours) !== canonicalText(theirs)) {
      return `${name}: unknown, missing or spelled in another way than this version writes it`;
    }
  }
  return 'a member is spelled in another way than this version writes it';
}

/**
 * @param {readonly string[]} one
 * @param {readonly string[]} other
 */
function isSame(one, other) {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
