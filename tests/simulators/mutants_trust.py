"""Mutants of trust lists, log policies, notes, labels and seals."""

import json
from dataclasses import replace
from datetime import datetime

from tests.simulators.changes import VALUES
from tests.simulators.forgery import SCAN
from tests.simulators.questions import Question, coded, units
from tests.simulators.village import HOST, LOG, NOW, SINCE, signer
from tests.simulators.workbench import DAY, LOT, Workbench
from traceability.errors import TraceabilityError
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import attach
from traceability.ledger import note
from traceability.policy import open_trust_list
from traceability.records.canonical import canonical
from traceability.signing.trust import ROLES, Revocation, TrustedHost, TrustList
from traceability.signing.trust_text import write_trust_text

__all__ = ["TrustMutants"]


TIME = "2026-11-22T08:00:00Z"
STRANGER = note.Verifier("log.elsewhere.example", signer("stranger").public_key).vkey
# Mistakes that keep the form of a trust list: of the whole, and of its first key.
LIST_MISTAKES = ({}, {}, {}, {"sequence": "1"}, {"sequence": -1}, {"v": 2}, {"logPolicy": "quorum none"})
KEY_MISTAKES = (
    *[{}] * 6,
    {"id": "did:web:village.example:issuers:province#other"},
    {"controller": "did:web:village.example:issuers:commune"},
    {"revoked": {"reason": "lost", "time": TIME}},
    {"revoked": {"reason": "retired", "time": TIME, "logSize": -1}},
    {"revoked": {"reason": "retired", "time": TIME, "logSize": 0}},
    {"publicKeyMultibase": "z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP"},
)


class TrustMutants(Workbench):
    """Changes whom to trust, and what is printed on a jar."""

    def _trust_changed(self) -> list[Question]:
        trust = self.village.trust
        for _ in range(self.chance.choice([1, 1, 2, 4])):
            trust = self._other_trust(trust)
        names = self.chance.choice([(1, 2), (1, 2), (1, 2), (2, 3), (1, 2, 3), (1,), (1, 1)])
        text = write_trust_text(trust)
        return self._under(note.sign(text, [(f"root-{n}.example", signer(f"root-{n}")) for n in names]))

    def _trust_text_changed(self) -> list[Question]:
        body = json.loads(write_trust_text(self.village.trust).split("\n")[1])
        body |= self.chance.choice(LIST_MISTAKES)
        body["keys"][self.chance.choice([0, 0, -1])] = body["keys"][0] | self.chance.choice(KEY_MISTAKES)
        try:
            changed = self.change.mutated(body, deep=True) if self.chance.random() < 0.7 else body
            line = canonical(changed).decode("utf-8", "replace")
        except TraceabilityError:
            line = "{}"
        text = f"{HOST}/trust\n{line}\n"
        try:
            signed = note.sign(text, [(f"root-{n}.example", signer(f"root-{n}")) for n in (1, 2)])
        except TraceabilityError:
            signed = self.village.trust_note()
        return self._under(self.change.damaged(signed) if self.chance.random() < 0.2 else signed)

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
            chance.choice(["retired", "compromised"]),
            moment,
            chance.choice([None, 0, 1, 3, 5, 100, 2**53 - 1]),
        )
        key = chance.choice([
            {"since": moment}, {"until": moment}, {"revoked": revoked}, {"revoked": revoked},
            {"name": "x"},
            {"role": chance.choice(sorted(ROLES))},
            {"use": chance.choice(["record", "seal"])}, {"custody": "holder"}, {"scope": ()},
            {"scope": ("vn:01",)}, {"scope": ("vn:79", "vn:01/00577")}, {"scope": ("vn:0",)},
        ])  # fmt: skip
        keys[place] = replace(keys[place], **key)
        host = TrustedHost(HOST, SINCE, chance.choice([None, moment]), chance.choice([None, "new.example"]))
        whole = chance.choice([
            {"keys": tuple(keys)}, {"keys": tuple(keys)}, {"keys": tuple(keys)},
            {"keys": tuple(keys[: place + 1])}, {"hosts": ()}, {"hosts": (host,)},
            {"hosts": (host, TrustedHost(HOST, moment))}, {"expires": moment}, {"log_policy": None},
            {"log_policy": f"log {STRANGER}\n{self.village.log_policy}"},
            {"log_policy": self._policy_text()},
        ])  # fmt: skip
        return replace(trust, **whole)

    def _policy_text(self) -> str:
        lines = self.village.log_policy.split("\n")
        witness = lines[1].split(" ")
        lines[1:1] = self.chance.choice([
            [], ["# a comment"], [lines[0]], [f"log {STRANGER}"], [f"witness b {witness[2]}"],
            ["group g any nhan-chung"], ["quorum none"], ["group g 1 x"], [""], ["\tlog x"],
        ])  # fmt: skip
        lines[-2:-2] = self.chance.choice(
            [[], ["group g all nhan-chung"], ["group g 2 nhan-chung"], ["group constructor any nhan-chung"]]
        )
        lines[-2] = self.chance.choice(
            [lines[-2], lines[-2], "quorum none", "quorum g", "quorum constructor", "quorum"]
        )
        text = "\n".join(lines)
        return self.change.edited(text).replace("\ud800", "?") if self.chance.random() < 0.3 else text

    def _policy_changed(self) -> list[Question]:
        return [{"ask": "policy", "data": coded(self._policy_text().encode("utf-8", "replace"))}]

    def _label_changed(self) -> list[Question]:
        text = self.chance.choice(self.labels).to_uri()
        code = parse_label(text)
        text = self.chance.choice([
            text, text.lower(), code.without_seal().to_uri(), LOT, LOT.rpartition("/10/")[0],
            f"https://{HOST}/P/BINH01/10/L1", LOT.replace("0011/", "0012/"),
            text.replace("/21/", "/21/A", 1), text.replace("VILLAGE", "VI11AGE"), f"{text}?x=1",
            f" {text}", self.change.edited(text), self.change.edited(text),
            self.change.edited(code.without_seal().to_uri()), "", "HTTPS://", text * 3,
        ])  # fmt: skip
        return [{"ask": "label", "text": units(text)}, self._label(text)]

    def _seal_made(self) -> list[Question]:
        """Makes a seal for real: by another key, on another day, for other bytes, or on another code."""
        first, second = self.chance.sample(self.labels, 2)
        key = self.village.key(
            self.chance.choice(["workshop#seal", "workshop#seal", "neighbour#seal", "workshop#record"])
        )
        bare = first.without_seal()
        if self.chance.random() < 0.2:
            bare = replace(bare, serial="0" * 12, lot=self.chance.choice(["L1", "L2"]))
        digest = self.village.records[
            self.chance.choice(["passport", "passport", "passport", "event"])
        ].sha256
        day = self.chance.choice(
            [NOW.date(), NOW.date(), *(NOW + shift * DAY for shift in (-900, -401, -400, -1, 1, 800))]
        )
        if isinstance(day, datetime):
            day = day.date()
        sealed = attach(
            bare, kid=key.signer.public_key.kid, day=day, record_digest=digest, sign=key.signer.sign
        )
        code = self.chance.choice([sealed, sealed, replace(sealed, serial=second.serial)])
        seal = list(code.seal or "")
        seal[self.chance.choice([0, 1, 139, 139, 50])] = self.chance.choice("ABCQgw27")
        seal = self.chance.choice([code.seal, "".join(seal), self.change.edited(code.seal or "")])
        return [{"ask": "seal", "text": seal}, self._label(code.to_uri())]

    def _note_changed(self) -> list[Question]:
        signed = self.change.damaged(
            self.chance.choice([self.village.trust_note(), self.village.head([bytes(32)]).to_bytes()])
        )
        vkeys = [root.vkey for root in self.village.roots] + [note.Verifier(LOG, signer(LOG).public_key).vkey]
        chosen = self.chance.choices([*vkeys, "# x", " "], k=3)
        return [
            {
                "ask": "note",
                "data": coded(signed),
                "vkeys": self.chance.sample(vkeys, self.chance.randrange(1, 5)),
            },
            {"ask": "vkey", "text": self.change.edited(self.chance.choice(vkeys))},
            {"ask": "roots", "data": coded("\n".join(chosen).encode())},
            {"ask": "vkey", "text": self.village.log_policy.split("\n")[1].split(" ")[2]},
            {"ask": "roots", "data": coded(self.change.edited("\n".join(vkeys)).encode("utf-8", "replace"))},
        ]

    def _text_changed(self) -> list[Question]:
        instant = self.change.edited(
            self.chance.choice([value for value in VALUES if str(value)[4:5] == "-"])
        )
        base58 = self.change.edited(
            self.chance.choice([SCAN, self.village.keys["ocop#record"].method.key.multibase])
        )
        return [
            {"ask": "instant", "text": instant.encode("utf-8", "replace").decode()},
            {"ask": "day", "text": instant[:10].encode("utf-8", "replace").decode()},
            {
                "ask": "base58",
                "text": base58.encode("utf-8", "replace").decode(),
                "length": self.chance.choice([32, 34]),
            },
        ]
