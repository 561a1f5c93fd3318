/**
 * VillageRecognition and WorkshopRecord: places, and the administrative units they belonged to over time.
 *
 * Both are UNTP DigitalFacilityRecords. UNTP demands street and postcode, which stay empty where unknown;
 * what UNTP has no word for stands under `ln:origin`.
 */

import {CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, writeEnvelope} from './envelope.js';
import {demand, flag, mapping, onlyItem, optionalText, text} from './members.js';
import {
  ORIGIN, VIET_NAM, partyToJson, readClassification, readParty, readUnits, unitToJson, withoutNull,
} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */

const RECOGNITION_TYPES = new Set(['craft_village', 'traditional_craft_village', 'traditional_craft', null]);
const RECOGNITION_STATUSES = new Set(['recognised', 'under_review', 'withdrawn', 'unknown']);
const SITE_KINDS = new Set(['home', 'village', 'cluster']);
const LEGAL_FORMS = new Set(['household_business', 'cooperative', 'enterprise']);
const TYPES = Object.freeze(['DigitalFacilityRecord', 'VerifiableCredential']);
const CONTEXTS = Object.freeze([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN]);

/** The province says: this village is at this place and holds this title. */
export const VillageRecognition = Object.freeze({
  KIND: 'VillageRecognition',
  TYPES,
  CONTEXTS,

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    return {
      KIND: VillageRecognition.KIND,
      envelope,
      ...readFacility(subject),
      recognition: readRecognition(mapping(mapping(subject, ORIGIN), 'recognition')),
    };
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    return writeEnvelope(record.envelope, {
      ...writeFacility(record),
      [ORIGIN]: {
        recordType: record.KIND,
        recognition: withoutNull(record.recognition),
        administrativeUnits: record.units.map(unitToJson),
      },
    });
  },
});

/** The commune says: this workshop works in this village, at a site of this kind. */
export const WorkshopRecord = Object.freeze({
  KIND: 'WorkshopRecord',
  TYPES,
  CONTEXTS,

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const origin = mapping(subject, ORIGIN);
    const [village, site] = [mapping(origin, 'village'), mapping(origin, 'site')];
    const record = {
      KIND: WorkshopRecord.KIND,
      envelope,
      ...readFacility(subject),
      operatorDid: readParty(mapping(onlyItem(subject, 'relatedParty'), 'party')).did,
      villageId: text(village, 'id'),
      villageName: text(village, 'name'),
      legalForm: text(origin, 'legalForm'),
      siteKind: text(site, 'kind'),
      isInsideVillage: flag(site, 'insideVillage'),
      place: text(site, 'place'),
      businessCommitment: optionalText(origin, 'businessIdCommitment'),
    };
    demand(SITE_KINDS.has(record.siteKind), `site kind '${record.siteKind}' is not home, village or cluster`);
    demand(LEGAL_FORMS.has(record.legalForm), `legal form '${record.legalForm}' is none of the known ones`);
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    return writeEnvelope(record.envelope, {
      ...writeFacility(record),
      relatedParty: [{role: 'operator', party: partyToJson({did: record.operatorDid, name: record.name})}],
      [ORIGIN]: withoutNull({
        recordType: record.KIND,
        village: {id: record.villageId, name: record.villageName},
        legalForm: record.legalForm,
        site: {kind: record.siteKind, insideVillage: record.isInsideVillage, place: record.place},
        administrativeUnits: record.units.map(unitToJson),
        businessIdCommitment: record.businessCommitment,
      }),
    });
  },
});

/**
 * Reads a village's title as the province states it; null is "not known", never "no".
 * @param {Document} value
 */
function readRecognition(value) {
  const recognition = {
    type: optionalText(value, 'type'),
    title: optionalText(value, 'title'),
    decision: optionalText(value, 'decision'),
    granted: optionalText(value, 'granted'), // as precise as the source: a date, a month or a year
    status: text(value, 'status'),
  };
  const isKnown = RECOGNITION_TYPES.has(recognition.type) && RECOGNITION_STATUSES.has(recognition.status);
  demand(isKnown, `recognition '${recognition.type}' / '${recognition.status}' is none of the known ones`);
  return recognition;
}

/** @param {Document} subject */
function readFacility(subject) {
  return {
    facilityId: text(subject, 'id'),
    name: text(subject, 'name'),
    registeredId: text(subject, 'registeredId'),
    registerName: text(mapping(subject, 'idScheme'), 'name'),
    craft: readClassification(onlyItem(subject, 'processCategory')),
    region: text(mapping(subject, 'address'), 'addressRegion'),
    units: readUnits(mapping(subject, ORIGIN)),
  };
}

/** Gives what both kinds of facility share; the address names the present commune. */
function writeFacility(record) {
  const register = record.facilityId.slice(0, Math.max(0, record.facilityId.lastIndexOf('/')));
  return {
    type: ['Facility'],
    id: record.facilityId,
    name: record.name,
    registeredId: record.registeredId,
    idScheme: {type: ['IdentifierScheme'], id: register, name: record.registerName},
    countryOfOperation: VIET_NAM,
    locationInformation: {},
    address: {
      streetAddress: '',
      postalCode: '',
      addressLocality: record.units.at(-1).name,
      addressRegion: record.region,
      addressCountry: VIET_NAM,
    },
    processCategory: [record.craft],
  };
}
