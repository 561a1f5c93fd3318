/** Certificate: stars, titles, rights, inspections, readings and attestations, as UNTP conformity credentials. */

import {CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, writeEnvelope} from './envelope.js';
import {day, demand, integer, mapping, onlyItem, optionalText, text} from './members.js';
import {ORIGIN, partyToJson, readParty, withoutNull} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */

// kind -> (UNTP assessorLevel, assessmentLevel, attestationType)
const CERTIFICATE_KINDS = new Map([
  ['ocop', ['3rdParty', 'authority-mandate', 'certification']],
  ['artisan_title', ['3rdParty', 'authority-mandate', 'certification']],
  ['ip_right', ['3rdParty', 'authority-mandate', 'certification']],
  ['inspection', ['3rdParty', 'authority-benchmark', 'inspection']],
  ['environmental', ['3rdParty', 'authority-benchmark', 'testing']],
  ['attestation', ['3rdParty', 'no-endorsement', 'verification']],
]);
// OCOP points -> stars (Decision 148/QĐ-TTg of 2023): 90, 70, 50, 30.
const STAR_FLOORS = [[90, 5], [70, 4], [50, 3], [30, 2], [0, 1]];
const TOPIC = Object.freeze({
  type: ['ConformityTopic'],
  id: 'https://vocabulary.uncefact.org/conformity-topic/product-quality',
  name: 'Product quality',
});

/** An authority says: this product or workshop meets this scheme, from then until then. */
export const Certificate = Object.freeze({
  KIND: 'Certificate',
  TYPES: Object.freeze(['DigitalConformityCredential', 'VerifiableCredential']),
  CONTEXTS: Object.freeze([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN]),

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const [origin, scheme] = [mapping(subject, ORIGIN), mapping(subject, 'referenceScheme')];
    const assessment = onlyItem(subject, 'conformityAssessment');
    const facility = mapping(onlyItem(assessment, 'assessedFacility'), 'facility');
    const product = assessment.has('assessedProduct')
      ? mapping(onlyItem(assessment, 'assessedProduct'), 'product') : null;
    const record = {
      KIND: Certificate.KIND,
      envelope,
      kind: text(origin, 'kind'),
      title: text(subject, 'name'),
      issuedTo: readParty(mapping(subject, 'issuedToParty')),
      scheme: {id: text(scheme, 'id'), name: text(scheme, 'name')},
      schemeVersion: text(origin, 'schemeVersion'),
      assessedOn: day(assessment, 'assessmentDate'),
      facilityId: text(facility, 'id'),
      facilityName: text(facility, 'name'),
      productId: product === null ? null : text(product, 'id'),
      productName: product === null ? null : text(product, 'name'),
      decision: optionalText(origin, 'decision'),
      ocop: readOcop(subject, origin),
      finding: optionalText(subject, 'description'),
    };
    checkKind(record);
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    const {kind, title, issuedTo, scheme, ocop} = record;
    const subject = attestation(record.envelope, {levels: CERTIFICATE_KINDS.get(kind), title, issuedTo, scheme});
    subject.conformityAssessment = [writeAssessment(record)];
    if (record.finding !== null) {
      subject.description = record.finding;
    }
    if (ocop !== null) {
      subject.profileScore = {code: `${ocop.stars}-sao`, rank: ocop.stars, definition: `Hạng ${ocop.stars} sao`};
    }
    subject[ORIGIN] = withoutNull({
      recordType: record.KIND,
      kind,
      schemeVersion: record.schemeVersion,
      decision: record.decision,
      score: ocop === null ? null : ocop.score,
    });
    return writeEnvelope(record.envelope, subject);
  },
});

/**
 * Gives the members that every UNTP ConformityAttestation of ours has.
 * @param {Envelope} envelope the attestation's id is derived from its id
 * @param {{levels: string[], title: string, issuedTo: {did: string, name: string},
 *   scheme: {id: string, name: string}}} values
 * @returns {Record<string, unknown>}
 */
export function attestation(envelope, {levels, title, issuedTo, scheme}) {
  return {
    type: ['ConformityAttestation'],
    id: `${envelope.id}#attestation`,
    name: title,
    assessorLevel: levels[0],
    assessmentLevel: levels[1],
    attestationType: levels[2],
    issuedToParty: partyToJson(issuedTo),
    referenceScheme: {type: ['ConformityScheme'], id: scheme.id, name: scheme.name},
  };
}

function checkKind(record) {
  demand(CERTIFICATE_KINDS.has(record.kind), `certificate kind '${record.kind}' is none of the known ones`);
  const isOcop = record.kind === 'ocop';
  demand(isOcop === (record.ocop !== null), 'an OCOP certificate, and only that, has stars and a score');
  const isWhole = record.productId !== null && record.envelope.validUntil !== null;
  demand(!isOcop || isWhole, 'an OCOP certificate names its product and its last day');
}

/**
 * Reads an OCOP rating: 3 to 5 stars, and the points of 100 that must lie in the stars' band.
 * @param {Document} subject
 * @param {Document} origin
 */
function readOcop(subject, origin) {
  if (!subject.has('profileScore')) {
    return null;
  }
  const stars = integer(mapping(subject, 'profileScore'), 'rank');
  const score = integer(origin, 'score');
  const band = score > 100 ? undefined : STAR_FLOORS.find(([floor]) => floor <= score)?.[1];
  demand([3, 4, 5].includes(stars) && band === stars, `${stars} stars do not fit ${score} of 100 points`);
  return {stars, score};
}

function writeAssessment(record) {
  const {scheme} = record;
  const assessment = {
    type: ['ConformityAssessment'],
    id: `${record.envelope.id}#assessment`,
    name: scheme.name,
    assessmentDate: record.assessedOn,
    assessmentCriteria: [{type: ['Criterion'], id: scheme.id, name: scheme.name}],
    assessedPerformance: [],
    assessedFacility: [{facility: {type: ['Facility'], id: record.facilityId, name: record.facilityName}}],
    conformityTopic: [TOPIC],
    conformance: true,
  };
  if (record.productId === null) {
    return assessment;
  }
  const product = {type: ['Product'], id: record.productId, name: record.productName};
  return {...assessment, assessedProduct: [{product}]};
}
