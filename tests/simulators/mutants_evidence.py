"""Mutants of what is at hand: linked records, serials, receipts, status lists and notices."""

import copy
import itertools
import zlib
from dataclasses import replace
from typing import Any

from tests.simulators.forgery import forge_at, notice, status_list, transcription, zero_digest
from tests.simulators.questions import Question, coded, plain
from tests.simulators.village import HOST, LOG, NOW, did, signer, url
from tests.simulators.workbench import DAY, LOT, SECOND, Workbench
from traceability.clock import format_instant
from traceability.entry import record_entry
from traceability.errors import TraceabilityError
from traceability.issue import link_to
from traceability.ledger import note
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.receipt import Receipt
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import encode, with_bit
from traceability.records.canonical import canonical, digest_multibase, parse
from traceability.records.envelope import Link
from traceability.records.notice import Notice
from traceability.records.terms import Party

__all__ = ["EvidenceMutants"]


def _digest(data: bytes) -> str:
    """Gives what a link says of a record, or of bytes that are none."""
    try:
        return digest_multibase(canonical(parse(data)))
    except TraceabilityError:
        return digest_multibase(data)


class EvidenceMutants(Workbench):
    """Changes what comes with a record."""

    def _evidence_changed(self) -> list[Question]:
        part = self.chance.choice(["records", "passports", "receipts"])
        known: dict[str, bytes] = dict(getattr(self.evidence, part))
        name = self.chance.choice([*known])
        other = self.chance.choice([None, self._one_of(known), self.change.damaged(known[name]), b""])
        changes = {part: {name: None if other is None else coded(other)}}
        return [
            self._record(self.signed["passport"], changes=changes),
            self._label(self.chance.choice(self.labels).to_uri(), changes=changes),
        ]

    def _forked(self) -> list[Question]:
        """Takes one receipt from another tree: as large, which is a fork, or larger, or without a witness."""
        is_seen = self.chance.random() < 0.7
        entries = [record_entry(item) for item in self.village.records.values()]
        honest = self.village.receipts_of(entries)
        others = self.village.receipts_of(entries[::-1] * self.chance.choice([1, 1, 2]), cosigned=is_seen)
        name = url(self.chance.choice([*self.village.records]))
        receipts = {key: coded(data) for key, data in {**honest, name: others[name]}.items()}
        return [self._record(self.signed["passport"], changes={"receipts": receipts})]

    def _corrected(self) -> list[Question]:
        """Puts a second passport in the place of the first, whose labels are printed already."""
        chance, first = self.chance, self.village.records["passport"]
        second = forge_at(self.village, {**first.document, "id": url("passport-2")}, "workshop#record", NOW)
        issuer = chance.choice(["workshop", "workshop", "inspector", "neighbour"])
        document = notice(self.village, "correction", issuer=issuer).to_document()
        if chance.random() < 0.5:
            link = {"id": url("passport-2"), "digestMultibase": digest_multibase(second)}
            document["relatedResource"].append({**link, "mediaType": "application/vc"})
        document = self.change.mutated(document) if chance.random() < 0.3 else document
        told = self._forged(document, f"{issuer}#record")
        places = {"passports": {LOT: coded(second)}, "later": {url("passport"): [coded(told)]}}
        records: dict[str, str | None] = {url("passport-2"): coded(second)}
        if chance.random() < 0.2:
            records[url("passport")] = chance.choice([None, coded(self.change.respelled(first.data))])
        changes = {**places, "records": records, **self._log_of(second, told)}
        return [self._label(chance.choice(self.labels).to_uri(), changes=changes), *self._judged(changes)]

    def _corrected_twice(self) -> list[Question]:
        """Puts a third passport in the place of the second, and gives notice about any of the three."""
        chance, first = self.chance, self.village.records["passport"]
        row = {url("passport"): first.data}
        for name in ("passport-2", "passport-3"):
            row[url(name)] = self._another_passport(name)
        addresses, later = [*row], dict[str, list[bytes]]()
        for about, successor in itertools.pairwise(addresses):
            told = notice(self.village, "correction", issuer=chance.choice(["workshop", "inspector"]))
            later[about] = [self._notice_about(row, about, replace(told, supersedes=successor))]
        about = chance.choice(addresses)
        action = chance.choice(["revoke", "recall", "finding"])
        said = notice(self.village, action, issuer=chance.choice(["workshop", "inspector", "neighbour"]))
        later.setdefault(about, []).append(self._notice_about(row, about, said))
        data = [one for found in later.values() for one in found]
        at_hand = row | ({chance.choice(addresses): b"{}"} if chance.random() < 0.1 else {})
        changes: dict[str, Any] = {
            "passports": {LOT: coded(row[addresses[-1]])},
            "records": {address: coded(one) for address, one in at_hand.items()},
            "later": {address: [coded(one) for one in found] for address, found in later.items()},
            **self._log_of(*row.values(), *data[: chance.choice([1, 2, 3, 3])]),
        }
        if chance.random() < 0.1:
            changes["status_lists"] = self._list_of("workshop")
        code = chance.choice(self.labels)
        return [self._label(one.to_uri(), changes=changes) for one in (code, code.without_seal())]

    def _another_passport(self, name: str) -> bytes:
        """Signs the lot's passport under another id; now and then the neighbour does, or nobody."""
        document = {**self.village.records["passport"].document, "id": url(name)}
        if self.chance.random() < 0.8:
            return forge_at(self.village, document, "workshop#record", NOW)
        if self.chance.random() < 0.5:
            return canonical(document)
        issuer = {"type": ["CredentialIssuer"], "id": did("neighbour"), "name": "neighbour (mẫu)"}
        return forge_at(self.village, {**document, "issuer": issuer}, "neighbour#record", NOW)

    def _paper_linked(self) -> list[Question]:
        """Links the lot to a paper about its product or place, which may be somebody else's."""
        chance, name = self.chance, self.chance.choice(["passport", "certificate"])
        product = LOT.rpartition("/10/")[0]
        given = transcription(
            self.village, about=chance.choice([product, product, f"https://{HOST}/workshops/xuong-mau"])
        )
        place = chance.choice(["workshop", "workshop", "village"])
        paper = replace(
            given,
            envelope=replace(given.envelope, links=(link_to(self.village.records[place]),), status=None),
            issued_to=Party(did(chance.choice(["workshop", "neighbour"])), "Xưởng mẫu"),
        )
        signed = self._forged(paper.to_document(), "association#record")
        document = copy.deepcopy(self.village.records[name].document)
        link = {"id": paper.envelope.id, "digestMultibase": _digest(signed)}
        document["relatedResource"].append({**link, "mediaType": "application/vc"})
        data = self._forged(document, self._own_key(self.village.records[name]))
        changes = {"records": {paper.envelope.id: coded(signed)}, **self._log_of(signed, data)}
        return [self._record(data, changes=changes)]

    def _notice_about(self, row: dict[str, bytes], about: str, given: Notice) -> bytes:
        """Signs a notice about one of these records, which the village itself does not know."""
        self.count += 1
        envelope = replace(
            given.envelope,
            id=f"{given.envelope.id}-{self.count}",
            links=(Link(about, self.reader.read(row[about]).digest),),
            status=None,
        )
        key = f"{envelope.issuer.did.rpartition(':')[2]}#record"
        return self._forged(replace(given, envelope=envelope, about=about).to_document(), key)

    def _serials_changed(self) -> list[Question]:
        serials = self.village.serials
        code = self.chance.choice(self.labels)
        changed = self.chance.choice(
            [
                None,
                b"",
                serials[:-12],
                serials[12:],
                serials + b"ZZZZZZZZZZZZ",
                serials[::-1],
                self.change.damaged(serials),
            ]
        )
        changes = {"serials": {LOT: None if changed is None else coded(changed)}}
        return [self._label(code.to_uri(), changes=changes)]

    def _receipt_changed(self) -> list[Question]:
        item = self._one_of(self.village.records)
        entry_id = item.envelope.id
        honest = Receipt.from_bytes(self.evidence.receipts[entry_id])
        changed: bytes = self.chance.choice([self.change.damaged, self._field_of_receipt])(honest.to_bytes())
        leaf = coded(leaf_hash(record_entry(item).body))
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
            {"index": chance.randrange(0, 40)}, {"index": 2**63 - 1}, {"hashes": receipt.hashes[:-1]},
            {"hashes": (*receipt.hashes, bytes(32))}, {"hashes": tuple(reversed(receipt.hashes))},
            {"extra": b"x"}, {"checkpoint": self.village.head(leaves)},
            {"checkpoint": note.Note(head.text, head.signatures[:1])},
            {"checkpoint": note.Note(head.text, head.signatures[1:])}, {"checkpoint": stranger},
            {"checkpoint": note.Note(head.text, head.signatures * 2)},
            {"checkpoint": note.Note(head.text, (*head.signatures, *stranger.signatures))},
        ])  # fmt: skip
        return replace(receipt, **changed).to_bytes()

    def _status_list_changed(self) -> list[Question]:
        """Gives a list with a bit set, of another time or signer, or with a member that is none of ours."""
        chance = self.chance
        item = self._one_of(self.village.lists)
        document = copy.deepcopy(item.document)
        bits = (
            with_bit(bytes(STATUS_LIST_BITS // 8), chance.randrange(8))
            if chance.random() < 0.8
            else bytes(20_000)
        )
        document["credentialSubject"]["encodedList"] = encode(bits)
        if chance.random() < 0.4:
            document["credentialSubject"]["statusPurpose"] = "suspension"
        if chance.random() < 0.3:
            document["validUntil"] = format_instant(
                chance.choice([NOW, NOW + SECOND, NOW + 92 * DAY, NOW + 93 * DAY])
            )
        if chance.random() < 0.2:
            start = chance.choice([-DAY - SECOND, -DAY, DAY, DAY + SECOND])
            document["validFrom"] = format_instant(NOW + start)
        if chance.random() < 0.2:
            document = self.change.mutated(document)
        if chance.random() < 0.1:
            document["issuer"] = self._one_of(self.village.lists).document["issuer"]
        key = (
            chance.choice(["workshop#record", "commune#record"])
            if chance.random() < 0.1
            else self._own_key(item)
        )
        data = self._forged(document, key, self._created())
        place = chance.choice([item.envelope.id] * 9 + [self.village.list_url("ocop")])
        changes = {
            "status_lists": {place: coded(data) if chance.random() < 0.95 else None},
            **self._log_of(data),
        }
        return self._judged(changes)

    def _notice_given(self) -> list[Question]:
        """Gives notices about a record of the lot's chain, entitled or not, withdrawn or not."""
        chance, later, lists = self.chance, list[bytes](), dict[str, str]()
        about = chance.choice([*self.village.records])
        for _ in range(chance.choice([1, 1, 2])):
            action = chance.choice(["revoke", "suspend", "recall", "finding", "correction"])
            issuers = ["inspector", "province", "commune", "ocop", "association", "workshop", "neighbour"]
            issuer = chance.choice(["inspector", *issuers])
            document = notice(self.village, action, issuer=issuer, about=about).to_document()
            self._give_status(document, issuer)
            if chance.random() < 0.3:
                document["validUntil"] = format_instant(chance.choice([NOW, NOW + SECOND, NOW + DAY]))
            if chance.random() < 0.1:
                document["relatedResource"][0]["digestMultibase"] = zero_digest()
            if chance.random() < 0.1:
                other = {"id": url(chance.choice(["event", "passport-2"])), "digestMultibase": zero_digest()}
                document["relatedResource"].append({**other, "mediaType": "application/vc"})
            if action == "recall":
                serials = [code.serial for code in chance.sample(self.labels, chance.randrange(3))]
                document["credentialSubject"]["ln:origin"]["serials"] = chance.choice(
                    [serials, serials * 2, [ascii(self.change.edited(one or ""))[1:-1] for one in serials]]
                )
            document = self.change.mutated(document) if chance.random() < 0.3 else document
            later.append(self._forged(document, f"{issuer}#record", self._created()))
            if chance.random() < 0.4:
                lists |= self._list_of(issuer)
        later += [later[0]] * chance.randrange(2)
        changes: dict[str, Any] = {
            "later": {url(about): [coded(data) for data in later]},
            "status_lists": lists,
        }
        logged = later if chance.random() < 0.8 else []
        receipts = self._log_of(*logged, *map(plain, lists.values())).get("receipts", {})
        if receipts and chance.random() < 0.2:
            receipts |= {
                name: coded(self.change.damaged(plain(data)))
                for name, data in receipts.items()
                if "/notice-" in name
            }
        return self._judged(changes | ({"receipts": receipts} if receipts else {}))

    def _give_status(self, document: dict[str, Any], issuer: str) -> None:
        """Gives a notice a bit of its own, in its issuer's list, or none at all."""
        index = self.chance.randrange(8)
        entry = document["credentialStatus"]
        entry["id"], entry["statusListIndex"] = f"{self.village.list_url(issuer)}#{index}", str(index)
        if self.chance.random() < 0.2:
            entry["statusListIndex"] = index
        if self.chance.random() < 0.2:
            del document["credentialStatus"]

    def _list_of(self, issuer: str) -> dict[str, str]:
        """Gives a list on which many of an issuer's records are revoked."""
        document = status_list(self.village, issuer=issuer).to_document()
        document["credentialSubject"]["encodedList"] = encode(b"\x5a" + bytes(STATUS_LIST_BITS // 8 - 1))
        return {self.village.list_url(issuer): coded(self._forged(document, f"{issuer}#record"))}

    def _bits_changed(self) -> list[Question]:
        """Packs bytes in one of zlib's ways and damages that; then nothing but damage."""
        chance = self.chance
        data = bytes(chance.choice([0, 0, 1, 255]) for _ in range(chance.choice([0, 1, 50, 500])))
        data *= chance.choice([1, 1, 200])
        packer = zlib.compressobj(
            chance.randrange(10), zlib.DEFLATED, 31, chance.choice([1, 9]), chance.randrange(5)
        )
        packed = packer.compress(data) + packer.flush()
        noise = packed[:10] + chance.randbytes(chance.randrange(1, 60))
        return [
            {
                "ask": "gunzip",
                "data": coded(self.change.damaged(packed) if chance.random() < 0.7 else packed),
            },
            {
                "ask": "gunzip",
                "data": coded(chance.choice([packed + packed, packed + packed[-8:], noise, noise])),
            },
            {
                "ask": "bits",
                "text": self.change.edited(encode(bytes(STATUS_LIST_BITS // 8)))
                .encode("utf-8", "replace")
                .decode(),
            },
        ]
