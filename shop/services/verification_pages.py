"""From a verdict and what the database holds to the value that a verification page shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shop.services.certificates import certificate_view, english
from shop.services.stations import stations
from shop.services.values import ProductCard, Text, VerificationPage, VillageCard, WorkshopCard
from traceability.chain import Chain
from traceability.clock import VIET_NAM_TIME
from traceability.labels.code import LabelCode
from traceability.records.certificate import Certificate
from traceability.records.facility import WorkshopRecord
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.verdict import CheckStatus, Verdict

__all__ = ["FoundLot", "SignedLot", "VerificationPages"]


@dataclass(frozen=True, slots=True)
class SignedLot:
    """What a lot's passport fixed for good: the records that it links to, and its serials.

    Attributes:
        bodies: signed bytes by record URL.
        translations: unsigned English texts by record URL; the only part that may change.
    """

    passport: bytes
    serials: bytes
    bodies: Mapping[str, bytes]
    translations: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FoundLot:
    """What the database holds of one lot."""

    lot_id: int
    card: ProductCard
    workshop: WorkshopCard
    village: VillageCard
    signed: SignedLot
    checks: int


class VerificationPages:
    """Makes the page of a verdict."""

    def __init__(self, trust: TrustList, *, roots_fingerprint: str) -> None:
        self._trust, self._roots_fingerprint = trust, roots_fingerprint

    def of_label(
        self, verdict: Verdict, now: datetime, *, code: LabelCode, found: FoundLot
    ) -> VerificationPage:
        """Gives the page of a label whose lot is known."""
        page = self._with_chain(self.bare(verdict, now, code=code), found.signed.translations)
        return replace(
            page,
            product=found.card,
            village=found.village,
            workshop=found.workshop,
            checks=found.checks if code.serial is not None else None,
        )

    def of_record(
        self, verdict: Verdict, now: datetime, *, translations: Mapping[str, str | None]
    ) -> VerificationPage:
        """Gives the page of a record that somebody holds."""
        return self._with_chain(self.bare(verdict, now, is_record=True), translations)

    def bare(
        self,
        verdict: Verdict,
        now: datetime,
        *,
        code: LabelCode | None = None,
        is_record: bool = False,
    ) -> VerificationPage:
        """Gives the page of a verdict about something that the database does not hold."""
        return VerificationPage(
            verdict=verdict,
            code=code.to_uri() if code is not None else None,
            product=None,
            village=None,
            workshop=None,
            lot=code.lot if code is not None else None,
            serial=code.serial if code is not None else None,
            units=None,
            record_id=None,
            issued_at=None,
            voucher=None,
            stations=(),
            certificates=(),
            checks=None,
            checked_at=now,
            roots_fingerprint=self._roots_fingerprint,
            is_record=is_record,
        )

    def _with_chain(self, page: VerificationPage, translations: Mapping[str, str | None]) -> VerificationPage:
        """Adds what the followed records say; a page whose first record could not be read stays bare."""
        chain = page.verdict.chain
        if chain is None:
            return page
        start = chain.records[0]
        passport = start.record if isinstance(start.record, LotPassport) else None
        expires_on = passport.expires_on if passport is not None else None
        unsound = _failed_subjects(page.verdict)
        shown = stations(chain, trust=self._trust, translations=translations, unsound=unsound)
        return replace(
            page,
            lot=passport.lot if passport is not None else page.lot,
            units=passport.unit_count if passport is not None else None,
            record_id=start.envelope.id.rpartition("/")[2],
            issued_at=start.claim.created,
            voucher=start.envelope.issuer.name,
            stations=shown,
            certificates=tuple(
                certificate_view(
                    item,
                    translations.get(item.envelope.id),
                    now=page.checked_at,
                    issued=start.claim.created,
                    is_sound=item.envelope.id not in unsound,
                )
                for item, _ in chain.of_kind(Certificate)
            ),
            title=Text(start.envelope.name, english(translations.get(start.envelope.id), "name")),
            body=json.dumps(start.document, ensure_ascii=False, indent=2) if page.is_record else None,
            is_made_outside=_is_made_outside(chain),
            expires_on=expires_on,
            is_past_use_by=expires_on is not None
            and expires_on < page.checked_at.astimezone(VIET_NAM_TIME).date(),
        )


def _is_made_outside(chain: Chain) -> bool:
    return any(not workshop.is_inside_village for _, workshop in chain.of_kind(WorkshopRecord))


def _failed_subjects(verdict: Verdict) -> frozenset[str]:
    failed = (check.subject for check in verdict.checks if check.status is CheckStatus.FAILED)
    return frozenset(subject for subject in failed if subject)
