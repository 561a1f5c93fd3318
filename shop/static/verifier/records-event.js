/**
 * TraceEvent: one step of a lot's life, as a UNTP traceability event that carries one EPCIS 2.0 event.
 *
 * The pairing of our steps with EPCIS event types and CBV business steps is the table EVENT_KINDS.
 */

import {formatInVietNam, parseInstant} from './clock.js';
import {CONTEXT_EPCIS, CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, writeEnvelope} from './envelope.js';
import {array, badRecord, demand, flag, integer, mapping, objects, optionalText, text} from './members.js';
import {readEvidence} from './records-attached.js';
import {ORIGIN, withoutNull} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {{id: string, name: string, amount: number, uom: string, supplier: string | null,
 *   isBoughtIn: boolean}} Quantity */

// Step -> EPCIS event type, action (null for transformations), CBV business step, CBV disposition.
const EVENT_KINDS = new Map([
  ['material_received', ['ObjectEvent', 'OBSERVE', 'receiving', 'in_progress']],
  ['made', ['TransformationEvent', null, 'creating_class_instance', 'in_progress']],
  ['finished', ['TransformationEvent', null, 'creating_class_instance', 'active']],
  ['inspected', ['ObjectEvent', 'OBSERVE', 'inspecting', 'conformant']],
  ['labelled', ['ObjectEvent', 'ADD', 'commissioning', 'active']],
  ['packed', ['AggregationEvent', 'ADD', 'packing', 'in_progress']],
  ['shipped', ['ObjectEvent', 'OBSERVE', 'shipping', 'in_transit']],
  ['received', ['ObjectEvent', 'OBSERVE', 'receiving', 'in_progress']],
  ['sold', ['ObjectEvent', 'OBSERVE', 'retail_selling', 'retail_sold']],
  ['withdrawn', ['ObjectEvent', 'DELETE', 'decommissioning', 'inactive']],
]);
const OUTPUT_LISTS = new Map([
  ['TransformationEvent', 'outputQuantityList'],
  ['AggregationEvent', 'childQuantityList'],
  ['ObjectEvent', 'quantityList'],
]);

/** The workshop says: this was done, there and then, out of that. */
export const TraceEvent = Object.freeze({
  KIND: 'TraceEvent',
  TYPES: Object.freeze(['DigitalTraceabilityEvent', 'VerifiableCredential']),
  CONTEXTS: Object.freeze([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_EPCIS, CONTEXT_OWN]),

  /**
   * Reads the single event of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const origin = mapping(subject, ORIGIN);
    const things = readThings(origin);
    const kind = text(origin, 'kind');
    const [epcisType, action] = EVENT_KINDS.get(kind) ?? [];
    demand(epcisType !== undefined, `event kind '${kind.slice(0, 40)}' is none of the known ones`);
    const inputs = subject.has('inputQuantityList') ? objects(subject, 'inputQuantityList') : [];
    const record = {
      KIND: TraceEvent.KIND,
      envelope,
      kind,
      time: parseInstant(subject.get('eventTime')),
      detail: text(origin, 'detail'),
      placeId: text(mapping(subject, 'readPoint'), 'id'),
      inputs: inputs.map(item => fromEpcis(item, things)),
      outputs: objects(subject, OUTPUT_LISTS.get(epcisType)).map(item => fromEpcis(item, things)),
      evidence: readEvidence(origin),
    };
    const isWhole = record.outputs.length > 0 && (action === null) === record.inputs.length > 0;
    demand(isWhole, 'a transformation has inputs and outputs, other events outputs alone');
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    const [type, action, bizStep, disposition] = EVENT_KINDS.get(record.kind);
    return writeEnvelope(record.envelope, [withoutNull({
      type,
      action,
      eventID: `${record.envelope.id}#event`,
      eventTime: formatInVietNam(record.time),
      eventTimeZoneOffset: '+07:00',
      bizStep,
      disposition,
      readPoint: {id: record.placeId},
      bizLocation: {id: record.placeId},
      ...writeQuantities(record, type),
      [ORIGIN]: withoutNull({
        recordType: record.KIND,
        kind: record.kind,
        detail: record.detail,
        things: [...record.inputs, ...record.outputs].map(toThing),
        evidence: record.evidence.length > 0 ? record.evidence : null,
      }),
    })]);
  },
});

function writeQuantities(record, epcisType) {
  const outputs = record.outputs.map(toEpcis);
  if (epcisType === 'TransformationEvent') {
    return {inputQuantityList: record.inputs.map(toEpcis), outputQuantityList: outputs};
  }
  if (epcisType === 'AggregationEvent') {
    return {parentID: `${record.envelope.id}#package`, childEPCs: [], childQuantityList: outputs};
  }
  return {epcList: [], quantityList: outputs};
}

/** @param {Quantity} item */
function toEpcis(item) {
  return {epcClass: item.id, quantity: item.amount, uom: item.uom};
}

/**
 * Gives what EPCIS has no member for: the name, the supplier, and whether it was bought in.
 * @param {Quantity} item
 */
function toThing(item) {
  return withoutNull({id: item.id, name: item.name, supplier: item.supplier, boughtIn: item.isBoughtIn});
}

/** @param {Document} origin */
function readThings(origin) {
  const items = array(origin, 'things').filter(item => item instanceof Map);
  return new Map(items.map(item => [text(/** @type {Document} */ (item), 'id'), /** @type {Document} */ (item)]));
}

/**
 * @param {Document} item
 * @param {Map<string, Document>} things
 * @returns {Quantity}
 */
function fromEpcis(item, things) {
  const id = text(item, 'epcClass');
  const thing = things.get(id);
  if (thing === undefined) {
    throw badRecord('a quantity names a thing that the event does not describe');
  }
  const amount = integer(item, 'quantity');
  demand(amount > 0 && amount < 1_000_000_000, 'a quantity is a whole number from 1 to 999,999,999');
  return {
    id,
    name: text(thing, 'name'),
    amount,
    uom: text(item, 'uom'),
    supplier: optionalText(thing, 'supplier'),
    isBoughtIn: flag(thing, 'boughtIn'),
  };
}
