/** A chain as a person reads it, as `shop/services/checking/stations.py` tells it: order, time, place, and how sure it is. */

import {dayInVietNam} from '../verifier/clock.js';

/** @typedef {import('../verifier/evidence.js').SignedRecord} SignedRecord */

const ORDER = ['LotPassport', 'TraceEvent', 'Certificate', 'WorkshopRecord', 'VillageRecognition'];
// A workshop that corrects its own record has been seen by nobody.
const CERTIFICATE_LEVELS = {inspection: 'inspected', environmental: 'inspected', attestation: 'attested'};
const NOTICE_LEVELS = {inspector: 'inspected', workshop: 'self_declared', association: 'self_declared'};

/** Gives the records lot first, then the newest events, certificates, workshop and village. */
export function inStoryOrder(/** @type {SignedRecord[]} */ records) {
  const rank = item => (ORDER.indexOf(item.record.KIND) + ORDER.length + 1) % (ORDER.length + 1);
  const latest = (one, other) => (happenedAt(one) < happenedAt(other) ? 1 : -1);
  return [...records].sort((one, other) => rank(one) - rank(other) || latest(one, other));
}

/** Gives when what a record tells happened: an event's own time, else the first moment that it holds for. */
export function happenedAt(/** @type {SignedRecord} */ item) {
  return item.record.KIND === 'TraceEvent' ? item.record.time : item.envelope.validFrom;
}

/** Gives how sure a record's statement is by who signed it; `level_of` of traceability/policy.py over again. */
export function levelOf(record, role) {
  const isTitled = record.KIND !== 'VillageRecognition' || record.recognition.status !== 'unknown';
  if (role === 'association' && ['VillageRecognition', 'WorkshopRecord'].includes(record.KIND)) {
    return isTitled ? 'transcribed' : 'self_declared';
  }
  switch (record.KIND) {
    case 'VillageRecognition': return record.recognition.status === 'recognised' ? 'certified' : 'attested';
    case 'WorkshopRecord': return 'attested';
    case 'Certificate': return CERTIFICATE_LEVELS[record.kind] ?? 'certified';
    case 'Notice': return NOTICE_LEVELS[role] ?? 'attested';
    case 'Transcription': return 'transcribed';
    default: return 'self_declared';
  }
}

/**
 * Gives where it happened with the commune's name of that day, and of today where it differs; null where unknown.
 * @param {SignedRecord} item
 * @param {SignedRecord[]} records of its chain
 */
export function placeOf(item, records) {
  const {record} = item;
  if (record.KIND === 'VillageRecognition') {
    return named(`Làng ${record.name}`, record.units, item);
  }
  const facility = record.KIND === 'TraceEvent' ? record.placeId : record.facilityId;
  const isThere = other => other.record.KIND === 'WorkshopRecord' && other.record.facilityId === facility;
  const workshop = record.KIND === 'Certificate' ? undefined : records.find(isThere)?.record;
  return workshop === undefined ? null : named(workshop.place, workshop.units, item);
}

function named(place, units, item) {
  const when = dayInVietNam(happenedAt(item));
  const then = units.find(unit => (unit.since ?? '') <= when && when <= (unit.until ?? '9999')) ?? units.at(-1);
  const names = [then.name, then.district].filter(part => part !== null).join(', ');
  const now = then === units.at(-1) ? null : units.at(-1).name;
  return {place: place.includes(then.name) ? place : `${place}, ${names}`, now};
}
