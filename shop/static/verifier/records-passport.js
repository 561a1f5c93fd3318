/** LotPassport: this lot of this product, what it is made of, and how many serials it has. */

import {CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, DIGEST, writeEnvelope} from './envelope.js';
import {Float} from './json-scanner.js';
import {
  array, day, demand, integer, mapping, objects, onlyItem, optionalDay, optionalText, text,
} from './members.js';
import {ORIGIN, VIET_NAM, partyToJson, readClassification, readParty, withoutNull} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./json-scanner.js').Json} Json */
/** @typedef {import('./envelope.js').Envelope} Envelope */

const ROOT = /^[0-9a-f]{64}$/;
const PSEUDONYM = /^[A-Za-z0-9-]{1,40}$/;

/** The workshop says: these are the units of this lot, and this is their origin. */
export const LotPassport = Object.freeze({
  KIND: 'LotPassport',
  TYPES: Object.freeze(['DigitalProductPassport', 'VerifiableCredential']),
  CONTEXTS: Object.freeze([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN]),

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const [origin, facility] = [mapping(subject, ORIGIN), mapping(subject, 'producedAtFacility')];
    const lotId = text(subject, 'id');
    const record = {
      KIND: LotPassport.KIND,
      envelope,
      lotId,
      productId: before(lotId, '/10/'),
      productName: text(subject, 'name'),
      lot: text(subject, 'batchNumber'),
      category: readClassification(onlyItem(subject, 'productCategory')),
      producer: readParty(mapping(onlyItem(subject, 'relatedParty'), 'party')),
      facilityId: text(facility, 'id'),
      facilityName: text(facility, 'name'),
      madeOn: day(subject, 'productionDate'),
      unitCount: integer(origin, 'unitCount'),
      serialRoot: text(origin, 'serialRoot'),
      materials: readMaterials(subject, origin),
      boughtIn: objects(origin, 'boughtIn').map(readBoughtIn),
      gtin: optionalText(origin, 'gtin'),
      expiresOn: optionalDay(subject, 'expiryDate'),
      warnings: optionalText(origin, 'warnings'),
      brand: optionalText(origin, 'brand'),
      makers: objects(origin, 'makers').map(readMaker),
    };
    check(record);
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    return writeEnvelope(record.envelope, withoutNull({
      type: ['Product'],
      id: record.lotId,
      name: record.productName,
      batchNumber: record.lot,
      idGranularity: 'batch',
      idScheme: writeIdScheme(record),
      productCategory: [record.category],
      productionDate: record.madeOn,
      expiryDate: record.expiresOn,
      countryOfProduction: VIET_NAM,
      producedAtFacility: {type: ['Facility'], id: record.facilityId, name: record.facilityName},
      relatedParty: [{role: 'producer', party: partyToJson(record.producer)}],
      materialProvenance: record.materials.map(writeMaterial),
      [ORIGIN]: writeOrigin(record),
    }));
  },
});

function check(record) {
  demand(record.unitCount >= 1, 'a lot has at least one unit');
  demand(ROOT.test(record.serialRoot), 'the serial root is not 64 lower-case hexadecimal digits');
  const percent = record.materials.reduce((sum, material) => sum + material.percent, 0);
  demand(percent === 100, "the materials' shares do not add up to 100 percent");
  demand(record.expiresOn === null || record.expiresOn >= record.madeOn, 'the lot expires before it was made');
  const own = record.productId.slice(record.productId.lastIndexOf('/') + 1);
  const product = record.gtin === null ? `/P/${own}` : `/01/${record.gtin}`;
  const isOne = record.lotId.endsWith(`${product}/10/${record.lot}`);
  demand(isOne, "the lot's URL, its number and the GTIN do not say the same");
}

function writeOrigin(record) {
  return withoutNull({
    recordType: record.KIND,
    gtin: record.gtin,
    brand: record.brand,
    unitCount: record.unitCount,
    serialRoot: record.serialRoot,
    materialOrigins: record.materials.map(material => material.origin),
    boughtIn: record.boughtIn,
    warnings: record.warnings,
    makers: record.makers,
  });
}

function writeIdScheme(record) {
  const [id, name] = record.gtin
    ? ['https://id.gs1.org/01/', 'GS1 GTIN']
    : [`${record.lotId.split('/P/', 1)[0]}/P/`, 'Mã riêng của xưởng'];
  return {type: ['IdentifierScheme'], id, name};
}

/** Gives the UNTP Material; the fraction of UNTP is percent / 100. */
function writeMaterial(material) {
  return {
    name: material.name,
    originCountry: {countryCode: material.country},
    materialType: material.type,
    massFraction: material.percent / 100,
  };
}

/**
 * Reads materials and, from beside them, the words that say where each is from.
 * @param {Document} subject
 * @param {Document} origin
 */
function readMaterials(subject, origin) {
  const [values, origins] = [objects(subject, 'materialProvenance'), array(origin, 'materialOrigins')];
  demand(values.length === origins.length, 'each material needs one origin');
  return values.map((value, index) => readMaterial(value, origins[index]));
}

/**
 * @param {Document} value
 * @param {Json} origin
 */
function readMaterial(value, origin) {
  const member = value.get('massFraction');
  const fraction = member instanceof Float ? member.value : member;
  const isShare = typeof fraction === 'number' && fraction > 0 && fraction <= 1;
  demand(isShare && typeof origin === 'string', "a material's share is not between 0 and 1, or its origin not text");
  return {
    name: text(value, 'name'),
    origin,
    country: text(mapping(value, 'originCountry'), 'countryCode'),
    // A share that is no whole percent does not print back as it was, however it is rounded.
    percent: Math.round(/** @type {number} */ (fraction) * 100),
    type: readClassification(mapping(value, 'materialType')),
  };
}

/** @param {Document} value */
function readBoughtIn(value) {
  return {name: text(value, 'name'), supplier: text(value, 'supplier'), country: text(value, 'country')};
}

/** @param {Document} value */
function readMaker(value) {
  const maker = {pseudonym: text(value, 'pseudonym'), commitment: text(value, 'commitment')};
  const isMaker = PSEUDONYM.test(maker.pseudonym) && DIGEST.test(maker.commitment);
  demand(isMaker, 'a maker is a pseudonym and a SHA-256 digestMultibase');
  return maker;
}

/**
 * Gives what stands before the last divider, nothing where there is none.
 * @param {string} whole
 * @param {string} divider
 */
function before(whole, divider) {
  return whole.slice(0, Math.max(0, whole.lastIndexOf(divider)));
}
