"""Makes the demo's accounts: one for each role, two more artisans, and a commune beside the association."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.db.lots import Record
from shop.demo.goods import INSPECTOR as INSPECTOR_SLUG
from shop.passwords import Passwords
from shop.services.access.actors import ARTISAN, ASSOCIATION, BUYER, INSPECTOR, OPERATOR
from shop.services.access.sample_accounts import SAMPLE_ACCOUNTS, SAMPLE_PASSWORD

__all__ = ["ASSOCIATION_SLUG", "make_sample_accounts"]

ASSOCIATION_SLUG: Final = "hiep-hoi-mau"
NAMES: Final = {
    ARTISAN: "Thợ mẫu",
    ASSOCIATION: "Cán bộ hiệp hội mẫu",
    INSPECTOR: "Kiểm tra viên mẫu",
    OPERATOR: "Người vận hành mẫu",
    BUYER: "Người mua mẫu",
}
ISSUERS: Final = {ASSOCIATION: ASSOCIATION_SLUG, INSPECTOR: INSPECTOR_SLUG}
# Who is not like the others of her role: she has no workshop yet, or signs for a commune.
NEWCOMER: Final = "newcomer@demo.langnghe"
COMMUNE: Final = "commune@demo.langnghe"


def make_sample_accounts(session: Session, *, passwords: Passwords, now: datetime) -> None:
    """Makes the accounts that are missing; their workshops are the first two of the catalogue.

    Args:
        session: of a transaction that writes, after the demo's workshops were stored.
        passwords: how the public password is hashed.
        now: when they were made.
    """
    wanted = [name for name, _ in SAMPLE_ACCOUNTS]
    there = set(session.scalars(select(Account.sign_in_name).where(Account.sign_in_name.in_(wanted))))
    if there.issuperset(wanted):
        return
    workshops = session.scalars(select(Workshop).order_by(Workshop.id).limit(2)).all()
    waiting, hashed = iter(workshops), passwords.hash(SAMPLE_PASSWORD)
    for name, role in SAMPLE_ACCOUNTS:
        workshop = next(waiting) if role == ARTISAN and name != NEWCOMER else None
        if name in there:
            continue
        session.add(
            Account(
                sign_in_name=name,
                name=_person(name, role, workshop),
                password_hash=hashed,
                is_active=True,
                role=role,
                workshop_id=workshop.id if workshop else None,
                issuer=_issuer(session, name, role, workshop or workshops[0]),
                created_at=now,
            )
        )
    session.flush()


def _person(name: str, role: str, workshop: Workshop | None) -> str:
    """Gives how desks name the person."""
    if name == NEWCOMER:
        return "Thợ mẫu chưa có xưởng"
    if name == COMMUNE:
        return "Cán bộ xã mẫu"
    return f"{NAMES[role]} · {workshop.name_vi}" if workshop else NAMES[role]


def _issuer(session: Session, name: str, role: str, workshop: Workshop) -> str | None:
    """Gives whose records a person may sign; the commune is the one that signed the first workshop."""
    if name == COMMUNE:
        return session.get_one(Record, workshop.record_id).issuer.rpartition(":")[2]
    if role == ARTISAN:
        return workshop.slug if name != NEWCOMER else None
    return ISSUERS.get(role)
