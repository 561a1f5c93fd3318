"""Makes the demo's accounts: one for each role, and a second artisan of another workshop."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.demo.goods import INSPECTOR as INSPECTOR_SLUG
from shop.passwords import Passwords
from shop.services.actors import ARTISAN, ASSOCIATION, BUYER, INSPECTOR, OPERATOR
from shop.services.sample_accounts import SAMPLE_ACCOUNTS, SAMPLE_PASSWORD

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
    workshops = iter(session.scalars(select(Workshop).order_by(Workshop.id).limit(2)).all())
    hashed = passwords.hash(SAMPLE_PASSWORD)
    for name, role in SAMPLE_ACCOUNTS:
        workshop = next(workshops) if role == ARTISAN else None
        if name in there:
            continue
        session.add(
            Account(
                sign_in_name=name,
                name=f"{NAMES[role]} · {workshop.name_vi}" if workshop else NAMES[role],
                password_hash=hashed,
                is_active=True,
                role=role,
                workshop_id=workshop.id if workshop else None,
                issuer=workshop.slug if workshop else ISSUERS.get(role),
                created_at=now,
            )
        )
    session.flush()
