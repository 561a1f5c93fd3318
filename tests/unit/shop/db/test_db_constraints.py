"""What the tables refuse, whoever writes to them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from shop.db import Base
from shop.db.session import Database, open_database
from shop.money import Dong
from tests.conftest import ENGINES, FreshDatabaseUrl
from tests.simulators.rows import MOMENT, fill, record_row, valid_rows

TABLES = Base.metadata.tables

# A second valid row of each table: the first one with these changes.
SECOND: dict[str, dict[str, Any]] = {
    "instance_facts": {"key": "other"},
    "records": record_row("r4"),
    "record_links": {"source": "r3"},
    "trust_lists": {"sequence": 2},
    "log_entries": {"idx": 1, "entry_id": "r2"},
    "log_tiles": {"n": 1},
    "log_checkpoints": {"size": 2},
    "status_lists": {"version": 2, "digest": "zQm2"},
    "log_cosignatures": {"witness": "other.example/witness 89abcdef"},
    "crafts": {"key": "silk"},
    "villages": {"id": 2, "slug": "van-phuc", "record_id": None},
    "workshops": {"id": 3, "slug": "lo-gom-khac"},
    "makers": {"id": 2, "pseudonym": "tho-2"},
    "products": {"id": 2, "slug": "am-tra", "gtin": "09521234000020"},
    "product_words": {"product_id": 9},
    "catalogue_changes": {"id": 2_000},
    "certificates": {"record_id": "r3"},
    "lots": {"id": 2, "number": "L2612", "record_id": "r3"},
    "scans": {"day": date(2026, 11, 23)},
    "media": {"id": 3, "name": f"{'2' * 32}.webp"},
    "product_photos": {"media_id": 2},
    "event_media": {"record_id": "r2"},
    "let_go_media": {"media_id": 2},
    "product_variants": {"id": 2, "name_vi": "Nhỏ"},
    "drafts": {"id": 2, "token": "fedcba9876543210"},
    "requests": {"id": 2},
    "key_enrolments": {"id": 2, "public_key": "z6MkTwo"},
    "key_nonces": {"nonce": "2.aa.bb"},
    "reports": {"id": 2, "case_number": "7K2M9QXW4S"},
    "spoiled_units": {"serial": "7K2M9QXW4R01"},
    "private_facts": {"id": 2, "workshop_id": 2},
    "accounts": {"id": 2, "sign_in_name": "lan@example.vn"},
    "sessions": {"id_hash": bytes([1] * 32)},
    "invitations": {"id": 2, "secret_hash": bytes([1] * 32)},
    "audit_entries": {"id": 2},
}

REFUSED = [
    ("instance_facts", {"key": ""}, "ck_instance_facts_key_is_given"),
    ("records", {"id": ""}, "ck_records_id_is_given"),
    ("records", {"url": "http://demo.langnghe.example/records/r4"}, "ck_records_url_is_https"),
    ("records", {"digest": "uEiA"}, "ck_records_digest_is_sha256_multibase"),
    ("records", {"type": ""}, "ck_records_type_is_given"),
    ("records", {"issuer": "https://demo.langnghe.example"}, "ck_records_issuer_is_did"),
    ("records", {"body": b""}, "ck_records_body_size"),
    ("records", {"body": b" " * 65_537}, "ck_records_body_size"),
    ("record_links", {"source": "r1"}, "ck_record_links_not_to_itself"),
    ("trust_lists", {"sequence": 0}, "ck_trust_lists_sequence_is_positive"),
    ("trust_lists", {"note": ""}, "ck_trust_lists_note_is_given"),
    ("log_entries", {"idx": -1}, "ck_log_entries_idx_is_not_negative"),
    ("log_entries", {"idx": 0}, "pk_log_entries|log_entries.idx"),
    ("log_entries", {"entry_id": ""}, "ck_log_entries_entry_id_length"),
    ("log_entries", {"entry_id": "r" * 513}, "ck_log_entries_entry_id_length"),
    ("log_entries", {"entry_id": "r1"}, "uq_log_entries_entry_id|log_entries.entry_id"),
    ("log_entries", {"leaf": bytes(31)}, "ck_log_entries_leaf_is_a_hash"),
    ("log_entries", {"body": b""}, "ck_log_entries_body_size"),
    ("log_entries", {"body": bytes(65_536)}, "ck_log_entries_body_size"),
    ("status_lists", {"url": "http://x"}, "ck_status_lists_url_is_https"),
    ("status_lists", {"version": 0}, "ck_status_lists_version_is_positive"),
    ("status_lists", {"issuer": "x"}, "ck_status_lists_issuer_is_did"),
    ("status_lists", {"digest": "x"}, "ck_status_lists_digest_is_sha256_multibase"),
    ("status_lists", {"body": b""}, "ck_status_lists_body_size"),
    ("status_lists", {"valid_until": MOMENT}, "ck_status_lists_ends_after_start"),
    ("status_lists", {"version": 1}, "pk_status_lists|status_lists.url"),
    ("log_tiles", {"level": -1}, "ck_log_tiles_level_range"),
    ("log_tiles", {"level": 64}, "ck_log_tiles_level_range"),
    ("log_tiles", {"n": -1}, "ck_log_tiles_n_is_not_negative"),
    ("log_tiles", {"n": 0}, "pk_log_tiles|log_tiles.level"),
    ("log_tiles", {"data": b""}, "ck_log_tiles_data_is_hashes"),
    ("log_tiles", {"data": bytes(33)}, "ck_log_tiles_data_is_hashes"),
    ("log_tiles", {"data": bytes(8_224)}, "ck_log_tiles_data_is_hashes"),
    ("log_checkpoints", {"size": -1}, "ck_log_checkpoints_size_is_not_negative"),
    ("log_checkpoints", {"size": 1}, "pk_log_checkpoints|log_checkpoints.size"),
    ("log_checkpoints", {"note": ""}, "ck_log_checkpoints_note_is_given"),
    ("log_cosignatures", valid_rows()["log_cosignatures"][0], "pk_log_cosignatures|log_cosignatures.size"),
    ("log_cosignatures", {"size": 7}, "fk_log_cosignatures_size|FOREIGN KEY"),
    ("log_cosignatures", {"witness": ""}, "ck_log_cosignatures_witness_is_given"),
    ("log_cosignatures", {"witness": "w", "line": ""}, "ck_log_cosignatures_line_is_given"),
    ("crafts", {"key": "Gốm sứ"}, "ck_crafts_key_is_plain"),
    ("crafts", {"name_vi": ""}, "ck_crafts_name_is_given"),
    ("crafts", {"key": "ceramics"}, "pk_crafts|crafts.key"),
    ("makers", {"name_vi": ""}, "ck_makers_name_is_given"),
    ("makers", {"pseudonym": ""}, "ck_makers_pseudonym_is_given"),
    ("makers", {"pseudonym": "tho-1"}, "uq_makers_pseudonym|makers.pseudonym"),
    ("makers", {"salt": b"short"}, "ck_makers_salt_size"),
    ("villages", {"slug": "Bát Tràng"}, "ck_villages_slug_is_plain"),
    ("villages", {"slug": ""}, "ck_villages_slug_is_plain"),
    ("villages", {"name": ""}, "ck_villages_name_is_given"),
    ("villages", {"name_folded": ""}, "ck_villages_name_is_given"),
    ("villages", {"craft": ""}, "ck_villages_craft_is_given"),
    ("villages", {"commune_code": "0057A"}, "ck_villages_commune_code_is_digits"),
    ("villages", {"document": "[]"}, "ck_villages_document_is_object"),
    ("workshops", {"slug": "a/b"}, "ck_workshops_slug_is_plain"),
    ("workshops", {"name_vi": ""}, "ck_workshops_name_is_given"),
    ("workshops", {"legal_form": "company"}, "ck_workshops_legal_form_is_known"),
    ("workshops", {"site_kind": "abroad"}, "ck_workshops_site_kind_is_known"),
    ("workshops", {"issuer": "commune"}, "ck_workshops_issuer_is_did"),
    ("products", {"slug": "a b"}, "ck_products_slug_is_plain"),
    ("products", {"name_vi": ""}, "ck_products_name_is_given"),
    ("products", {"gtin": "9521234000020"}, "ck_products_gtin_is_14_digits"),
    ("products", {"gtin": "0952123400002x"}, "ck_products_gtin_is_14_digits"),
    ("products", {"gtin": None, "code": "ABC"}, "ck_products_code_is_plain"),
    ("products", {"gtin": None, "code": "A" * 15}, "ck_products_code_is_plain"),
    ("products", {"gtin": None, "code": "abcd"}, "ck_products_code_is_plain"),
    ("products", {"gtin": None}, "ck_products_gtin_or_code"),
    ("products", {"code": "AM01"}, "ck_products_gtin_or_code"),
    ("products", {"price": Dong(0)}, "ck_products_price_is_positive"),
    ("products", {"stock": -1}, "ck_products_stock_is_not_negative"),
    ("products", {"document": ""}, "ck_products_document_is_object"),
    ("certificates", {"kind": "medal"}, "ck_certificates_kind_is_known"),
    ("certificates", {"stars": 0}, "ck_certificates_stars_are_1_to_5"),
    ("certificates", {"stars": 6}, "ck_certificates_stars_are_1_to_5"),
    ("certificates", {"kind": "ip_right"}, "ck_certificates_stars_are_ocop"),
    ("certificates", {"valid_until": date(2025, 12, 31)}, "ck_certificates_ends_after_start"),
    ("lots", {"number": ""}, "ck_lots_number_length"),
    ("lots", {"number": "L" * 21}, "ck_lots_number_length"),
    ("lots", {"unit_count": 0, "serials": b""}, "ck_lots_unit_count_is_positive"),
    ("lots", {"unit_count": 2}, "ck_lots_serials_match_unit_count"),
    ("lots", {"serials": b"7K2M9QXW4R0"}, "ck_lots_serials_match_unit_count"),
    ("scans", {"serial": "7K2M9QXW4R0"}, "ck_scans_serial_form"),
    ("scans", {"serial": "7k2m9qxw4r00"}, "ck_scans_serial_form"),
    ("scans", {"count": 0}, "ck_scans_count_is_positive"),
    ("records", {"id": "r1"}, "pk_records|records.id"),
    ("records", {"url": record_row("r1")["url"]}, "uq_records_url|records.url"),
    ("records", {"digest": record_row("r1")["digest"]}, "uq_records_digest|records.digest"),
    ("record_links", {"source": "r2"}, "pk_record_links|record_links.source"),
    ("instance_facts", {"key": "identity_host"}, "pk_instance_facts|instance_facts.key"),
    ("trust_lists", {"sequence": 1}, "pk_trust_lists|trust_lists.sequence"),
    ("villages", {"slug": "bat-trang"}, "uq_villages_slug|villages.slug"),
    ("workshops", {"slug": "lo-gom-mau"}, "uq_workshops_slug|workshops.slug"),
    ("products", {"slug": "chen-men-lam"}, "uq_products_slug|products.slug"),
    ("products", {"gtin": "09521234000013"}, "uq_products_gtin|products.gtin"),
    ("certificates", {"record_id": "r2"}, "pk_certificates|certificates.record_id"),
    ("lots", {"number": "L2611"}, "uq_lots_product_id_number|lots.number"),
    ("lots", {"record_id": "r2"}, "uq_lots_record_id|lots.record_id"),
    ("scans", {"day": date(2026, 11, 22)}, "pk_scans|scans.day"),
    ("media", {"name": ""}, "ck_media_name_is_given"),
    ("media", {"kind": "film"}, "ck_media_kind_is_known"),
    ("media", {"digest": "abc"}, "ck_media_digest_is_sha256_multibase"),
    ("media", {"size": 0}, "ck_media_size_is_positive"),
    ("media", {"width": None}, "ck_media_both_sides_or_none"),
    ("media", {"name": f"{'0' * 32}.webp"}, "uq_media_name|media.name"),
    ("product_photos", {"media_id": 1}, "pk_product_photos|product_photos.product_id"),
    ("event_media", {"record_id": "r1"}, "pk_event_media|event_media.record_id"),
    ("product_variants", {"name_vi": ""}, "ck_product_variants_name_is_given"),
    ("product_variants", {"price": Dong(0)}, "ck_product_variants_price_is_positive"),
    ("product_variants", {"stock": -1}, "ck_product_variants_stock_is_not_negative"),
    (
        "product_variants",
        {"name_vi": "To"},
        "uq_product_variants_product_id_name_vi|product_variants.product_id",
    ),
    ("drafts", {"kind": "novel"}, "ck_drafts_kind_is_known"),
    ("drafts", {"document": "[]"}, "ck_drafts_document_is_object"),
    ("drafts", {"token": "short"}, "ck_drafts_token_is_long"),
    ("drafts", {"token": "0123456789abcdef"}, "uq_drafts_token|drafts.token"),
    ("requests", {"kind": "money"}, "ck_requests_kind_is_known"),
    ("requests", {"state": "lost"}, "ck_requests_state_is_known|ck_requests_decided_or_open"),
    ("requests", {"document": ""}, "ck_requests_document_is_object"),
    ("requests", {"state": "done"}, "ck_requests_decided_or_open"),
    ("requests", {"decided_at": MOMENT}, "ck_requests_decided_or_open"),
    ("requests", {"state": "refused", "decided_at": MOMENT, "reason": ""}, "ck_requests_refusal_has_reason"),
    ("key_enrolments", {"state": "trusted"}, "ck_key_enrolments_state_is_known"),
    ("key_enrolments", {"use": "seal"}, "ck_key_enrolments_use_is_known"),
    ("key_enrolments", {"public_key": "zDnae"}, "ck_key_enrolments_public_key_is_ed25519"),
    ("key_enrolments", {"proof": bytes(63)}, "ck_key_enrolments_proof_is_a_signature"),
    ("key_enrolments", {"public_key": "z6MkOne"}, "uq_key_enrolments_public_key|key_enrolments.public_key"),
    ("key_nonces", {"nonce": "1.aa.bb"}, "pk_key_nonces|key_nonces.nonce"),
    ("reports", {"words": ""}, "ck_reports_words_are_given"),
    ("reports", {"words": "x" * 2_001}, "ck_reports_words_are_given"),
    ("reports", {"state": "lost"}, "ck_reports_state_is_known|ck_reports_closed_or_open"),
    ("reports", {"state": "closed"}, "ck_reports_closed_or_open"),
    (
        "reports",
        {"state": "closed", "closed_at": MOMENT, "contact": "x"},
        "ck_reports_contact_goes_at_the_end",
    ),
    ("reports", {"case_number": "7K2M9QXW4R"}, "uq_reports_case_number|reports.case_number"),
    ("spoiled_units", {"serial": "7K2M"}, "ck_spoiled_units_serial_length"),
    ("spoiled_units", {"serial": "7K2M9QXW4R00"}, "pk_spoiled_units|spoiled_units.lot_id"),
    ("private_facts", {"kind": "diary"}, "ck_private_facts_kind_is_known"),
    ("private_facts", {"value": ""}, "ck_private_facts_value_is_given"),
    ("private_facts", {"salt": b"short"}, "ck_private_facts_salt_size"),
    ("private_facts", {"workshop_id": 1}, "uq_private_facts_workshop_id_kind|private_facts.workshop_id"),
    ("accounts", {"sign_in_name": ""}, "ck_accounts_sign_in_name_is_given"),
    ("accounts", {"sign_in_name": "+84912345678"}, "uq_accounts_sign_in_name|accounts.sign_in_name"),
    ("accounts", {"name": ""}, "ck_accounts_name_is_given"),
    ("accounts", {"password_hash": "langnghe-demo"}, "ck_accounts_password_is_hashed"),
    ("accounts", {"role": "admin"}, "ck_accounts_role_is_known"),
    ("accounts", {"role": "operator"}, "ck_accounts_workshop_is_an_artisans"),
    ("accounts", {"issuer": "Xưởng"}, "ck_accounts_issuer_is_plain"),
    ("accounts", {"totp_counter": -1}, "ck_accounts_totp_counter_is_not_negative"),
    ("sessions", {"id_hash": bytes(31)}, "ck_sessions_id_hash_size"),
    ("sessions", {"data": "[]"}, "ck_sessions_data_is_object"),
    ("sessions", {"expires_at": MOMENT}, "ck_sessions_ends_after_start"),
    ("sessions", {"id_hash": bytes(32)}, "pk_sessions|sessions.id_hash"),
    ("invitations", {"secret_hash": b""}, "ck_invitations_secret_hash_size"),
    ("invitations", {"secret_hash": bytes(32)}, "uq_invitations_secret_hash|invitations.secret_hash"),
    ("invitations", {"role": ""}, "ck_invitations_role_is_known"),
    ("invitations", {"role": "buyer"}, "ck_invitations_workshop_is_an_artisans"),
    ("invitations", {"issuer": ""}, "ck_invitations_issuer_is_plain"),
    ("invitations", {"expires_at": MOMENT}, "ck_invitations_ends_after_start"),
    ("audit_entries", {"actor": ""}, "ck_audit_entries_actor_is_given"),
    ("audit_entries", {"action": ""}, "ck_audit_entries_action_is_given"),
    ("product_words", {"words": ""}, "ck_product_words_words_are_given"),
    ("audit_entries", {"detail": ""}, "ck_audit_entries_detail_is_object"),
]

ACCEPTED = [
    *((table, {}) for table in SECOND),
    ("records", {"body": b" " * 65_536, "translation": "{}"}),
    ("log_entries", {"entry_id": "r" * 512, "body": bytes(65_535)}),
    ("log_tiles", {"level": 63, "n": 2**40, "data": bytes(8_192)}),
    ("log_checkpoints", {"size": 2**40}),
    ("products", {"gtin": None, "code": "AM01"}),
    ("products", {"gtin": None, "code": "A" * 14}),
    ("products", {"price": Dong(1), "stock": 0, "is_listed": False}),
    ("certificates", {"stars": 1, "valid_until": date(2026, 1, 1)}),
    ("certificates", {"stars": 5, "valid_until": None}),
    ("certificates", {"kind": "ip_right", "stars": None}),
    ("lots", {"number": "L" * 20, "unit_count": 2, "serials": b"7K2M9QXW4R007K2M9QXW4R01"}),
]

FOREIGN_KEYS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.foreign_keys
]
REQUIRED = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    # A single whole number as key is filled in by SQLite.
    if not column.nullable
    and not (column.primary_key and len(table.primary_key) == 1 and column.type.python_type is int)
]


@pytest.fixture(scope="module", params=ENGINES)
def filled(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    fresh_database_url: FreshDatabaseUrl,
) -> Iterator[Database]:
    """A database with one valid row of everything, for all tests of this file."""
    with fresh_database_url(request.param, tmp_path_factory.mktemp("filled")) as url:
        opened = open_database(url)
        with opened.engine.begin() as one:
            fill(one)
        yield opened
        opened.engine.dispose()


@pytest.fixture
def connection(filled: Database) -> Iterator[Connection]:
    """A transaction on the filled database; it is undone after the test."""
    with filled.engine.connect() as one:
        yield one


def second_row(table: str, changes: dict[str, Any]) -> dict[str, Any]:
    return valid_rows()[table][0] | SECOND[table] | changes


@pytest.mark.parametrize(
    ("table", "changes", "rule"),
    REFUSED,
    ids=[f"{rule}-{number}" for number, (_, _, rule) in enumerate(REFUSED)],
)
def test_a_row_against_a_rule_is_refused(
    connection: Connection, table: str, changes: dict[str, Any], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule):
        connection.execute(insert(TABLES[table]), second_row(table, changes))


@pytest.mark.parametrize(
    ("table", "changes"), ACCEPTED, ids=[f"{table}-{number}" for number, (table, _) in enumerate(ACCEPTED)]
)
def test_a_row_at_the_limit_of_the_rules_is_accepted(
    connection: Connection, table: str, changes: dict[str, Any]
) -> None:
    count = select(func.count()).select_from(TABLES[table])
    before = connection.execute(count).scalar_one()
    connection.execute(insert(TABLES[table]), second_row(table, changes))
    assert connection.execute(count).scalar_one() == before + 1


@pytest.mark.parametrize(("table", "column"), FOREIGN_KEYS, ids=[".".join(one) for one in FOREIGN_KEYS])
def test_a_reference_to_nothing_is_refused(connection: Connection, table: str, column: str) -> None:
    nothing = 99 if TABLES[table].columns[column].type.python_type is int else "r99"
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.execute(insert(TABLES[table]), second_row(table, {column: nothing}))


@pytest.mark.parametrize(("table", "column"), REQUIRED, ids=[".".join(one) for one in REQUIRED])
def test_a_missing_value_is_refused(connection: Connection, table: str, column: str) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)not.null"):
        connection.execute(insert(TABLES[table]), second_row(table, {column: None}))


def test_a_code_is_used_once(connection: Connection) -> None:
    connection.execute(insert(TABLES["products"]), second_row("products", {"gtin": None, "code": "AM01"}))
    third = second_row("products", {"id": 3, "slug": "am-khac", "gtin": None, "code": "AM01"})
    with pytest.raises(IntegrityError, match=r"uq_products_code|products\.code"):
        connection.execute(insert(TABLES["products"]), third)


@pytest.mark.parametrize(
    "column",
    [
        "workshops.is_inside_village",
        "workshops.is_fictional",
        "products.is_listed",
        "record_links.names_successor",
        "accounts.is_active",
        "sessions.is_waiting",
    ],
)
def test_yes_or_no_takes_nothing_else(connection: Connection, column: str) -> None:
    table, name = column.split(".")
    with pytest.raises(DBAPIError):
        connection.exec_driver_sql(f"UPDATE {table} SET {name} = '2'")


def test_a_product_with_a_lot_stays(connection: Connection) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.exec_driver_sql("DELETE FROM products")
