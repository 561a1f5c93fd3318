"""For the operator: the lists of her desk as tables to download, each as its page was asked for.

A table with people in it is got by a form alone, since its leaving is noted in the trail first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from flask import Blueprint, Response, abort

from shop.csv_tables import Column
from shop.services.access.actors import OPERATOR, ROLES
from shop.services.access.invitation_list import STATES as INVITATION_STATES
from shop.services.operating.certificate_watch import STATES
from shop.services.operating.public_lists import KEY_STATES
from shop.web.access import actor, needs
from shop.web.asked import asked_one, asked_words
from shop.web.current import now, services
from shop.web.downloads import table_file

__all__ = ["blueprint"]

blueprint = Blueprint("admin_tables", __name__, url_prefix="/admin/tables")

Row = Mapping[str, str]
REPORT_STATES: Final = ("open", "closed")


@dataclass(frozen=True, slots=True)
class Table:
    """One list as a table.

    Attributes:
        columns: in their order.
        rows: reads what the address asks for.
        has_people: whether it holds what people would not want everybody to read.
    """

    columns: tuple[Column, ...]
    rows: Callable[[], Iterable[Row]]
    has_people: bool


@blueprint.get("/<name>.csv")
@needs(OPERATOR)
def open_table(name: str) -> Response:
    """A list without people in it."""
    table = TABLES.get(name)
    if table is None:
        abort(404)
    if table.has_people:
        abort(405)
    return table_file(name, table.columns, table.rows())


@blueprint.post("/<name>.csv")
@needs(OPERATOR)
def personal_table(name: str) -> Response:
    """A list with people in it; that it was taken is noted."""
    table = TABLES.get(name)
    if table is None or not table.has_people:
        abort(404)
    services().audit_trail.note_export(actor(), name, now=now(), **_asked())
    return table_file(name, table.columns, table.rows())


def _asked() -> dict[str, str]:
    """Gives which part of a list was asked for, without the words, which may be somebody's address."""
    chosen = {"role": asked_one("role", ROLES), "state": asked_one("state", (*INVITATION_STATES, "closed"))}
    searched = {"searched": "yes"} if asked_words() or asked_words("subject") else {}
    return {key: value for key, value in chosen.items() if value} | searched


def _people() -> Iterable[Row]:
    role = asked_one("role", ROLES)
    for one in services().desks.people.export(actor(), role=role, search=asked_words()):
        yield {
            "name": one.name,
            "sign_in_name": one.sign_in_name,
            "role": one.role,
            "workshop": one.workshop or "",
            "issuer": one.issuer or "",
            "is_active": "1" if one.is_active else "0",
            "second_factor": "1" if one.has_second_factor else "0",
            "created_at": _moment(one.created_at),
        }


def _invitations() -> Iterable[Row]:
    state = asked_one("state", INVITATION_STATES)
    for one in services().desks.invitations.export(actor(), now=now(), state=state, search=asked_words()):
        yield {
            "role": one.role,
            "workshop": one.workshop or "",
            "issuer": one.issuer or "",
            "person": one.person or "",
            "made_by": one.made_by or "",
            "created_at": _moment(one.created_at),
            "expires_at": _moment(one.expires_at),
            "used_at": _moment(one.used_at),
            "state": one.state,
        }


def _trail() -> Iterable[Row]:
    subject = asked_words("subject") or None
    for one in services().audit_trail.export(actor(), subject=subject, search=asked_words()):
        yield {
            "at": _moment(one.at),
            "actor": one.actor,
            "action": one.action,
            "subject": one.subject,
            "detail": "; ".join(f"{key}: {value}" for key, value in one.detail.items()),
        }


def _reports() -> Iterable[Row]:
    state = asked_one("state", REPORT_STATES) or "open"
    for one in services().desks.reports.export(actor(), state=state, search=asked_words()):
        yield {
            "case_number": one.case_number,
            "reported_at": _moment(one.reported_at),
            "subject": one.subject,
            "words": one.words,
            "contact": one.contact or "",
            "closed_at": _moment(one.closed_at),
            "answer": one.answer or "",
        }


def _certificates() -> Iterable[Row]:
    state = asked_one("state", STATES)
    for one in services().desks.certificates.export(actor(), now=now(), state=state, search=asked_words()):
        yield {
            "product": one.product,
            "workshop": one.workshop,
            "kind": one.kind,
            "stars": str(one.stars or ""),
            "valid_from": one.valid_from.isoformat(),
            "valid_until": _day(one.valid_until),
            "days_left": str(max(one.days_left, 0)) if one.days_left is not None else "",
            "record_id": one.record_id,
        }


def _keys() -> Iterable[Row]:
    state = asked_one("state", KEY_STATES)
    for key in services().desks.public.all_keys(actor(), state=state, search=asked_words()):
        yield {
            "name": key.name,
            "role": key.role,
            "use": key.use,
            "custody": key.custody,
            "scope": " ".join(key.scope),
            "since": _moment(key.since),
            "ended": _moment(key.revoked.time if key.revoked else None),
            "reason": key.revoked.reason if key.revoked else "",
            "id": key.method.id,
            "key": key.method.key.multibase,
        }


def _entries() -> Iterable[Row]:
    for one in services().desks.public.all_entries(actor(), search=asked_words()):
        yield {
            "index": str(one.index),
            "kind": one.kind,
            "issuer": one.issuer,
            "issued_at": _moment(one.issued_at),
            "entry_id": one.entry_id,
        }


def _moment(value: datetime | None) -> str:
    return value.isoformat(timespec="seconds") if value is not None else ""


def _day(value: date | None) -> str:
    return value.isoformat() if value is not None else ""


TABLES: Final[Mapping[str, Table]] = {
    "people": Table(
        (
            Column("name", "Tên", "Name"),
            Column("sign_in_name", "Tên đăng nhập", "Sign-in name"),
            Column("role", "Vai", "Role"),
            Column("workshop", "Xưởng", "Workshop"),
            Column("issuer", "Ký thay cho", "Signs for"),
            Column("is_active", "Đang mở", "Open"),
            Column("second_factor", "Có mã xác thực", "Second factor"),
            Column("created_at", "Có từ", "Since"),
        ),
        _people,
        has_people=True,
    ),
    "invitations": Table(
        (
            Column("role", "Vai", "Role"),
            Column("workshop", "Xưởng", "Workshop"),
            Column("issuer", "Ký thay cho", "Signs for"),
            Column("person", "Cho ai vào lại", "Lets back in"),
            Column("made_by", "Người lập", "Made by"),
            Column("created_at", "Lập lúc", "Made at"),
            Column("expires_at", "Hết hạn lúc", "Ends at"),
            Column("used_at", "Dùng hoặc hủy lúc", "Used or taken back at"),
            Column("state", "Tình trạng", "State"),
        ),
        _invitations,
        has_people=True,
    ),
    "trail": Table(
        (
            Column("at", "Lúc", "At"),
            Column("actor", "Ai", "Who"),
            Column("action", "Việc", "Deed"),
            Column("subject", "Với", "Of"),
            Column("detail", "Chi tiết", "Detail"),
        ),
        _trail,
        has_people=True,
    ),
    "reports": Table(
        (
            Column("case_number", "Mã vụ", "Case"),
            Column("reported_at", "Báo lúc", "Reported at"),
            Column("subject", "Về", "About"),
            Column("words", "Lời báo", "Words"),
            Column("contact", "Liên lạc", "Contact"),
            Column("closed_at", "Đóng lúc", "Closed at"),
            Column("answer", "Kết quả", "Outcome"),
        ),
        _reports,
        has_people=True,
    ),
    "certificates": Table(
        (
            Column("product", "Sản phẩm", "Product"),
            Column("workshop", "Xưởng", "Workshop"),
            Column("kind", "Loại", "Kind"),
            Column("stars", "Sao", "Stars"),
            Column("valid_from", "Từ ngày", "From"),
            Column("valid_until", "Đến hết ngày", "Until"),
            Column("days_left", "Còn (ngày)", "Days left"),
            Column("record_id", "Bản ký", "Record"),
        ),
        _certificates,
        has_people=False,
    ),
    "keys": Table(
        (
            Column("name", "Bên ký", "Signer"),
            Column("role", "Vai", "Role"),
            Column("use", "Dùng để", "Use"),
            Column("custody", "Ai giữ", "Held by"),
            Column("scope", "Nơi được ký", "May sign for"),
            Column("since", "Từ", "Since"),
            Column("ended", "Thôi dùng lúc", "Ended at"),
            Column("reason", "Vì sao", "Reason"),
            Column("id", "Tên khóa", "Key name"),
            Column("key", "Khóa công khai", "Public key"),
        ),
        _keys,
        has_people=False,
    ),
    "log": Table(
        (
            Column("index", "Mục", "Entry"),
            Column("kind", "Loại", "Kind"),
            Column("issuer", "Bên ký", "Signer"),
            Column("issued_at", "Ký lúc", "Signed at"),
            Column("entry_id", "Địa chỉ", "Address"),
        ),
        _entries,
        has_people=False,
    ),
}
