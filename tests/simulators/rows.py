"""One valid row of every table, for tests that need some data to be there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from shop.db import Base
from shop.money import Dong

__all__ = ["ISSUER", "MOMENT", "SERIAL", "fill", "record_row", "status_row", "valid_rows"]

MOMENT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SERIAL = "7K2M9QXW4R00"
ISSUER = "did:web:demo.langnghe.example:issuers:commune"


def status_row(issuer: str, version: int, *, number: int = 1) -> dict[str, Any]:
    """Gives the row of a version of a status list."""
    url = f"https://demo.langnghe.example/status/{issuer.rpartition(':')[2]}/{number}"
    return {
        "url": url,
        "version": version,
        "issuer": issuer,
        "digest": f"zQm{url}{version}",
        "issued_at": MOMENT,
        "valid_until": MOMENT + timedelta(days=7),
        "body": f"{url}#{version}".encode(),
    }


def record_row(record_id: str, **changes: Any) -> dict[str, Any]:
    """Gives the row of a record with `record_id` in all its names."""
    row = {
        "id": record_id,
        "url": f"https://demo.langnghe.example/records/{record_id}",
        "digest": f"zQm{record_id}",
        "type": "WorkshopRecord",
        "issuer": ISSUER,
        "issued_at": MOMENT,
        "body": b'{"id":"%s"}' % record_id.encode(),
        "translation": None,
    }
    return row | changes


def valid_rows() -> dict[str, list[dict[str, Any]]]:
    """Gives the rows of each table, in an order that satisfies the foreign keys."""
    village = {
        "id": 1, "slug": "bat-trang", "name": "Bát Tràng", "name_folded": "bat trang", "craft_vi": "gốm sứ",
        "craft_en": "pottery", "craft": "ceramics", "motif": "crackle", "position": 1,
        "commune_name": "Xã Bát Tràng", "commune_code": "00577", "document": "{}", "record_id": "r1",
    }  # fmt: skip
    workshop = {
        "id": 1, "slug": "lo-gom-mau", "name_vi": "Lò gốm mẫu", "name_en": "Sample kiln", "village_id": 1,
        "legal_form": "household_business", "site_kind": "home", "is_inside_village": True,
        "place_vi": "Xóm 1", "place_en": "Hamlet 1", "commune_name": "Xã Bát Tràng", "story_vi": "",
        "story_en": "", "is_fictional": True, "issuer": "did:web:demo.langnghe.example", "record_id": "r1",
    }  # fmt: skip
    product = {
        "id": 1, "slug": "chen-men-lam", "workshop_id": 1, "name_vi": "Chén men lam", "name_en": "Blue cup",
        "name_folded": "chen men lam", "craft": "ceramics", "motif": "crackle", "gtin": "09521234000013",
        "code": None, "price": Dong(120_000), "stock": 5, "document": "{}", "listed_at": MOMENT,
        "is_listed": True,
    }  # fmt: skip
    return {
        "instance_facts": [{"key": "identity_host", "value": "demo.langnghe.example"}],
        "records": [record_row("r1"), record_row("r2"), record_row("r3")],
        "record_links": [{"source": "r2", "target": "r1"}],
        "log_entries": [{"idx": 0, "entry_id": "r1", "leaf": bytes(32), "body": b"{}"}],
        "log_tiles": [{"level": 0, "n": 0, "data": bytes(32)}],
        "log_checkpoints": [{"size": 1, "note": "demo.langnghe.example/log", "signed_at": MOMENT}],
        "log_cosignatures": [
            {"size": 1, "witness": "demo.langnghe.example/witness 01234567", "line": "— demo AAAA",
             "received_at": MOMENT}
        ],
        "status_lists": [status_row(ISSUER, 1)],
        "trust_lists": [{"sequence": 1, "note": "langnghe trust list", "published_at": MOMENT}],
        "crafts": [{"key": "ceramics", "name_vi": "Gốm sứ", "name_en": "Pottery"}],
        "villages": [village],
        "workshops": [workshop, workshop | {"id": 2, "slug": "xuong-thu-hai"}],
        "makers": [
            {"id": 1, "pseudonym": "tho-1", "workshop_id": 1, "name_vi": "Thợ mẫu 1",
             "name_en": "Sample maker 1", "salt": bytes(16)}
        ],
        "products": [product, product | {"id": 9, "slug": "dia-men-lam", "gtin": "09521234000037"}],
        "product_words": [{"product_id": 1, "words": "chen men lam"}],
        "catalogue_changes": [{"id": 1_000}],
        "certificates": [
            {"record_id": "r2", "product_id": 1, "kind": "ocop", "stars": 4, "valid_from": date(2026, 1, 1),
             "valid_until": date(2028, 12, 31)}
        ],
        "lots": [
            {"id": 1, "product_id": 1, "number": "L2611", "record_id": "r2", "unit_count": 1,
             "made_on": date(2026, 11, 1), "serials": SERIAL.encode(), "sample_label": None}
        ],
        "scans": [{"lot_id": 1, "serial": SERIAL, "day": MOMENT.date(), "count": 1, "first_at": MOMENT}],
        "accounts": [
            {"id": 1, "sign_in_name": "+84912345678", "name": "Thợ mẫu", "password_hash": "$argon2id$v=19$x",
             "is_active": True, "role": "artisan", "workshop_id": 1, "issuer": "lo-gom-mau",
             "totp_secret": None, "totp_counter": 0, "created_at": MOMENT}
        ],
        "sessions": [
            {"id_hash": bytes(32), "account_id": 1, "is_waiting": False, "data": "{}", "created_at": MOMENT,
             "expires_at": MOMENT + timedelta(hours=12), "ended_at": None}
        ],
        "invitations": [
            {"id": 1, "secret_hash": bytes(32), "role": "artisan", "workshop_id": 1, "issuer": "lo-gom-mau",
             "account_id": 1, "made_by": 1, "created_at": MOMENT,
             "expires_at": MOMENT + timedelta(days=14), "used_at": None}
        ],
        "audit_entries": [
            {"id": 1, "at": MOMENT, "account_id": 1, "actor": "Thợ mẫu", "action": "account join",
             "subject": "account:1", "detail": "{}"}
        ],
        **_desk_rows(),
    }  # fmt: skip


def _desk_rows() -> dict[str, list[dict[str, Any]]]:
    """Gives the rows of the tables that the desks write."""
    media = {
        "id": 1, "name": f"{'0' * 32}.webp", "kind": "photo", "mimetype": "image/webp", "digest": "zQm1",
        "size": 9, "width": 3, "height": 4, "workshop_id": 1, "account_id": 1, "created_at": MOMENT,
    }  # fmt: skip
    request = {
        "id": 1, "kind": "workshop", "state": "open", "account_id": 1, "workshop_id": 1, "issuer": "hiep-hoi",
        "about": None, "document": "{}", "media_id": 1, "asked_at": MOMENT, "decided_at": None,
        "decided_by": None, "reason": None, "record_id": None,
    }  # fmt: skip
    report = {
        "id": 1, "case_number": "7K2M9QXW4R", "subject": "r1", "words": "lạ", "contact": None,
        "media_id": None, "reported_at": MOMENT, "state": "open", "closed_at": None, "closed_by": None,
        "answer": None,
    }  # fmt: skip
    return {
        "media": [media, media | {"id": 2, "name": f"{'1' * 32}.webp"}],
        "product_photos": [{"product_id": 1, "media_id": 1, "position": 1}],
        "event_media": [{"record_id": "r1", "media_id": 1}],
        "let_go_media": [{"media_id": 1, "at": MOMENT}],
        "product_variants": [
            {"id": 1, "product_id": 1, "name_vi": "To", "name_en": "Large", "price": Dong(9), "stock": 1,
             "position": 1, "is_listed": True}
        ],
        "drafts": [
            {"id": 1, "token": "0123456789abcdef", "account_id": 1, "workshop_id": 1, "kind": "lot",
             "document": "{}", "created_at": MOMENT, "updated_at": MOMENT, "became": None}
        ],
        "requests": [request],
        "key_enrolments": [
            {"id": 1, "account_id": 1, "issuer": "lo-gom-mau", "use": "record", "public_key": "z6MkOne",
             "proof": bytes(64), "created_at": MOMENT, "state": "waiting", "decided_at": None}
        ],
        "key_nonces": [{"nonce": "1.aa.bb", "enrolment_id": 1}],
        "reports": [report],
        "spoiled_units": [{"lot_id": 1, "serial": SERIAL, "account_id": 1, "marked_at": MOMENT}],
        "private_facts": [
            {"id": 1, "workshop_id": 1, "kind": "tax_code", "value": "1", "salt": bytes(16), "entered_by": 1,
             "entered_at": MOMENT}
        ],
    }  # fmt: skip


def fill(connection: Connection) -> None:
    """Writes all valid rows."""
    for table, rows in valid_rows().items():
        connection.execute(insert(Base.metadata.tables[table]), rows)
