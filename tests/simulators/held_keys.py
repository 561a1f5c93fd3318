"""A workshop whose record key is on a phone: the trust list that says so, and what the phone signs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from shop.services.keys.own_status_list import OwnStatusList
from shop.services.lots.correcting import CorrectionDesk
from shop.services.lots.desk import LotDesk
from shop.services.signed.admission import Admission
from shop.wiring import Services
from traceability.records.canonical import Document, canonical
from traceability.signing.proof import attach_proof

__all__ = ["HOLDER", "NOW", "Held", "Sign", "held_desks", "phone_of"]

HOLDER: Final = "xuong-mau-1"
NOW: Final = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
Sign = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """What such a workshop's people use."""

    desk: LotDesk
    corrections: CorrectionDesk
    status_list: OwnStatusList


def held_desks(services: Services) -> Held:
    """Gives the desks under a trust list by which `HOLDER` keeps its own record key."""
    lots, trust = services.desks.lots, services.records.trust
    keys = tuple(
        replace(key, custody="holder")
        if key.method.controller.endswith(f":{HOLDER}") and key.use == "record"
        else key
        for key in trust.keys
    )
    other, desk = replace(trust, keys=keys), lots.desk
    signing = replace(desk.signing, trust=other)
    admission = Admission(desk.database, trust=other, ledger=services.ledger, host=signing.host)
    return Held(
        replace(desk, signing=signing, admission=admission),
        replace(lots.corrections, signing=signing, admission=admission),
        OwnStatusList(desk.database, other, signing.host, admission),
    )


def phone_of(services: Services) -> Sign:
    """Gives what signs as the artisan's phone would: a document, and perhaps the moment of signing."""
    key = services.keyring.key(f"did:web:demo.langnghe.example:issuers:{HOLDER}", "record", now=NOW)
    assert key is not None

    def sign(document: Document, at: datetime = NOW) -> bytes:
        return canonical(attach_proof(document, signer=key.signer, method_id=key.entry.method.id, created=at))

    return sign
