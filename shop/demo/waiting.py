"""Makes what waits at the demo's desks: an application, requests to be vouched for, a visitor's report."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.db.base import document_text
from shop.db.catalogue import Product, Village, Workshop
from shop.db.desk import Report, Request
from shop.db.lots import Lot
from shop.db.media import Media
from shop.demo.accounts import ASSOCIATION_SLUG
from shop.demo.goods import INSPECTOR
from shop.media import MediaStore, StoredMedia
from shop.services.countersigning.fields import read_request
from shop.services.countersigning.values import ATTESTATION, INSPECTION, TRANSCRIPTION
from shop.services.workshops.application_fields import read_application

__all__ = ["make_sample_requests"]

CASE_NUMBER: Final = "MAU2345678"
NEW_WORKSHOP: Final = {
    "name_vi": "Xưởng mẫu đang xin lập",
    "name_en": "Sample workshop, applying",
    "craft": "gom-su",
    "legal_form": "household_business",
    "site_kind": "home",
    "place": "Nhà xưởng trong làng (địa chỉ mẫu)",
    "story_vi": "Dữ liệu mẫu, không có thật. Hai vợ chồng mới dựng lò, muốn được xã ký cho xưởng.",
    "story_en": "Sample data, not real. A couple has just built a kiln and asks the commune to sign.",
}
PAPER: Final = {
    "title": "Giấy đăng ký hộ kinh doanh (mẫu)",
    "words": "Nhờ chép tờ giấy mẫu này: xưởng được đăng ký làm nghề tại làng.",
    "paper_issuer": "Ủy ban nhân dân xã (mẫu)",
}
ASKED: Final = (
    ("artisan@demo.langnghe", ATTESTATION, ASSOCIATION_SLUG, "Nhờ hiệp hội xác nhận món này làm tại xưởng."),
    ("artisan2@demo.langnghe", INSPECTION, INSPECTOR, "Mời kiểm tra viên tới xem khung dệt của xưởng."),
)


def make_sample_requests(session: Session, media: MediaStore, *, now: datetime) -> None:
    """Makes one thing of each kind that a desk works off, so that no desk of the demo is empty.

    Args:
        session: of a transaction that writes, after the demo's accounts were made.
        media: takes the sample papers.
        now: when they were asked; visitors and artisans asked a little earlier.
    """
    people = {one.sign_in_name: one for one in session.scalars(select(Account))}
    artisan, commune = people["artisan@demo.langnghe"], people["commune@demo.langnghe"]
    _apply(session, media, people["newcomer@demo.langnghe"], artisan, commune, now)
    for name, kind, office, words in ASKED:
        _ask(session, people[name], kind, office, {"words": words}, now=now)
    _ask(session, artisan, ATTESTATION, commune.issuer or "", {"words": "Nhờ xã xác nhận."}, now=now)
    scan = _store(session, media, artisan, now)
    _ask(session, artisan, TRANSCRIPTION, ASSOCIATION_SLUG, PAPER, now=now, scan=scan)
    _report(session, now)
    session.flush()


def _apply(
    session: Session, media: MediaStore, newcomer: Account, artisan: Account, commune: Account, now: datetime
) -> None:
    """Applies for a workshop in the first artisan's village, whose commune is the one with an account."""
    village = session.scalars(
        select(Village.slug)
        .join(Workshop, Workshop.village_id == Village.id)
        .where(Workshop.id == artisan.workshop_id)
    ).one()
    fields = read_application({**NEW_WORKSHOP, "village": village})
    session.add(
        Request(
            kind="workshop",
            state="open",
            account_id=newcomer.id,
            issuer=commune.issuer or "",
            document=document_text(fields.to_document()),
            media_id=_store(session, media, newcomer, now),
            asked_at=now - timedelta(hours=5),
        )
    )


def _ask(
    session: Session,
    person: Account,
    kind: str,
    office: str,
    texts: Mapping[str, str],
    *,
    now: datetime,
    scan: int | None = None,
) -> None:
    """Asks about the first product of a person's workshop; papers are about the workshop itself."""
    workshop = session.get_one(Workshop, person.workshop_id)
    words = read_request(kind, texts, now=now)
    if scan is None:
        first = select(Product.slug).where(Product.workshop_id == workshop.id).order_by(Product.id).limit(1)
        words["product"] = session.scalars(first).one()
    session.add(
        Request(
            kind=kind,
            state="open",
            account_id=person.id,
            workshop_id=workshop.id,
            issuer=office,
            about=workshop.record_id,
            document=document_text(words),
            media_id=scan,
            asked_at=now - timedelta(hours=3),
        )
    )


def _report(session: Session, now: datetime) -> None:
    """Reports the label of the first lot, as a visitor would who saw it on another thing."""
    label = session.scalars(select(Lot.sample_label).order_by(Lot.id).limit(1)).one()
    session.add(
        Report(
            case_number=CASE_NUMBER,
            subject=label or "",
            words="Báo mẫu, không có thật: tôi thấy tem này dán trên một món khác hẳn ảnh.",
            contact="khach-mau@example.invalid",
            reported_at=now - timedelta(hours=1),
            state="open",
        )
    )


def _store(session: Session, media: MediaStore, person: Account, now: datetime) -> int:
    stored: StoredMedia = media.keep_paper(_sample_pdf())
    row = Media(**asdict(stored), workshop_id=person.workshop_id, account_id=person.id, created_at=now)
    session.add(row)
    session.flush()
    return row.id


def _sample_pdf() -> bytes:
    """Gives one page that says what it is; the font that every reader has knows no Vietnamese letters."""
    words = b"BT /F1 20 Tf 60 700 Td (DU LIEU MAU / SAMPLE DATA: a fictional paper) Tj ET"
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(words), words),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    page, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(page))
        page += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    end = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, len(page))
    return page + start + end
