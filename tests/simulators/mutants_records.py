"""Mutants of records and chains, most of them signed again, linked again and logged again."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from tests.simulators.forgery import SCAN
from tests.simulators.questions import Question, coded
from tests.simulators.village import HOST, NOW, url
from tests.simulators.workbench import DAY, LOT, Workbench
from traceability.clock import format_instant
from traceability.errors import TraceabilityError
from traceability.records.canonical import canonical, digest_multibase, parse

__all__ = ["RecordMutants"]

# Numbers and texts that readers of JSON disagree on.
NUMBERS = (
    *(
        "0",
        "-0",
        "1.0",
        "1e2",
        "9007199254740991",
        "9007199254740992",
        "-9007199254740993.0",
        "1e400",
        "1e21",
    ),
    *("12345678901234567", "123456789012345678", "1.5e-400", "NaN", "-Infinity", "01", "1.", "-"),
)
WORDS = (
    *(
        '"\\n\u0301"',
        '"e\u0301"',
        '"e\\u0301"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\udE00x"',
        '"\\x"',
        '"\t"',
    ),
    *("true", "nul", '"\u0301"', '"\\u0041\\n\u0323"', '"\\u001c\u0327"', "[]", "{}", '{"a":1,"\\u0061":2}'),
)


class RecordMutants(Workbench):
    """Changes what records say."""

    def _bytes_changed(self) -> list[Question]:
        data = self._one_of(self.signed)
        for _ in range(self.chance.choice([1, 1, 1, 2, 5])):
            data = self.change.damaged(data)
        return [self._record(data)]

    def _member_changed(self) -> list[Question]:
        name = self.chance.choice([*self.signed])
        document = json.loads(self.signed[name])
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            document = self.change.mutated(document)
        data = self._forged(document, self._key_of(name))
        return [self._record(data, changes=self._log_of(data))]

    def _proof_changed(self) -> list[Question]:
        """Gives a record whose proof has another form, or whose issuer is no did:web."""
        document = json.loads(self._one_of(self.signed))
        proof, chance = document["proof"], self.chance
        forms: list[Any] = [
            None,
            [proof],
            [],
            "x",
            0,
            {},
            {**proof, "proofValue": None},
            {**proof, "proofValue": 1},
        ]
        forms += [
            {**proof, "@context": None},
            {**proof, "type": "Ed25519Signature2020"},
            {**proof, "created": None},
        ]
        forms += [{**proof, "expires": None}, {**proof, "verificationMethod": None}, {**proof, "id": "urn:x"}]
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        stranger = {
            **unsigned,
            "issuer": {**document["issuer"], "id": chance.choice(["did:key:z6Mk", "did:web:x.example"])},
        }
        method = {"verificationMethod": stranger["issuer"]["id"] + "#key", "created": "2026-11-22T08:00:00Z"}
        made = [*({**unsigned, "proof": form} for form in forms), unsigned]
        data = [canonical(chance.choice(made)), self._sign(stranger, "workshop#record", method)]
        return [self._record(one) for one in data]

    def _respelled(self) -> list[Question]:
        return [self._record(self.change.respelled(self._one_of(self.signed)))]

    def _json_made(self) -> list[Question]:
        """Makes JSON of numbers, texts and depths that readers disagree on."""
        chance = self.chance
        items = chance.choices(NUMBERS[:5] + NUMBERS + WORDS, k=chance.choice([1, 1, 2, 3]))
        depth = chance.choice([0, 0, 0, 1, 29, 30, 31, 40])
        text = "[" * depth + ",".join(items) + "]" * depth
        many = ",".join("0" * chance.choice([998, 999, 1000]))
        whole = chance.choice([text, f'{{"v":[{many}]}}', *[f'{{"v":[{text}]}}'] * 8])
        room = chance.choice([65_536, 65_537]) - len(whole.encode())
        return [{"ask": "parse", "data": coded((whole + " " * chance.choice([0] * 9 + [room])).encode())}]

    def _chain_changed(self) -> list[Question]:
        """Changes one record of the lot's chain; all above it are linked, signed and logged again."""
        documents = {name: copy.deepcopy(item.document) for name, item in self.village.records.items()}
        wrong = self.chance.choice([*documents])
        change = self.chance.choice([self.change.mutated, *[self._retold] * 4])
        for _ in range(self.chance.choice([1, 1, 2])):
            documents[wrong] = change(documents[wrong])

        def sign(name: str, document: dict[str, Any]) -> bytes:
            return self._forged(document, self._key_of(name), self._created() if name == wrong else NOW)

        passport, changes = self._linked(documents, sign)
        label = self.chance.choice(self.labels).to_uri()
        return [self._record(passport, changes=changes), self._label(label, changes=changes)]

    def every_story(self) -> Iterator[Question]:
        """Gives each record of the chain with each thing told otherwise, one at a time and none by chance."""

        def sign(name: str, document: dict[str, Any]) -> bytes:
            key = self._own_key(self.village.records[name])
            return self._sign(document, key, {"created": format_instant(NOW)})

        for wrong, item in self.village.records.items():
            text = json.dumps(item.document, ensure_ascii=False)
            for old, new in self._stories():
                documents = {name: copy.deepcopy(one.document) for name, one in self.village.records.items()}
                documents[wrong] = json.loads(text.replace(old, new))
                passport, changes = self._linked(documents, sign)
                question = self._record(passport, changes=changes)
                yield {**question, "at": format_instant(NOW)}

    def _linked(
        self, documents: dict[str, Any], sign: Callable[[str, dict[str, Any]], bytes]
    ) -> tuple[bytes, dict[str, Any]]:
        """Gives the passport of a chain that is linked, signed and logged again, and what else is at hand."""
        data: dict[str, bytes] = {}
        for name, document in documents.items():
            _link_again(document, data)
            data[name] = sign(name, document)
        records = {url(name): coded(one) for name, one in data.items()}
        changes = {"records": records, "passports": {LOT: coded(data["passport"])}}
        return data["passport"], changes | self._log_of(*data.values())

    def _told_anew(self) -> list[Question]:
        """Puts another record in the place of one, with the same key and in the log: only digests tell."""
        name = self.chance.choice(["village", "workshop", "certificate", "event"])
        document = self.chance.choice([self._retold, self.change.mutated])(
            self.village.records[name].document
        )
        data = self._forged(document, self._key_of(name), self._created())
        records = {url(name): coded(data)}
        return [self._record(self.signed["passport"], changes={"records": records, **self._log_of(data)})]

    def _retold(self, document: dict[str, Any]) -> dict[str, Any]:
        """Gives a copy in a form that is allowed, which tells of other people, places, things or times."""
        old, new = self.chance.choice(self._stories())
        text = json.dumps(document, ensure_ascii=False)
        found: dict[str, Any] = json.loads(text.replace(old, new))
        moment = format_instant(self._moment())
        if self.chance.random() < 0.3:
            found[self.chance.choice(["validFrom", "validUntil"])] = moment
        subject = found["credentialSubject"]
        if self.chance.random() < 0.2 and isinstance(subject, dict):
            day = self.chance.choice(["productionDate", "expiryDate"])
            subject[day] = self.chance.choice(
                ["2026-10-18", "2026-11-21", "2026-11-22", "2026-11-23", "2027-01-01"]
            )
        if self.chance.random() < 0.2:
            links = found.get("relatedResource", [])
            links[:] = self.chance.sample(links, self.chance.randrange(len(links) + 1))
            other = parse(self.signed[self.chance.choice([*self.signed])])
            digest = self.chance.choice([SCAN, *[digest_multibase(canonical(other))] * 4])
            extra = {"id": other["id"], "digestMultibase": digest, "mediaType": "application/vc"}
            links += [extra] if self.chance.random() < 0.5 else []
            found = {name: value for name, value in found.items() if name != "relatedResource" or value}
        return found

    @staticmethod
    def _stories() -> list[tuple[str, str]]:
        day = (NOW - 40 * DAY + timedelta(hours=7)).isoformat()[:10]
        return [
            ("x" * 99, ""), ('lang-mau", "name": "Làng Mẫu"', 'lang-mau", "name": "Làng Bên"'),
            ("xuong-mau", "xuong-ben"), ("lang-mau", "lang-ben"), ("Làng Mẫu", "Làng Bên"),
            ("(mẫu)", "(bên)"), ("Xưởng mẫu", "Xưởng bên"), ("issuers:workshop", "issuers:neighbour"),
            ("issuers:ocop", "issuers:province"), ("vn:01/00577", "vn:79/00577"),
            ("vn:01/00577", "vn:01/00578"), ("10/L1", "10/L2"), ('"L1"', '"L2"'),
            ("09520000000011", "09520000000028"), ('"made"', '"finished"'), ('"in_progress"', '"active"'),
            ('"until": "2025-06-30", ', ""), ('"since": "2025-07-01"', '"until": "2026-01-01"'),
            ("4-sao", "5-sao"), ("ocop", "inspection"), ("inspection", "attestation"),
            ('"unitCount": 24', '"unitCount": 23'),
            (day, "2026-11-23"), (day, "2026-11-24"), ("vuốt", "nặn"), ("recognised", "unknown"),
            ("home", "cluster"), ("Hà Nội", "Hà Nam"), (HOST, "other.example"),
        ]  # fmt: skip


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
