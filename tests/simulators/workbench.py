"""What every family of mutants works with: a village, its keys and its log, and one source of chance."""

import json
import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.simulators.changes import VALUES, Changes
from tests.simulators.forgery import SCAN, every_kind, forge_at
from tests.simulators.questions import Question, coded, units
from tests.simulators.village import HOST, NOW, SINCE, Village, url
from traceability.base58 import encode_multibase
from traceability.clock import format_instant
from traceability.entry import record_entry
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.records.canonical import canonical, digest_multibase, parse, sha256
from traceability.records.certificate import Certificate
from traceability.records.kinds import Record
from traceability.records.passport import LotPassport, Maker

__all__ = ["BASE", "DAY", "LOT", "SECOND", "Workbench"]

LOT = f"https://{HOST}/01/09520000000011/10/L1"
BASE = "village"
DAY, SECOND, TICK = timedelta(days=1), timedelta(seconds=1), timedelta(microseconds=1)

_PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}


class Workbench:
    """Signs, logs and asks; the same seed gives the same choices."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.change, self.reader = Changes(self.chance), Reader()
        self.village = Village().issue_all()
        self.signed = self._sign_every_kind()
        # Kinds made from one record share its id, and the last entry of an id counts: the honest one's.
        honest, known = self.village.evidence, (*self.signed.values(), *self._honest())
        self.evidence = replace(honest, receipts=self._receipts(*known))
        self.labels = self.village.labels()
        self.roots = coded("".join(f"{root.vkey}\n" for root in self.village.roots).encode())
        self.count = 0

    def _sign_every_kind(self) -> dict[str, bytes]:
        records = {name: item.data for name, item in self.village.records.items()}
        for name, record in {**every_kind(self.village), **self._fuller()}.items():
            key = f"{record.envelope.issuer.did.rpartition(':')[2]}#record"
            records.setdefault(name, forge_at(self.village, record.to_document(), key, NOW))
        return records

    def _fuller(self) -> dict[str, Record]:
        """Gives records with the members that those of the village leave out."""
        passport, certificate = (self.village.records[name].record for name in ("passport", "certificate"))
        assert isinstance(passport, LotPassport)
        assert isinstance(certificate, Certificate)
        own = replace(
            passport,
            envelope=replace(passport.envelope, id=url("passport-own")),
            lot_id=f"https://{HOST}/P/BINH01/10/L1",
            gtin=None,
            expires_on=date(2027, 1, 1),
            warnings="Dễ vỡ",
            brand="Mẫu",
            makers=(Maker("tho-1", SCAN),),
        )
        of_place = {"product_id": None, "product_name": None}
        found = replace(certificate, kind="inspection", ocop=None, finding="Đạt", **of_place)
        event = self.village.event()
        shown = replace(
            event,
            envelope=replace(event.envelope, id=url("event-shown")),
            evidence=(SCAN, digest_multibase(b"photo")),
        )
        attested = replace(
            found,
            envelope=self.village.envelope(Certificate, "certificate-attested", "association", ("workshop",)),
            kind="attestation",
            finding="Làm tại làng",
        )
        return {
            "passport-own": own,
            "certificate-found": found,
            "certificate-attested": attested,
            "event-shown": shown,
        }

    def _key_of(self, name: str) -> str:
        key = f"{parse(self.signed[name])['issuer']['id'].rpartition(':')[2]}#record"
        return self.chance.choice([*self.village.keys]) if self.chance.random() < 0.05 else key

    def _own_key(self, item: Any) -> str:
        return f"{item.envelope.issuer.did.rpartition(':')[2]}#record"

    def _forged(self, document: dict[str, Any], key: str, created: datetime = NOW) -> bytes:
        """Signs what JSON can hold exactly; anything else goes unsigned, as text."""
        options: dict[str, Any] = self.chance.choice([
            *[{}] * 30, {"expires": format_instant(self._moment())},
            {"created": self.chance.choice(VALUES)}, {"cryptosuite": "eddsa-rdfc-2022"},
            {"@context": ["https://www.w3.org/ns/credentials/v2"]}, {"nonce": "x"},
            {"verificationMethod": self.chance.choice(VALUES)}, {"proofPurpose": None},
        ])  # fmt: skip
        try:
            data = self._sign(document, key, {"created": format_instant(created), **options})
        except TraceabilityError:
            return json.dumps(document, ensure_ascii=self.chance.random() < 0.5).encode(
                "utf-8", "surrogatepass"
            )
        return self.change.respelled(data) if self.chance.random() < 0.1 else data

    def _sign(self, document: dict[str, Any], key: str, options: dict[str, Any]) -> bytes:
        """Signs as `forge_at` does, with a time that may be none."""
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        thief = self.village.key(key)
        proof = {
            **_PROOF,
            "verificationMethod": thief.entry.method.id,
            "@context": unsigned.get("@context"),
            **options,
        }
        signature = thief.signer.sign(sha256(canonical(proof)) + sha256(canonical(unsigned)))
        return canonical({**unsigned, "proof": {**proof, "proofValue": encode_multibase(signature)}})

    def _log_of(self, *data: bytes) -> dict[str, dict[str, str]]:
        """Gives the receipts of a log that holds these records too; now and then there is none."""
        if self.chance.random() < 0.1:
            return {}
        receipts = self._receipts(*self._honest(), *data)
        return {"receipts": {name: coded(receipt) for name, receipt in receipts.items()}}

    def _honest(self) -> list[bytes]:
        evidence = self.village.evidence
        return [*evidence.records.values(), *evidence.status_lists.values()]

    def _receipts(self, *data: bytes) -> dict[str, bytes]:
        """Gives the receipts of a log that holds these records; of two with one id, the last."""
        entries = {}
        for one in data:
            with suppress(TraceabilityError):
                entry = record_entry(self.reader.read(one))
                entries[entry.id] = entry
        return self.village.receipts_of(list(entries.values()))

    def _created(self) -> datetime:
        return self.chance.choice([NOW, NOW, NOW, self._moment()])

    def _moment(self) -> datetime:
        """Gives a time at which something begins or ends, or just beside it."""
        times = [
            NOW,
            SINCE,
            NOW + 365 * DAY,
            NOW + 395 * DAY,
            NOW - 300 * DAY,
            NOW + 796 * DAY,
            NOW - 30 * DAY,
        ]
        times += [NOW - 40 * DAY, NOW - 39 * DAY, NOW + DAY, datetime(2026, 10, 18, 17, tzinfo=UTC)]
        return self.chance.choice(times) + self.chance.choice([-1, 0, 0, 1]) * SECOND

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

    def _judged(self, changes: dict[str, Any]) -> list[Question]:
        code = self.chance.choice(self.labels)
        return [
            self._record(self.signed["passport"], changes=changes),
            self._label(self.chance.choice([code, code.without_seal()]).to_uri(), changes=changes),
        ]

    def _verify(self, kind: str, text: Any, *, changes: Any = None, trust: str | None = None) -> Question:
        question = {"ask": "verify", "kind": kind, "input": text, "at": self._at(), "context": BASE}
        question |= {"changes": changes} if changes else {}
        return question | ({"trust": trust} if trust else {})
