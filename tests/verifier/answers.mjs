// What the verifier in the browser says to one question, as JSON; tests/simulators/questions.py asks Python the same.
//
// The same file runs in node and in a page. Bytes travel as base64; what fails answers {"error": code}. Anything
// that is thrown beside our own errors answers {"crash": …}, which agrees with nothing.

const GUNZIP_LIMIT = 10_000; // bytes, the same as in questions.py

/** Gives the function that answers questions with the verifier under an address. */
export async function answerer(base) {
  const load = name => import(`${base}/${name}.js`);
  const [front, json, jcs, clock, curve, keys, note, merkle, quorum, receipt, label, seal, base58, inflate, bitstring,
    scanner] = await Promise.all(
    ['index', 'strict-json', 'jcs', 'clock', 'curve', 'ed25519', 'note', 'merkle', 'quorum', 'receipt', 'label',
      'seal', 'base58', 'inflate', 'bitstring', 'json-scanner'].map(load));
  const contexts = new Map();
  const asFloat = (_, value) => (typeof value === 'number' ? new scanner.Float(value) : value);

  const answers = {
    async fallback({url}) {
      const {verifyAsync} = await import(url);
      front.setEd25519Fallback((signature, message, key) => verifyAsync(signature, message, key, {zip215: false}));
      return {};
    },
    reasons: () => ({reasons: Object.keys(front.Reason)}),
    async context({name, trust, roots, ...evidence}) {
      const opened = await front.openTrustList(fromBase64(trust), await front.parseRoots(fromBase64(roots)));
      contexts.set(name, {trust: opened, evidence: {...maps(evidence), reader: new front.Reader()}});
      return {};
    },
    async open_trust({data, roots}) {
      const trust = await front.openTrustList(fromBase64(data), await front.parseRoots(fromBase64(roots)));
      return {sequence: trust.sequence, keys: trust.keys.map(key => key.id)};
    },
    async verify({kind, input, at, context, trust, changes}) {
      const {trust: ofContext, evidence} = contexts.get(context);
      const opened = trust === undefined ? ofContext : contexts.get(trust).trust;
      const given = {trust: opened, evidence: changed(evidence, changes ?? {}), at};
      const verdict = kind === 'label'
        ? await front.verifyLabel(toText(input), given)
        : await front.verifyRecord(fromBase64(input), given);
      const {outcome, reasons, checks} = front.verdictToJson(verdict, '');
      return {outcome, reasons, checks: checks.map(({id, status, reason, subject}) => [id, status, reason, subject])};
    },
    parse: ({data}) => ({canonical: toBase64(jcs.canonical(json.parse(fromBase64(data))))}),
    number: ({bits}) => ({text: jcs.canonicalText(new scanner.Float(fromBits(bits)))}),
    value: ({text}) => ({canonical: toBase64(jcs.canonical(JSON.parse(text, asFloat)))}),
    instant: ({text}) => ({text: clock.formatInstant(clock.parseInstant(text))}),
    day: ({text}) => ({text: clock.parseDay(text)}),
    base58: ({text, length}) => ({data: toBase64(base58.decodeMultibase(text, length))}),
    async signature({key, signature, message}) {
      await (await keys.PublicKey.from(fromBase64(key))).verify(fromBase64(signature), fromBase64(message));
      return {};
    },
    weak: ({key}) => curve.refuseWeak(fromBase64(key)) ?? {},
    async vkey({text}) {
      return {text: await note.vkeyOf(await note.verifierFromVkey(text))};
    },
    async roots({data}) {
      return {fingerprint: await front.rootsFingerprint(await front.parseRoots(fromBase64(data)))};
    },
    async note({data, vkeys}) {
      const verifiers = await Promise.all(vkeys.map(note.verifierFromVkey));
      const read = note.parse(fromBase64(data));
      return {names: await note.verify(read, verifiers), data: toBase64(note.toBytes(read))};
    },
    async root({leaves}) {
      return {root: toBase64(await merkle.root(await Promise.all(leaves.map(fromBase64).map(merkle.leafHash))))};
    },
    async inclusion({index, size, leaf, proof, root}) {
      const hashes = {leafHash: fromBase64(leaf), proof: proof.map(fromBase64), root: fromBase64(root)};
      await merkle.verifyInclusion(BigInt(index), BigInt(size), hashes);
      return {};
    },
    async consistency({old, size, old_root: oldRoot, new_root: newRoot, proof}) {
      const hashes = {oldRoot: fromBase64(oldRoot), newRoot: fromBase64(newRoot), proof: proof.map(fromBase64)};
      await merkle.verifyConsistency(BigInt(old), BigInt(size), hashes);
      return {};
    },
    async policy({data}) {
      const policy = await quorum.Policy.fromBytes(fromBase64(data));
      return {logs: policy.logs.length, witnesses: policy.witnesses.length, groups: policy.groups.length};
    },
    async receipt({data, leaf, policy}) {
      const read = receipt.receiptFromBytes(fromBase64(data));
      const accepted = await quorum.Policy.fromBytes(fromBase64(policy));
      const head = await receipt.verifyReceipt(read, fromBase64(leaf), accepted);
      const times = head.cosignatures.map(one => [one.witness.name, String(one.time)]);
      return {index: String(read.index), size: String(head.checkpoint.size), times};
    },
    gunzip({data}) {
      try {
        return {data: toBase64(inflate.gunzip(fromBase64(data), GUNZIP_LIMIT))};
      } catch (error) {
        return error instanceof inflate.BadPacking ? {error: 'BAD_PACKING'} : {crash: String(error)};
      }
    },
    async bits({text}) {
      const digest = await crypto.subtle.digest('SHA-256', bitstring.decodeBits(text));
      return {digest: Array.from(new Uint8Array(digest), value => value.toString(16).padStart(2, '0')).join('')};
    },
    label: ({text}) => ({text: label.parseLabel(toText(text)).toUri(), lot: label.parseLabel(toText(text)).lotUri}),
    seal({text}) {
      const {kid, day, record, signature} = seal.parseSeal(text);
      return {day, parts: [kid, record, signature].map(toBase64)};
    },
  };

  return async question => {
    try {
      return await answers[question.ask](question);
    } catch (error) {
      return error instanceof front.TraceabilityError ? {error: error.code} : {crash: String(error.stack ?? error)};
    }
  };
}

function maps({records, passports, serials, receipts, status_lists: statusLists, later}) {
  const toMap = (object, read) => new Map(Object.entries(object ?? {}).map(([name, data]) => [name, read(data)]));
  return {
    records: toMap(records, fromBase64),
    passports: toMap(passports, fromBase64),
    serials: toMap(serials, fromBase64),
    receipts: toMap(receipts, fromBase64),
    statusLists: toMap(statusLists, fromBase64),
    later: toMap(later, items => items.map(fromBase64)),
  };
}

/** Gives evidence with some members replaced; null takes one away. */
function changed(evidence, changes) {
  const found = {...evidence};
  for (const [part, members] of Object.entries(changes)) {
    const name = part === 'status_lists' ? 'statusLists' : part;
    found[name] = new Map(evidence[name]);
    for (const [key, data] of Object.entries(members)) {
      if (data === null) {
        found[name].delete(key);
      } else {
        found[name].set(key, Array.isArray(data) ? data.map(fromBase64) : fromBase64(data));
      }
    }
  }
  return found;
}

/** Gives a text from its UTF-16 units, which may be lone surrogates. */
function toText(units) {
  return String.fromCharCode(...units);
}

function fromBits(hex) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

function toBase64(data) {
  return btoa(Array.from(data, value => String.fromCharCode(value)).join(''));
}
