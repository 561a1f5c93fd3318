"""What can go wrong, shown on lots of the demo's products that the shop does not list.

A lot is recalled, a certificate revoked, a passport corrected, and a workshop's key stolen, each the way that
it would really happen: by notices, status lists and a new trust list, all of them signed and logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shop.demo.goods import INSPECTOR, Goods, IssuedLot, issue_certificates, issue_lot, relabel
from shop.demo.scribe import Scribe
from shop.services.signed.rows import local_id
from traceability.evidence import SignedRecord
from traceability.labels.code import LabelCode
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.records.terms import Party

__all__ = ["STOLEN_FROM", "Mishap", "forge_with_stolen_key", "issue_mishaps"]

STOLEN_FROM: Final = "xuong-mau-21"

_PLAIN: Final = "bat-chuon-chuon"
_CERTIFIED: Final = "bo-am-chen-men-ran"
_STOLEN: Final = "con-quay-go"
_MICROWAVE: Final = {
    "vi": "Không dùng trong lò vi sóng (mẫu).",
    "en": "Do not use in a microwave oven (sample).",
}


@dataclass(frozen=True, slots=True)
class Mishap:
    """One case.

    Attributes:
        name: `recalled`, `revoked`, `corrected` or `stolen`.
        product: like one of the catalogue's, under a code of its own.
        lot: under the passport that counts now.
        label: shows the case; of a corrected lot, one that was printed before.
    """

    name: str
    product: dict[str, Any]
    lot: IssuedLot
    label: LabelCode


def issue_mishaps(scribe: Scribe, goods: Mapping[str, Goods]) -> list[Mishap]:
    """Issues the lots, and what was said about them later.

    Args:
        scribe: has issued all that the catalogue holds.
        goods: by product slug.
    """
    return [
        _recall(scribe, _like(goods[_PLAIN], "MAU1")),
        _revoke(scribe, _like(goods[_CERTIFIED], "MAU2")),
        _correct(scribe, _like(goods[_PLAIN], "MAU3")),
    ]


def forge_with_stolen_key(scribe: Scribe, goods: Mapping[str, Goods]) -> Mishap:
    """What a thief issues who has a workshop's key; the log takes it before anybody knows of the theft."""
    like = _like(goods[_STOLEN], "MAU4")
    lot = issue_lot(scribe, like, _first_lot(like), [])
    return Mishap("stolen", like.product, lot, lot.sample_label)


def _recall(scribe: Scribe, goods: Goods) -> Mishap:
    lot = issue_lot(scribe, goods, _first_lot(goods), [])
    _notify(
        scribe,
        INSPECTOR,
        "recall",
        [lot.passport],
        reason="Men ở lòng bát chưa đạt; cơ sở nhận lại và đổi (mẫu).",
        english="The glaze inside the bowl falls short; the workshop exchanges it (sample).",
    )
    return Mishap("recalled", goods.product, lot, lot.sample_label)


def _revoke(scribe: Scribe, goods: Goods) -> Mishap:
    certificates = [certificate for _, certificate in issue_certificates(scribe, goods)]
    lot = issue_lot(scribe, goods, _first_lot(goods), certificates)
    for certificate in certificates:
        scribe.revoke(certificate)
    return Mishap("revoked", goods.product, lot, lot.sample_label)


def _correct(scribe: Scribe, goods: Goods) -> Mishap:
    """The first passport lacks a word about microwaves; its labels are printed before anybody sees it."""
    lot = issue_lot(scribe, goods, _first_lot(goods), [])
    wrong = lot.passport.record
    assert isinstance(wrong, LotPassport)  # noqa: S101 - issue_lot gives a passport
    linked = scribe.linked(lot.passport)
    envelope = scribe.envelope(
        LotPassport,
        f"{local_id(lot.passport.envelope.id)}-2",
        issuer=goods.workshop_slug,
        name=wrong.envelope.name,
        valid_from=wrong.envelope.valid_from,
        linked=linked,
    )
    mended = replace(wrong, envelope=envelope, warnings=_joined(wrong.warnings, _MICROWAVE["vi"]))
    told = scribe.translations[wrong.envelope.id]
    english = {**told, "warnings": _joined(told.get("warnings"), _MICROWAVE["en"])}
    passport = scribe.issue(mended, issuer=goods.workshop_slug, linked=linked, english=english)
    _notify(
        scribe,
        goods.workshop_slug,
        "correction",
        [lot.passport, passport],
        reason="Bản trước thiếu lời dặn về lò vi sóng (mẫu).",
        english="The earlier one lacked the warning about microwave ovens (sample).",
    )
    return Mishap("corrected", goods.product, relabel(scribe, goods, lot, passport), lot.sample_label)


def _joined(before: str | None, more: str) -> str:
    """Gives the earlier advice with a sentence more: a correction must not lose any of it."""
    return f"{before} {more}" if before else more


def _notify(
    scribe: Scribe, issuer: str, action: str, about: list[SignedRecord], *, reason: str, english: str
) -> None:
    first, *others = about
    passport = first.record
    assert isinstance(passport, LotPassport)  # noqa: S101 - all cases are about lots
    first_id = local_id(first.envelope.id)
    record = Notice(
        envelope=scribe.envelope(
            Notice,
            f"{action}-{first_id}",
            issuer=issuer,
            name=f"{_TITLES[action]} – lô {passport.lot}",
            valid_from=scribe.now,
            linked=about,
        ),
        action=action,
        about=first.envelope.id,
        issued_to=Party(passport.producer.did, passport.producer.name),
        reason=reason,
        supersedes=others[0].envelope.id if others else None,
    )
    scribe.issue(record, issuer=issuer, linked=about, english={"reason": english})


_TITLES: Final = {"recall": "Gọi về", "correction": "Đính chính"}


def _like(goods: Goods, code: str) -> Goods:
    """Gives goods like those of the catalogue, under another code; the shop does not list them."""
    slug = f"mau-thu-{code.lower()}"
    return replace(goods, product={**goods.product, "slug": slug, "gtin": None, "code": code})


def _first_lot(goods: Goods) -> dict[str, Any]:
    return {**goods.product["lots"][0], "units": 12}
