"""Certificates as the operator watches them: which end soon, so that nobody learns it from a buyer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select

from shop.db.catalogue import Product, Workshop
from shop.db.lots import Certificate
from shop.db.session import Database
from shop.folding import fold
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.listing import EXPORT_MAX_ROWS
from traceability.clock import day_in_viet_nam

__all__ = ["STATES", "CertificatePage", "CertificateWatch", "WatchedCertificate"]

REMIND_BEFORE: Final = timedelta(days=180)  # an OCOP file takes a village and a city months to renew
ROWS_A_PAGE: Final = 50
STATES: Final = ("ended", "soon", "valid")


@dataclass(frozen=True, slots=True)
class WatchedCertificate:
    """One certificate of a product.

    Attributes:
        record_id: local id of the signed certificate.
        days_left: whole days to the last valid day, negative behind it; None where there is no end.
        state: one of STATES.
    """

    record_id: str
    product: str
    product_slug: str
    workshop: str
    kind: str
    stars: int | None
    valid_from: date
    valid_until: date | None
    days_left: int | None
    state: str


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """Certificates, those that end first at the top; `counts` is by state, over all pages."""

    rows: tuple[WatchedCertificate, ...]
    counts: dict[str, int]
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class CertificateWatch:
    """Reads what is certified."""

    database: Database

    def page(
        self, actor: Actor, *, now: datetime, state: str | None = None, search: str = "", number: int = 1
    ) -> CertificatePage:
        """Gives one page.

        Args:
            actor: an operator.
            now: aware.
            state: one of STATES, None for all.
            search: part of a product's name, with or without marks.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        found = [one for one in self._all(actor, now=now, search=search) if state in (None, one.state)]
        everything = self._all(actor, now=now, search="")
        pages = max(1, -(-len(found) // ROWS_A_PAGE))
        number = min(max(1, number), pages)
        start = (number - 1) * ROWS_A_PAGE
        counts = {key: sum(one.state == key for one in everything) for key in STATES}
        return CertificatePage(tuple(found[start : start + ROWS_A_PAGE]), counts, number, pages)

    def export(
        self, actor: Actor, *, now: datetime, state: str | None = None, search: str = ""
    ) -> tuple[WatchedCertificate, ...]:
        """Gives all of them as `page` chooses them; at most EXPORT_MAX_ROWS.

        Raises:
            Forbidden: for all but operators.
        """
        found = self._all(actor, now=now, search=search)
        return tuple(one for one in found if state in (None, one.state))[:EXPORT_MAX_ROWS]

    def _all(self, actor: Actor, *, now: datetime, search: str) -> list[WatchedCertificate]:
        demand_role(actor, OPERATOR)
        today = day_in_viet_nam(now)
        with self.database.read() as session:
            rows = session.execute(_query(search)).all()
        return [_watched(certificate, product, workshop, today) for certificate, product, workshop in rows]


def _query(search: str) -> Select[Certificate, Product, str]:
    query = (
        select(Certificate, Product, Workshop.name_vi)
        .join(Product, Product.id == Certificate.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
    )
    if search.strip():
        query = query.where(Product.name_folded.contains(fold(search), autoescape=True))
    # SQLite puts NULL first, PostgreSQL last; here what has no end comes last on both.
    end = func.coalesce(Certificate.valid_until, date.max)
    return query.order_by(end, Product.name_folded, Certificate.record_id)


def _watched(certificate: Certificate, product: Product, workshop: str, today: date) -> WatchedCertificate:
    until = certificate.valid_until
    days_left = (until - today).days if until is not None else None
    return WatchedCertificate(
        record_id=certificate.record_id,
        product=product.name_vi,
        product_slug=product.slug,
        workshop=workshop,
        kind=certificate.kind,
        stars=certificate.stars,
        valid_from=certificate.valid_from,
        valid_until=until,
        days_left=days_left,
        state=_state(days_left),
    )


def _state(days_left: int | None) -> str:
    if days_left is None or days_left > REMIND_BEFORE.days:
        return "valid"
    return "soon" if days_left >= 0 else "ended"
