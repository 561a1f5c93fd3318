"""An inspector in the field: her phone's key is listed, and she signs findings about the demo's lots."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from shop.db.accounts import Account
from shop.db.lots import Lot, Record
from shop.errors import BadInput
from shop.services.access.actors import INSPECTOR, Actor
from shop.services.inspecting.findings import TakenFinding
from shop.services.keys.enrolment import possession_text
from shop.wiring import Services, take_up_newest_list
from tests.conftest import Demo
from tests.simulators.root_holders import publish_keys
from traceability.evidence import Reader, SignedRecord
from traceability.issue import SigningKey, issue_record, link_to
from traceability.records.envelope import Envelope, Issuer
from traceability.records.notice import Notice
from traceability.records.terms import Party
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustKey

__all__ = ["ISSUER", "Field", "entry_of", "field_over", "hand_in"]

ISSUER: Final = "inspector-1"


@dataclass
class Field:
    """An inspector whose phone key is listed, a shop, and a lot that she looks at."""

    services: Services
    actor: Actor
    keys: dict[str, SigningKey]
    passports: list[SignedRecord]
    demo: Demo
    count: int = 0

    def signed(self, key: str = "phone-1", *, lot: int = 0, **changes: Any) -> SignedRecord:
        """Gives a signed notice about a lot."""
        signing, about = self.keys[key], self.passports[lot]
        self.count += 1
        notice = Notice(
            envelope=Envelope(
                contexts=Notice.CONTEXTS,
                types=Notice.TYPES,
                id=f"https://{self.services.settings.identity_host}/records/notice-phone-{self.count}",
                issuer=Issuer(signing.entry.method.controller, signing.entry.name),
                name=f"Nhận xét: {about.envelope.name}",
                valid_from=self.now,
                links=(link_to(about),),
            ),
            action="finding",
            about=about.envelope.id,
            issued_to=Party(about.envelope.issuer.did, about.envelope.issuer.name),
            reason="Khớp mô tả",
        )
        return issue_record(replace(notice, **changes), key=signing, linked=[about], now=self.now)

    @property
    def now(self) -> datetime:
        """An hour after the demo was made."""
        return self.demo.now + timedelta(hours=1)

    def take(self, item: SignedRecord, actor: Actor | None = None, **other: Any) -> TakenFinding:
        """Sends a finding in."""
        return self.services.desks.findings.take(actor or self.actor, item.data, **{"now": self.now} | other)

    def refusal(self, item: SignedRecord, actor: Actor | None = None) -> str:
        """Gives why a finding is refused; nothing may have been stored."""
        before = self.entries()
        with pytest.raises(BadInput) as caught:
            self.take(item, actor)
        assert self.entries() == before
        return caught.value.code

    def entries(self) -> int:
        """Gives how many records there are."""
        with self.services.database.read() as session:
            return session.scalar(select(func.count()).select_from(Record)) or 0


def entry_of(services: Services, signer: Ed25519Signer, name: str, **changes: Any) -> TrustKey:
    """Gives the entry of a key that its holder keeps."""
    did = f"did:web:{services.settings.identity_host}:issuers:{ISSUER}"
    (known, *_) = services.records.trust.keys_of(did)
    method = VerificationMethod(f"{did}#{name}", did, signer.public_key)
    return replace(known, method=method, custody="holder", **changes)


def field_over(services: Services, demo: Demo) -> Field:
    """Puts a field over a demo that may be written to."""
    now = demo.now + timedelta(minutes=1)
    with services.database.read() as session:
        account = session.scalars(select(Account).where(Account.role == INSPECTOR)).one()
        lots = select(Record.body).join(Lot, Lot.record_id == Record.id).order_by(Lot.id).limit(4)
        passports = [Reader().read(body) for body in session.scalars(lots)]
    actor = Actor(account.id, INSPECTOR, account.name, issuer=ISSUER)
    signers = {name: Ed25519Signer.generate() for name in ("phone-1", "phone-2", "server-2")}
    entries = {name: entry_of(services, signer, name) for name, signer in signers.items()}
    entries["server-2"] = replace(entries["server-2"], custody="server")
    hand_in(services, actor, signers["phone-1"], now)
    publish_keys(services, demo, list(entries.values()), now=now)
    keys = {name: SigningKey(signers[name], entries[name]) for name in signers}
    return Field(take_up_newest_list(services), actor, keys, passports, demo)


def hand_in(services: Services, actor: Actor, signer: Ed25519Signer, now: datetime) -> None:
    """Hands the public half of a key in."""
    enrolments, host = services.desks.enrolments, services.settings.identity_host
    nonce, public_key = enrolments.nonce(actor, "record", now=now), signer.public_key.multibase
    text = possession_text(
        host=host,
        account_id=actor.account_id,
        issuer=ISSUER,
        use="record",
        public_key=public_key,
        nonce=nonce,
    )
    enrolments.enrol(
        actor, "record", public_key=public_key, signature=signer.sign(text), nonce=nonce, now=now
    )
