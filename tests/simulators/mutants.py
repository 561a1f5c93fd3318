"""Questions about changed records, chains, trust lists, labels and receipts, without end, from one seed.

Most changes are signed again by whom the record names, so that the signature holds and what was changed itself
must be found; chains are linked and logged again for the same reason.
"""

import copy
import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulators.forgery import SCAN, every_kind, forge_at, notice, relogged, status_list
from tests.simulators.questions import PARTS, Question, coded, plain, units
from tests.simulators.village import HOST, LOG, NOW, SINCE, Village, signer, url
from traceability.base58 import encode_multibase
from traceability.clock import format_instant
from traceability.errors import TraceabilityError
from traceability.evidence import Evidence, Reader
from traceability.issue import issue_labels
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import attach
from traceability.ledger import note
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.receipt import Receipt
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import encode, with_bit
from traceability.records.canonical import canonical, digest_multibase, parse, sha256
from traceability.policy import open_trust_list
from traceability.signing.trust import Revocation, TrustedHost, TrustList, write_trust_text

__all__ = ["Mutants"]

LOT = f"https://{HOST}/01/09520000000011/10/L1"
BASE = "village"
DAY, SECOND, TICK = timedelta(days=1), timedelta(seconds=1), timedelta(microseconds=1)

# What a member may be replaced by: each of these has stopped some reader somewhere.
VALUES: Sequence[Any] = (
    None, True, False, 0, 1, -1, 3, 4, 5, 82, 100, 101, 1.0, 4.0, 0.5, 0.005, 0.945, 1e300, 1e21, -0.0, 2**53 - 1,
    10**9, "", " ", "x", "\u00a0", "\u202e", "\u200b", "\ufeff", "\x7f", "\u0085", "\u2028", "e\u0301", "\u1e7f\u0323", "𝒳",
    "\U000e0001", "a\tb", "\n\u0301", [], {}, [{}], [[]], [None], {"": 0}, {"__proto__": 1}, "__proto__", "constructor",
    "2026-11-22", "2026-02-29", "2024-02-29", "0001-01-01", "9999-12-31", "2026-1-1", "20261122", "2026-11-22T08:00:00Z",
    "2026-11-22T08:00:00.000001Z", "2026-11-22T08:00:00.1234567Z", "2026-11-22T15:00:00+07:00", "2026-11-22T24:00:00Z",
    "2026-11-22t08:00:00z", "2026-11-22T08:00:60Z", "2026-11-22T08:00:00+23:59", "2026-11-22T08:00:00+05:60",
    "1899-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "9900-12-31T23:59:59Z", "9901-01-01T00:00:00Z",
    "https://village.example/records/passport", "https://village.example/", "HTTPS://VILLAGE.EXAMPLE/x",
    "https://village.example:8443/x", "https://village.example/é", "http://village.example/x", "did:web:village.example",
    "did:web:village.example%3A8443:issuers:workshop", "did:web:other.example:issuers:workshop", "did:key:z6Mk",
    "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", "z" + "1" * 88, "ocop", "inspection", "made", "shipped", "recall",
    "correction", "home", "enterprise", "recognised", "craft_village", "vn:01", "vn:01/00577", "vn:79/26734", "VN", "KGM",
    "LotPassport", "Notice", "Certificate", "VerifiableCredential", "09520000000011", "L1", "0" * 64, "Xưởng mẫu",
    "https://www.w3.org/ns/credentials/v2", "https://w3id.org/langnghe/v1", "application/vc", "revocation", "suspension",
)  # fmt: skip
_PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}
CHARACTERS = "aZ09-._~:/?#@!$&'()*+,;=% \t\n\r\x00\x1f\x7f\u00a0é\u0301\u200d\u202e\u3000\ufeffÐĐ😀\ud800ıſK"


class Mutants:
    """Gives questions; the same seed gives the same ones.

    Attributes:
        seed: whatever a failing test printed.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.village = Village().issue_all()
        self.signed = self._sign_every_kind()
        # The kinds made from one record share its id; the last entry of an id counts, so the honest ones come last.
        honest = [item.data for item in self.village.records.values()]
        self.evidence = relogged(self.village, self.village.evidence, *self.signed.values(), *honest)
        self.labels = self.village.labels()
        self.roots = coded("".join(f"{root.vkey}\n" for root in self.village.roots).encode())
        self.count = 0

    def base(self) -> Question:
        """Gives the question that must come first: the honest village."""
        trust = coded(self.village.trust_note())
        return {"ask": "context", "name": BASE, "trust": trust, "roots": self.roots, **_parts(self.evidence)}

    def draw(self, count: int) -> Iterator[Question]:
        """Gives about `count` questions of all families."""
        families: list[Callable[[], list[Question]]] = [
            self._bytes_changed, self._bytes_changed, self._member_changed, self._member_changed, self._member_changed,
            self._member_changed, self._respelled, self._chain_changed, self._chain_changed, self._chain_changed,
            self._evidence_changed, self._evidence_changed, self._trust_changed, self._trust_changed,
            self._trust_text_changed, self._label_changed, self._label_changed, self._seal_made, self._serials_changed,
            self._receipt_changed, self._receipt_changed, self._note_changed, self._policy_changed, self._text_changed,
            self._status_list_changed, self._status_list_changed, self._notice_given, self._notice_given, self._bits_changed,
        ]  # fmt: skip
        made = 0
        while made < count:
            for question in self.chance.choice(families)():
                made += 1
                yield question

    # Records

    def _bytes_changed(self) -> list[Question]:
        data = self._one_of(self.signed)
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):
            data = self._damaged(data)
        return [self._record(data)]

    def _member_changed(self) -> list[Question]:
        name = self.chance.choice([*self.signed])
        document = json.loads(self.signed[name])
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            document = self._mutated(document)
        data = self._forged(document, self._key_of(name))
        return [self._record(data, changes=self._log_of(data))]

    def _respelled(self) -> list[Question]:
        return [self._record(_Spelling(self.chance).text(json.loads(self._one_of(self.signed))).encode())]

    def _chain_changed(self) -> list[Question]:
        """Changes one record of the lot's chain; all above it are linked, signed and logged again."""
        documents = {name: copy.deepcopy(item.document) for name, item in self.village.records.items()}
        wrong = self.chance.choice([*documents])
        change = self.chance.choice([self._mutated, self._retold, self._retold])
        for _ in range(self.chance.choice([1, 1, 2])):
            documents[wrong] = change(documents[wrong])
        data: dict[str, bytes] = {}
        for name, document in documents.items():
            _link_again(document, data)
            data[name] = self._forged(document, self._key_of(name), self._created() if name == wrong else NOW)
        records = {url(name): coded(one) for name, one in data.items()}
        changes = {"records": records, "passports": {LOT: coded(data["passport"])}}
        changes |= self._log_of(*data.values())
        label = self.chance.choice(self.labels).to_uri()
        return [
            self._record(data["passport"], changes=changes),
            self._label(label, changes=changes),
        ]

    # What is at hand

    def _evidence_changed(self) -> list[Question]:
        part = self.chance.choice(["records", "passports", "receipts"])
        known: dict[str, bytes] = dict(getattr(self.evidence, part))
        name = self.chance.choice([*known])
        other = self.chance.choice([None, self._one_of(known), self._damaged(known[name]), b""])
        changes = {part: {name: None if other is None else coded(other)}}
        return [
            self._record(self.signed["passport"], changes=changes),
            self._label(self.chance.choice(self.labels).to_uri(), changes=changes),
        ]

    def _serials_changed(self) -> list[Question]:
        serials = self.village.serials
        code = self.chance.choice(self.labels)
        changed = self.chance.choice(
            [None, b"", serials[:-12], serials[12:], serials + b"ZZZZZZZZZZZZ", serials[::-1], self._damaged(serials)]
        )
        changes = {"serials": {LOT: None if changed is None else coded(changed)}}
        return [self._label(code.to_uri(), changes=changes)]

    def _receipt_changed(self) -> list[Question]:
        item = self._one_of(self.village.records)
        entry_id = item.envelope.id
        honest = Receipt.from_bytes(self.evidence.receipts[entry_id])
        changed: bytes = self.chance.choice([self._damaged, self._field_of_receipt])(honest.to_bytes())
        leaf = coded(leaf_hash(self._entry_body(item)))
        policy = coded(self.village.log_policy.encode())
        return [
            {"ask": "receipt", "data": coded(changed), "leaf": leaf, "policy": policy},
            self._record(item.data, changes={"receipts": {entry_id: coded(changed)}}),
        ]

    def _field_of_receipt(self, data: bytes) -> bytes:
        """Changes a field of a receipt, not a byte: another place, another head, other cosignatures."""
        receipt, chance = Receipt.from_bytes(data), self.chance
        leaves = [leaf_hash(bytes([number])) for number in range(chance.randrange(1, 30))]
        head = receipt.checkpoint
        stranger = note.parse(note.sign(head.text, [(LOG, signer("stranger"))]))
        changed = chance.choice([
            {"index": chance.randrange(0, 40)}, {"index": 2**63 - 1},
            {"hashes": receipt.hashes[:-1]}, {"hashes": (*receipt.hashes, bytes(32))},
            {"hashes": tuple(reversed(receipt.hashes))}, {"extra": b"x"},
            {"checkpoint": self.village.head(leaves)}, {"checkpoint": note.Note(head.text, head.signatures[:1])},
            {"checkpoint": note.Note(head.text, head.signatures[1:])}, {"checkpoint": stranger},
            {"checkpoint": note.Note(head.text, head.signatures * 2)},
            {"checkpoint": note.Note(head.text, (*head.signatures, *stranger.signatures))},
        ])  # fmt: skip
        return replace(receipt, **changed).to_bytes()

    # Status lists and notices

    def _status_list_changed(self) -> list[Question]:
        """Gives a list with a bit set, of another time or signer, or with a member that is none of ours."""
        chance = self.chance
        item = self._one_of(self.village.lists)
        document = copy.deepcopy(item.document)
        bits = with_bit(bytes(STATUS_LIST_BITS // 8), chance.randrange(8)) if chance.random() < 0.8 else bytes(20_000)
        document["credentialSubject"]["encodedList"] = encode(bits)
        if chance.random() < 0.4:
            document["credentialSubject"]["statusPurpose"] = "suspension"
        if chance.random() < 0.3:
            document["validUntil"] = format_instant(chance.choice([NOW, NOW + SECOND, NOW + 92 * DAY, NOW + 93 * DAY]))
        if chance.random() < 0.3:
            document = self._mutated(document)
        key = chance.choice(["workshop#record", "commune#record"]) if chance.random() < 0.1 else self._own_key(item)
        data = self._forged(document, key, self._created())
        place = chance.choice([item.envelope.id] * 9 + [self.village.list_url("ocop")])
        changes = {"status_lists": {place: coded(data) if chance.random() < 0.95 else None}, **self._log_of(data)}
        return self._judged(changes)

    def _notice_given(self) -> list[Question]:
        """Gives notices about a record of the lot's chain, entitled or not, withdrawn or not."""
        chance, later, lists = self.chance, list[bytes](), dict[str, str]()
        about = chance.choice([*self.village.records])
        for _ in range(chance.choice([1, 1, 2])):
            action = chance.choice(["revoke", "suspend", "recall", "finding", "correction"])
            issuer = chance.choice(["inspector", "inspector", "province", "commune", "ocop", "workshop", "neighbour"])
            document = notice(self.village, action, issuer=issuer, about=about).to_document()
            document["credentialStatus"]["id"] = f"{self.village.list_url(issuer)}#{chance.randrange(8)}"
            document["credentialStatus"]["statusListIndex"] = document["credentialStatus"]["id"].rpartition("#")[2]
            if action == "recall":
                serials = [code.serial for code in chance.sample(self.labels, chance.randrange(3))]
                document["credentialSubject"]["ln:origin"]["serials"] = chance.choice([serials, ["x"], serials * 2])
            document = self._mutated(document) if chance.random() < 0.3 else document
            later.append(self._forged(document, f"{issuer}#record", self._created()))
            if chance.random() < 0.4:
                lists |= self._list_of(issuer)
        later += [later[0]] * chance.randrange(2)
        changes: dict[str, Any] = {"later": {url(about): [coded(data) for data in later]}, "status_lists": lists}
        return self._judged(changes | self._log_of(*later, *map(plain, lists.values())))

    def _list_of(self, issuer: str) -> dict[str, str]:
        """Gives a list on which many of an issuer's records are revoked."""
        document = status_list(self.village, issuer=issuer).to_document()
        document["credentialSubject"]["encodedList"] = encode(b"\x5a" + bytes(STATUS_LIST_BITS // 8 - 1))
        return {self.village.list_url(issuer): coded(self._forged(document, f"{issuer}#record"))}

    def _judged(self, changes: dict[str, Any]) -> list[Question]:
        code = self.chance.choice(self.labels)
        return [
            self._record(self.signed["passport"], changes=changes),
            self._label(self.chance.choice([code, code.without_seal()]).to_uri(), changes=changes),
        ]

    def _bits_changed(self) -> list[Question]:
        """Packs bytes in one of zlib's ways and damages that; then nothing but damage."""
        chance = self.chance
        data = bytes(chance.choice([0, 0, 1, 255]) for _ in range(chance.choice([0, 1, 50, 500])))
        data *= chance.choice([1, 1, 200])
        packer = zlib.compressobj(chance.randrange(10), zlib.DEFLATED, 31, chance.choice([1, 9]), chance.randrange(5))
        packed = packer.compress(data) + packer.flush()
        noise = packed[:10] + chance.randbytes(chance.randrange(1, 60))
        return [
            {"ask": "gunzip", "data": coded(self._damaged(packed) if chance.random() < 0.7 else packed)},
            {"ask": "gunzip", "data": coded(chance.choice([packed + packed, packed + packed[-8:], noise, noise]))},
            {"ask": "bits", "text": self._edited(encode(bytes(STATUS_LIST_BITS // 8))).encode("utf-8", "replace").decode()},
        ]

    # Trust lists

    def _trust_changed(self) -> list[Question]:
        trust = self.village.trust
        for _ in range(self.chance.choice([1, 1, 2, 4])):
            trust = self._other_trust(trust)
        names = self.chance.choice([(1, 2), (1, 2), (1, 2), (2, 3), (1, 2, 3), (1,), (1, 1)])
        text = write_trust_text(trust)
        return self._under(note.sign(text, [(f"root-{n}.example", signer(f"root-{n}")) for n in names]))

    def _trust_text_changed(self) -> list[Question]:
        body = json.loads(write_trust_text(self.village.trust).split("\n")[1])
        try:
            line = canonical(self._mutated(body, deep=True)).decode("utf-8", "replace")
        except TraceabilityError:
            line = "{}"
        text = f"{HOST}/trust\n{line}\n"
        try:
            signed = note.sign(text, [(f"root-{n}.example", signer(f"root-{n}")) for n in (1, 2)])
        except TraceabilityError:
            signed = self.village.trust_note()
        return self._under(self._damaged(signed) if self.chance.random() < 0.2 else signed)

    def _under(self, signed: bytes) -> list[Question]:
        """Asks whether the list opens, and then what is verified under it."""
        opening: Question = {"ask": "open_trust", "data": coded(signed), "roots": self.roots}
        try:
            open_trust_list(signed, self.village.roots)
        except TraceabilityError:
            return [opening]
        self.count += 1
        name = f"trust-{self.count}"
        return [
            {"ask": "context", "name": name, "trust": coded(signed), "roots": self.roots},
            self._record(self._one_of(self.signed), trust=name),
            self._record(self.signed["passport"], trust=name),
            self._label(self.chance.choice(self.labels).to_uri(), trust=name),
        ]

    def _other_trust(self, trust: TrustList) -> TrustList:
        chance, keys = self.chance, list(trust.keys)
        place = chance.randrange(len(keys))
        moment = self._moment()
        revoked = Revocation(
            chance.choice(["retired", "compromised"]), moment, chance.choice([None, 0, 1, 3, 5, 100, 2**53 - 1])
        )
        key = chance.choice([
            {"since": moment}, {"until": moment}, {"revoked": revoked}, {"revoked": revoked}, {"name": "x"},
            {"role": chance.choice(["province", "commune", "ocop_council", "association", "workshop", "inspector"])},
            {"use": chance.choice(["record", "seal"])}, {"custody": "holder"}, {"scope": ()},
            {"scope": ("vn:01",)}, {"scope": ("vn:79", "vn:01/00577")}, {"scope": ("vn:0",)},
        ])  # fmt: skip
        keys[place] = replace(keys[place], **key)
        host = TrustedHost(HOST, SINCE, chance.choice([None, moment]), chance.choice([None, "new.example"]))
        whole = chance.choice([
            {"keys": tuple(keys)}, {"keys": tuple(keys)}, {"keys": tuple(keys)}, {"keys": tuple(keys[: place + 1])},
            {"hosts": ()}, {"hosts": (host,)}, {"hosts": (host, TrustedHost(HOST, moment))}, {"expires": moment},
            {"log_policy": None}, {"log_policy": self._policy_text()},
        ])  # fmt: skip
        return replace(trust, **whole)

    # Labels

    def _label_changed(self) -> list[Question]:
        text = self.chance.choice(self.labels).to_uri()
        code = parse_label(text)
        text = self.chance.choice([
            text, text.lower(), code.without_seal().to_uri(), LOT, LOT.rpartition("/10/")[0], text.replace("/21/", "/21/A", 1),
            text.replace("VILLAGE", "VI11AGE"), f"{text}?x=1", f" {text}", self._edited(text), self._edited(text),
            self._edited(code.without_seal().to_uri()), "", "HTTPS://", text * 3,
        ])  # fmt: skip
        return [{"ask": "label", "text": units(text)}, self._label(text)]

    def _seal_made(self) -> list[Question]:
        """Makes a seal for real: by another key, on another day, for other bytes, or bound to another code."""
        first, second = self.chance.sample(self.labels, 2)
        key = self.village.key(self.chance.choice(["workshop#seal", "workshop#seal", "neighbour#seal", "workshop#record"]))
        bare = first.without_seal()
        if self.chance.random() < 0.2:
            bare = replace(bare, serial="0" * 12, lot=self.chance.choice(["L1", "L2"]))
        digest = self.village.records[self.chance.choice(["passport", "passport", "passport", "event"])].sha256
        day = self.chance.choice([NOW.date(), NOW.date(), *(NOW + shift * DAY for shift in (-900, -401, -400, -1, 1, 800))])
        if isinstance(day, datetime):
            day = day.date()
        sealed = attach(bare, kid=key.signer.public_key.kid, day=day, record_digest=digest, sign=key.signer.sign)
        code = self.chance.choice([sealed, sealed, replace(sealed, serial=second.serial)])
        seal = self._edited(code.seal or "") if self.chance.random() < 0.2 else code.seal
        return [{"ask": "seal", "text": seal}, self._label(code.to_uri())]

    # The kernel

    def _note_changed(self) -> list[Question]:
        signed = self._damaged(self.chance.choice([self.village.trust_note(), self.village.head([bytes(32)]).to_bytes()]))
        vkeys = [root.vkey for root in self.village.roots] + [note.Verifier(LOG, signer(LOG).public_key).vkey]
        return [
            {"ask": "note", "data": coded(signed), "vkeys": self.chance.sample(vkeys, self.chance.randrange(1, 5))},
            {"ask": "vkey", "text": self._edited(self.chance.choice(vkeys))},
            {"ask": "roots", "data": coded(self._edited("\n".join(vkeys)).encode("utf-8", "replace"))},
        ]

    def _policy_changed(self) -> list[Question]:
        return [{"ask": "policy", "data": coded(self._policy_text().encode("utf-8", "replace"))}]

    def _policy_text(self) -> str:
        lines = self.village.log_policy.split("\n")
        witness = lines[1].split(" ")
        lines[1:1] = self.chance.choice([
            [], ["# a comment"], [lines[0]], [f"witness b {witness[2]}"], ["group g any nhan-chung"], ["quorum none"],
            ["group g 1 x"], [""], ["\tlog x"],
        ])  # fmt: skip
        lines[-2:-2] = self.chance.choice(
            [[], ["group g all nhan-chung"], ["group g 2 nhan-chung"], ["group constructor any nhan-chung"]]
        )
        lines[-2] = self.chance.choice([lines[-2], lines[-2], "quorum none", "quorum g", "quorum constructor", "quorum"])
        text = "\n".join(lines)
        return self._edited(text).replace("\ud800", "?") if self.chance.random() < 0.3 else text

    def _text_changed(self) -> list[Question]:
        instant = self._edited(self.chance.choice([value for value in VALUES if str(value)[4:5] == "-"]))
        base58 = self._edited(self.chance.choice([SCAN, self.village.keys["ocop#record"].method.key.multibase]))
        return [
            {"ask": "instant", "text": instant.encode("utf-8", "replace").decode()},
            {"ask": "day", "text": instant[:10].encode("utf-8", "replace").decode()},
            {"ask": "base58", "text": base58.encode("utf-8", "replace").decode(), "length": self.chance.choice([32, 34])},
        ]

    # How things are changed

    def _damaged(self, data: bytes) -> bytes:
        """Changes one byte or one stretch of bytes."""
        place = self.chance.randrange(len(data) + 1)
        before, byte, after = data[:place], data[place : place + 1], data[place + 1 :]
        length = self.chance.randrange(1, 40)
        return self.chance.choice([
            before + bytes([(byte or b"\0")[0] ^ 1 << self.chance.randrange(8)]) + after,
            before + after,
            before + byte + byte + after,
            before + self.chance.choice([b" ", b"\n", b"\t", b"\0", b"0", b'"', b",", b"\\u0061", b"1e0", b"-"]) + byte + after,
            before + self.chance.choice(CHARACTERS).encode("utf-8", "surrogatepass") + byte + after,
            before,
            before + after[length:],
            before + data[place : place + length] * 2 + data[place + length :],
        ])  # fmt: skip

    def _edited(self, text: str) -> str:
        """Changes a character or two."""
        for _ in range(self.chance.choice([1, 1, 2])):
            place = self.chance.randrange(len(text) + 1)
            new = self.chance.choice(["", self.chance.choice(CHARACTERS), text[place : place + 1].swapcase() * 2])
            text = text[:place] + new + text[place + self.chance.randrange(2) :]
        return text

    def _mutated(self, document: dict[str, Any], *, deep: bool = False) -> dict[str, Any]:
        """Gives a copy with one member or item replaced, removed, renamed, doubled, added or moved."""
        changed = copy.deepcopy(document)
        containers = [changed, *_containers(changed)]
        container = self.chance.choice(containers[1:] if deep and len(containers) > 1 else containers)
        keys: list[Any] = [*container] if isinstance(container, dict) else [*range(len(container))]
        if not keys:
            _put(container, "x", 0, self.chance.choice(VALUES))
            return changed
        key = self.chance.choice(keys)
        other = self.chance.choice(containers)
        action = self.chance.randrange(9)
        if action == 0:
            del container[key]
        elif action == 1:
            _put(container, f"{key}x", len(keys), container[key])
        elif action == 2:
            _put(container, "rating", 0, self.chance.choice(VALUES))
        elif action == 3:
            container[key] = copy.deepcopy(self.chance.choice([*_items(other), 0]))
        elif isinstance(container[key], str) and action < 6:
            container[key] = self._edited(container[key])
        elif isinstance(container[key], int) and action < 6:
            container[key] += self.chance.choice([1, -1, 0.0])
        else:
            container[key] = self.chance.choice(VALUES)
        return changed

    def _retold(self, document: dict[str, Any]) -> dict[str, Any]:
        """Gives a copy that a record's form allows, but that tells of other people, places, things or times."""
        old, new = self.chance.choice(self._stories())
        text = json.dumps(document, ensure_ascii=False)
        found: dict[str, Any] = json.loads(text.replace(old, new))
        moment = format_instant(self._moment())
        if self.chance.random() < 0.3:
            found[self.chance.choice(["validFrom", "validUntil"])] = moment
        subject = found["credentialSubject"]
        if self.chance.random() < 0.2 and isinstance(subject, dict):
            day = self.chance.choice(["productionDate", "expiryDate"])
            subject[day] = self.chance.choice(["2026-10-18", "2026-11-21", "2026-11-22", "2026-11-23", "2027-01-01"])
        if self.chance.random() < 0.2:
            links = found.get("relatedResource", [])
            links[:] = self.chance.sample(links, self.chance.randrange(len(links) + 1))
            extra = {"id": url(self.chance.choice([*self.signed])), "digestMultibase": SCAN, "mediaType": "application/vc"}
            links += [extra] if self.chance.random() < 0.5 else []
            found = {name: value for name, value in found.items() if name != "relatedResource" or value}
        return found

    @staticmethod
    def _stories() -> list[tuple[str, str]]:
        day = (NOW - 40 * DAY + timedelta(hours=7)).isoformat()[:10]
        return [
            ("x" * 99, ""), ("xuong-mau", "xuong-ben"), ("lang-mau", "lang-ben"), ("Làng Mẫu", "Làng Bên"), ("(mẫu)", "(bên)"),
            ("Xưởng mẫu", "Xưởng bên"), ("issuers:workshop", "issuers:neighbour"), ("issuers:ocop", "issuers:province"),
            ("vn:01/00577", "vn:79/00577"), ("vn:01/00577", "vn:01/00578"), ("10/L1", "10/L2"), ('"L1"', '"L2"'),
            ("09520000000011", "09520000000028"), ('"made"', '"finished"'), ('"in_progress"', '"active"'),
            ('"until": "2025-06-30", ', ""), ('"since": "2025-07-01"', '"until": "2026-01-01"'), ("4-sao", "5-sao"),
            ("ocop", "inspection"), ('"unitCount": 24', '"unitCount": 23'), (day, "2026-11-23"), (day, "2026-11-24"),
            ("vuốt", "nặn"), ("recognised", "unknown"), ("home", "cluster"), ("Hà Nội", "Hà Nam"), (HOST, "other.example"),
        ]  # fmt: skip

    # Small things

    def _sign_every_kind(self) -> dict[str, bytes]:
        records = {name: item.data for name, item in self.village.records.items()}
        for name, record in every_kind(self.village).items():
            key = f"{record.envelope.issuer.did.rpartition(':')[2]}#record"
            records.setdefault(name, forge_at(self.village, record.to_document(), key, NOW))
        return records

    def _key_of(self, name: str) -> str:
        key = f"{parse(self.signed[name])['issuer']['id'].rpartition(':')[2]}#record"
        return self.chance.choice([*self.village.keys]) if self.chance.random() < 0.05 else key

    def _own_key(self, item: Any) -> str:
        return f"{item.envelope.issuer.did.rpartition(':')[2]}#record"

    def _forged(self, document: dict[str, Any], key: str, created: datetime = NOW) -> bytes:
        """Signs what JSON can hold exactly; anything else goes unsigned, as text."""
        options: dict[str, Any] = self.chance.choice([
            *[{}] * 30, {"expires": format_instant(self._moment())}, {"created": self.chance.choice(VALUES)},
            {"cryptosuite": "eddsa-rdfc-2022"}, {"@context": ["https://www.w3.org/ns/credentials/v2"]}, {"nonce": "x"},
            {"verificationMethod": self.chance.choice(VALUES)}, {"proofPurpose": None},
        ])  # fmt: skip
        try:
            data = self._sign(document, key, {"created": format_instant(created), **options})
        except TraceabilityError:
            return json.dumps(document, ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return _Spelling(self.chance).text(json.loads(data)).encode() if self.chance.random() < 0.1 else data

    def _sign(self, document: dict[str, Any], key: str, options: dict[str, Any]) -> bytes:
        """Signs as `forge_at` does, with a time that may be none."""
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        thief = self.village.key(key)
        proof = {**_PROOF, "verificationMethod": thief.entry.method.id, "@context": unsigned.get("@context"), **options}
        signature = thief.signer.sign(sha256(canonical(proof)) + sha256(canonical(unsigned)))
        return canonical({**unsigned, "proof": {**proof, "proofValue": encode_multibase(signature)}})

    def _log_of(self, *data: bytes) -> dict[str, dict[str, str]]:
        """Gives the receipts of a log that holds these records too; now and then there is none."""
        if self.chance.random() < 0.1:
            return {}
        evidence = relogged(self.village, self.village.evidence, *data)
        return {"receipts": {name: coded(receipt) for name, receipt in evidence.receipts.items()}}

    def _entry_body(self, item: Any) -> bytes:
        members = {"digest": item.digest, "id": item.envelope.id, "issuer": item.envelope.issuer.did}
        return canonical({**members, "type": item.record.KIND, "v": 1})

    def _created(self) -> datetime:
        return self.chance.choice([NOW, NOW, NOW, self._moment()])

    def _moment(self) -> datetime:
        """Gives a time at which something begins or ends, or just beside it."""
        times = [NOW, SINCE, NOW + 365 * DAY, NOW + 395 * DAY, NOW - 300 * DAY, NOW + 796 * DAY, NOW - 30 * DAY]
        times += [NOW - 40 * DAY, NOW - 39 * DAY, NOW + DAY, datetime(2026, 10, 18, 17, tzinfo=UTC)]
        shifted = self.chance.choice(times) + self.chance.choice([-1, 0, 0, 1]) * SECOND
        return shifted

    def _at(self) -> str:
        if self.chance.random() < 0.85:
            return format_instant(NOW)
        moment = self._moment() + self.chance.choice([-1, 0, 1]) * TICK
        return moment.isoformat()

    def _one_of(self, values: Any) -> Any:
        return values[self.chance.choice([*values])]

    def _record(self, data: bytes, **given: Any) -> Question:
        return self._verify("record", coded(data), **given)

    def _label(self, text: str, **given: Any) -> Question:
        return self._verify("label", units(text), **given)

    def _verify(self, kind: str, text: Any, *, changes: Any = None, trust: str | None = None) -> Question:
        question = {"ask": "verify", "kind": kind, "input": text, "at": self._at(), "context": BASE}
        question |= {"changes": changes} if changes else {}
        return question | ({"trust": trust} if trust else {})


class _Spelling:
    """Writes JSON as nobody would: escapes, white space, exponents, members in any order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.odd = chance.choice([0.0, 0.02, 0.2])

    def text(self, value: Any) -> str:
        """Gives a spelling of the value."""
        if isinstance(value, dict):
            items = [f"{self._string(name)}{self._space()}:{self.text(item)}" for name, item in value.items()]
            self.chance.shuffle(items)
            return f"{self._space()}{{{self._space()}{','.join(items)}{self._space()}}}"
        if isinstance(value, list):
            return f"{self._space()}[{','.join(map(self.text, value))}{self._space()}]"
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and self.chance.random() < self.odd:
            return self.chance.choice([f"{value}e0", f"{value:.2f}", f"{value / 10}e1", f"{value}E+00"])
        return json.dumps(value)

    def _string(self, text: str) -> str:
        return '"' + "".join(map(self._character, text)) + '"'

    def _character(self, one: str) -> str:
        if self.chance.random() >= self.odd or ord(one) > 0xFFFF:
            return json.dumps(one, ensure_ascii=False)[1:-1]
        return self.chance.choice([f"\\u{ord(one):04x}", f"\\u{ord(one):04X}", "\\/" if one == "/" else f"\\u{ord(one):04x}"])

    def _space(self) -> str:
        return self.chance.choice(["", "", "", " ", "\n\t", "\r\n"])


def _parts(evidence: Evidence) -> dict[str, dict[str, Any]]:
    def write(data: Any) -> Any:
        return coded(data) if isinstance(data, bytes) else [coded(one) for one in data]

    return {part: {name: write(data) for name, data in getattr(evidence, part).items()} for part in PARTS}


def _link_again(document: dict[str, Any], data: dict[str, bytes]) -> None:
    """Gives the links of a record the digests of what they lead to now; what is no link stays as it is."""
    links = document.get("relatedResource")
    for link in links if isinstance(links, list) else []:
        target = link.get("id") if isinstance(link, dict) else None
        name = target.rpartition("/")[2] if isinstance(target, str) else ""
        if name in data:
            try:
                link["digestMultibase"] = digest_multibase(canonical(parse(data[name])))
            except TraceabilityError:
                continue


def _containers(value: Any) -> Iterator[Any]:
    for item in _items(value):
        if isinstance(item, dict | list):
            yield item
            yield from _containers(item)


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _put(container: Any, name: str, place: int, value: Any) -> None:
    if isinstance(container, dict):
        container[name] = value
    else:
        container.insert(place, value)
