/**
 * Whether a record and those that it links to speak of the same thing.
 *
 * A signature says who spoke; these checks say that a lot wears its own stars, tells its own story and names
 * its own workshop. Each kind of record may link to certain kinds only, so that nothing enters a chain sideways.
 */

import {NotVerified, Reason} from './errors.js';

/** @typedef {import('./records-kinds.js').TypedRecord} TypedRecord */
/** @typedef {import('./terms.js').AdministrativeUnit} AdministrativeUnit */

// What a record may link to. A notice may be about any kind.
const LINKABLE = new Map([
  ['VillageRecognition', ['VillageRecognition', 'Transcription']],
  ['WorkshopRecord', ['VillageRecognition', 'WorkshopRecord', 'Transcription']],
  ['Certificate', ['WorkshopRecord', 'Transcription']],
  ['TraceEvent', ['WorkshopRecord', 'TraceEvent']],
  ['LotPassport', ['WorkshopRecord', 'TraceEvent', 'Certificate', 'Transcription']],
  ['Transcription', ['VillageRecognition', 'WorkshopRecord']],
  ['StatusList', []],
]);

const PRODUCT = /^https:\/\/[^/]+\/(?:01\/[0-9]{14}|P\/[A-Z0-9]{4,14})$/;

const CHECKS = new Map([
  ['VillageRecognition', checkVillage],
  ['Transcription', checkPaper],
  ['WorkshopRecord', checkWorkshop],
  ['Certificate', checkCertificate],
  ['TraceEvent', checkEvent],
  ['LotPassport', checkPassport],
]);

/**
 * Checks that a record agrees with the records that it links to directly.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} linked
 * @throws {NotVerified} LINK_MISSING, where the workshop or village is not among them; SUBJECT_MISMATCH, where
 *   one of them is about something else, or of a kind that has no place there
 */
export function checkSubjects(record, linked) {
  const allowed = LINKABLE.get(record.KIND);
  const stranger = linked.find(item => allowed !== undefined && !allowed.includes(item.KIND));
  if (stranger !== undefined) {
    throw mismatch(`a ${record.KIND} does not link to a ${stranger.KIND}`);
  }
  CHECKS.get(record.KIND)?.(record, linked);
}

/**
 * Gives the unit that a place stands in today: the only one without an end, and the last.
 * @param {TypedRecord} place a village or a workshop
 * @returns {AdministrativeUnit & {code: string}}
 * @throws {NotVerified} KEY_NOT_AUTHORISED, because a place without one is in nobody's scope
 */
export function presentUnit(place) {
  const present = place.units.filter((/** @type {AdministrativeUnit} */ unit) => unit.until === null);
  if (present.length !== 1 || present[0] !== place.units.at(-1) || present[0].code === null) {
    throw new NotVerified(Reason.KEY_NOT_AUTHORISED, `${place.name} names no single present unit as its last`);
  }
  return present[0];
}

/** @type {(record: TypedRecord, linked: TypedRecord[]) => void} */
function checkVillage(record, linked) {
  checkSamePlace(record, linked);
  checkPapers([record.facilityId], linked);
}

/**
 * Checks that a record which takes the place of an earlier one is about the same place.
 * @type {(record: TypedRecord, linked: TypedRecord[]) => void}
 */
function checkSamePlace(record, linked) {
  const other = linked.find(item => item.KIND === record.KIND && item.facilityId !== record.facilityId);
  if (other !== undefined) {
    throw mismatch(`the earlier record is about ${other.facilityId}`);
  }
}

/**
 * Checks that every paper in the chain is about the place or product that the record speaks of.
 * @param {(string | null)[]} about
 * @param {TypedRecord[]} linked
 */
function checkPapers(about, linked) {
  const other = linked.find(item => item.KIND === 'Transcription' && !about.includes(item.aboutId));
  if (other !== undefined) {
    throw mismatch(`a linked paper is about ${other.aboutId}`);
  }
}

/**
 * Checks that every paper in the chain was issued to the workshop itself: two may make one product.
 * @param {TypedRecord} workshop
 * @param {TypedRecord[]} linked
 */
function checkHolder(workshop, linked) {
  const other = linked.find(item => item.KIND === 'Transcription' && item.issuedTo.did !== workshop.operatorDid);
  if (other !== undefined) {
    throw mismatch(`a linked paper was issued to ${other.issuedTo.did}`);
  }
}

/**
 * Checks that a paper hangs on its own place: a village, a workshop in it, or the maker of a product.
 * @type {(record: TypedRecord, linked: TypedRecord[]) => void}
 */
function checkPaper(record, linked) {
  const workshops = linked.filter(item => item.KIND === 'WorkshopRecord');
  const villages = linked.filter(item => item.KIND === 'VillageRecognition').map(item => item.facilityId);
  if (new Set([...villages, ...workshops.map(item => item.villageId)]).size > 1) {
    throw mismatch('the paper is linked to two villages');
  }
  if (PRODUCT.test(record.aboutId) && workshops.length === 0) {
    throw new NotVerified(Reason.LINK_MISSING, 'a paper about a product links to no workshop');
  }
  for (const {facilityId, villageId} of workshops) {
    if (![facilityId, villageId].includes(record.aboutId) && !PRODUCT.test(record.aboutId)) {
      throw mismatch(`the paper is about ${record.aboutId}, not about ${facilityId}`);
    }
  }
}

/** @type {(record: TypedRecord, linked: TypedRecord[]) => void} */
function checkWorkshop(record, linked) {
  checkSamePlace(record, linked);
  checkPapers([record.facilityId], linked);
  const village = only('VillageRecognition', record.villageId, linked);
  if (record.villageName !== village.name) {
    throw mismatch(`the workshop calls its village '${record.villageName}'`);
  }
  // The site may lie in another commune than the village, but not in another province.
  const [ours, theirs] = [presentUnit(record).code, presentUnit(village).code];
  if (ours.split('/', 1)[0] !== theirs.split('/', 1)[0]) {
    throw mismatch(`the site is in ${ours}, the village in ${theirs}`);
  }
}

/** @type {(record: TypedRecord, linked: TypedRecord[]) => void} */
function checkCertificate(record, linked) {
  const workshop = only('WorkshopRecord', record.facilityId, linked);
  checkPapers([record.facilityId, record.productId], linked);
  checkHolder(workshop, linked);
  if (record.issuedTo.did !== workshop.operatorDid || record.facilityName !== workshop.name) {
    throw mismatch("the certificate was issued to another party than the workshop's operator");
  }
}

/** @type {(record: TypedRecord, linked: TypedRecord[]) => void} */
function checkEvent(record, linked) {
  demandOperator(only('WorkshopRecord', record.placeId, linked), record);
}

/** @type {(record: TypedRecord, linked: TypedRecord[]) => void} */
function checkPassport(record, linked) {
  const workshop = only('WorkshopRecord', record.facilityId, linked);
  demandOperator(workshop, record);
  const {did, name} = record.producer;
  if (did !== record.envelope.issuer.did || name !== record.facilityName || name !== workshop.name) {
    throw mismatch('the passport names another producer than the workshop');
  }
  checkPapers([record.facilityId, record.productId], linked);
  checkHolder(workshop, linked);
  checkCertificates(record, linked.filter(item => item.KIND === 'Certificate'));
  checkEvents(record, linked.filter(item => item.KIND === 'TraceEvent'));
}

/**
 * @param {TypedRecord} workshop
 * @param {TypedRecord} record
 */
function demandOperator(workshop, record) {
  if (workshop.operatorDid !== record.envelope.issuer.did) {
    throw mismatch(`the workshop is operated by ${workshop.operatorDid}`);
  }
}

/**
 * Checks that a lot wears no stars of another workshop or another product.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} certificates
 */
function checkCertificates(record, certificates) {
  for (const item of certificates) {
    const isOfProduct = item.productId === null || item.productId === record.productId;
    if (item.facilityId !== record.facilityId || !isOfProduct) {
      throw mismatch(`a linked certificate is about ${item.productId ?? item.facilityId}`);
    }
  }
}

/**
 * Checks that the events happened in this workshop, and that one of them gave this lot.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} events
 */
function checkEvents(record, events) {
  if (events.some(event => event.placeId !== record.facilityId)) {
    throw mismatch('a linked event happened in another workshop');
  }
  const gave = (/** @type {TypedRecord} */ event) =>
    event.outputs.some((/** @type {{id: string}} */ thing) => thing.id === record.lotId);
  if (events.length > 0 && !events.some(gave)) {
    throw mismatch('none of the linked events is about this lot');
  }
}

/**
 * Gives the one linked place of a kind, which must be the one that the record names.
 * @param {string} kind
 * @param {string} facilityId
 * @param {TypedRecord[]} linked
 */
function only(kind, facilityId, linked) {
  const places = linked.filter(item => item.KIND === kind);
  if (!places.some(place => place.facilityId === facilityId)) {
    throw new NotVerified(Reason.LINK_MISSING, `${facilityId} is not among the linked records`);
  }
  if (places.length !== 1) {
    throw mismatch(`the record links to ${places.length} records of kind ${kind}`);
  }
  return places[0];
}

/** @param {string} message */
function mismatch(message) {
  return new NotVerified(Reason.SUBJECT_MISMATCH, message);
}
