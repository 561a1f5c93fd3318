"""The first tables: instance, records and links, trust lists, catalogue, lots, scans.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SLUG_CHARACTERS = f"abcdefghijklmnopqrstuvwxyz{DIGITS}-"
PLAIN_SLUG = f"slug <> '' AND ltrim(slug, '{SLUG_CHARACTERS}') = ''"
SIGNED_COLUMNS = "id, url, digest, type, issuer, issued_at, body"


def upgrade() -> None:
    """Makes the tables, and the triggers that keep records as they were signed."""
    _create_instance_facts()
    _create_records()
    _create_record_links()
    _create_trust_lists()
    _create_crafts()
    _create_villages()
    _create_workshops()
    _create_products()
    _create_product_indexes()
    _create_certificates()
    _create_lots()
    _create_scans()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops everything, all data with it; the indexes and triggers go with their tables."""
    for table in ("scans", "lots", "certificates", "products", "workshops", "villages", "crafts"):
        op.drop_table(table)
    for table in ("trust_lists", "record_links", "records", "instance_facts"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION records_refuse_change()")


def _create_instance_facts() -> None:
    op.create_table(
        "instance_facts",
        *_texts("key value"),
        _primary("instance_facts", "key"),
        *_checks("instance_facts", key_is_given="key <> ''"),
    )


def _create_records() -> None:
    op.create_table(
        "records",
        *_texts("id url digest type issuer"),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("translation", sa.Text(), nullable=True),
        _primary("records", "id"),
        _unique("records", "url"),
        _unique("records", "digest"),
        *_checks(
            "records",
            id_is_given="id <> ''",
            url_is_https="substr(url, 1, 8) = 'https://'",
            digest_is_sha256_multibase="substr(digest, 1, 3) = 'zQm'",
            type_is_given="type <> ''",
            issuer_is_did="substr(issuer, 1, 4) = 'did:'",
            body_size="length(body) BETWEEN 1 AND 65536",
        ),
    )


def _create_record_links() -> None:
    op.create_table(
        "record_links",
        *_texts("source target"),
        _primary("record_links", "source", "target"),
        _refers("record_links", "source", "records"),
        _refers("record_links", "target", "records"),
        *_checks("record_links", not_to_itself="source <> target"),
    )
    op.create_index("ix_record_links_target", "record_links", ["target"])


def _create_trust_lists() -> None:
    op.create_table(
        "trust_lists",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        *_texts("note"),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        _primary("trust_lists", "sequence"),
        *_checks("trust_lists", sequence_is_positive="sequence > 0", note_is_given="note <> ''"),
    )


def _create_crafts() -> None:
    op.create_table(
        "crafts",
        *_texts("key name_vi name_en"),
        _primary("crafts", "key"),
        *_checks(
            "crafts",
            key_is_plain=f"key <> '' AND ltrim(key, '{SLUG_CHARACTERS}') = ''",
            name_is_given="name_vi <> ''",
        ),
    )


def _create_villages() -> None:
    op.create_table(
        "villages",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("slug name name_folded craft_vi craft_en craft motif"),
        sa.Column("position", sa.Integer(), nullable=False),
        *_texts("commune_name commune_code document"),
        sa.Column("record_id", sa.Text(), nullable=True),
        _primary("villages", "id"),
        _unique("villages", "slug"),
        _refers("villages", "record_id", "records"),
        *_checks(
            "villages",
            slug_is_plain=PLAIN_SLUG,
            name_is_given="name <> '' AND name_folded <> ''",
            craft_is_given="craft <> ''",
            commune_code_is_digits=f"commune_code <> '' AND ltrim(commune_code, '{DIGITS}') = ''",
            document_is_object="substr(document, 1, 1) = '{'",
        ),
    )


def _create_workshops() -> None:
    op.create_table(
        "workshops",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("slug name_vi name_en"),
        sa.Column("village_id", sa.Integer(), nullable=False),
        *_texts("legal_form site_kind"),
        _yes_or_no("workshops", "is_inside_village"),
        *_texts("place_vi place_en commune_name story_vi story_en"),
        _yes_or_no("workshops", "is_fictional"),
        *_texts("issuer record_id"),
        _primary("workshops", "id"),
        _unique("workshops", "slug"),
        _refers("workshops", "village_id", "villages"),
        _refers("workshops", "record_id", "records"),
        *_checks(
            "workshops",
            slug_is_plain=PLAIN_SLUG,
            name_is_given="name_vi <> ''",
            legal_form_is_known="legal_form IN ('household_business', 'cooperative', 'enterprise')",
            site_kind_is_known="site_kind IN ('home', 'village', 'cluster')",
            issuer_is_did="substr(issuer, 1, 4) = 'did:'",
        ),
    )
    op.create_index("ix_workshops_village_id", "workshops", ["village_id"])


def _create_products() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("slug"),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        *_texts("name_vi name_en name_folded craft motif"),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        *_texts("document"),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        _yes_or_no("products", "is_listed"),
        _primary("products", "id"),
        *(_unique("products", column) for column in ("slug", "gtin", "code")),
        _refers("products", "workshop_id", "workshops"),
        _refers("products", "craft", "crafts", "key"),
        *_checks(
            "products",
            slug_is_plain=PLAIN_SLUG,
            name_is_given="name_vi <> '' AND name_folded <> ''",
            gtin_is_14_digits=f"length(gtin) = 14 AND gtin <> '' AND ltrim(gtin, '{DIGITS}') = ''",
            code_is_plain="length(code) BETWEEN 4 AND 14"
            f" AND code <> '' AND ltrim(code, '{CAPITALS}{DIGITS}') = ''",
            gtin_or_code="(gtin IS NULL) <> (code IS NULL)",
            price_is_positive="price > 0",
            stock_is_not_negative="stock >= 0",
            document_is_object="substr(document, 1, 1) = '{'",
        ),
    )


def _create_product_indexes() -> None:
    op.create_index("ix_products_craft_listed_at", "products", ["craft", "listed_at", "id"])
    op.create_index("ix_products_workshop_id_listed_at", "products", ["workshop_id", "listed_at", "id"])
    op.create_index("ix_products_listed_at", "products", ["listed_at", "id"])
    op.create_index("ix_products_price", "products", ["price", "id"])
    op.create_index("ix_products_name_folded", "products", ["name_folded", "id"])


def _create_certificates() -> None:
    op.create_table(
        "certificates",
        *_texts("record_id"),
        sa.Column("product_id", sa.Integer(), nullable=False),
        *_texts("kind"),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        _primary("certificates", "record_id"),
        _refers("certificates", "record_id", "records"),
        _refers("certificates", "product_id", "products"),
        *_checks(
            "certificates",
            kind_is_known="kind IN ('ocop', 'artisan_title', 'ip_right', 'inspection', 'environmental')",
            stars_are_1_to_5="stars BETWEEN 1 AND 5",
            stars_are_ocop="stars IS NULL OR kind = 'ocop'",
            ends_after_start="valid_until >= valid_from",
        ),
    )
    op.create_index("ix_certificates_product_id", "certificates", ["product_id"])


def _create_lots() -> None:
    op.create_table(
        "lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        *_texts("number record_id"),
        sa.Column("unit_count", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("serials", sa.LargeBinary(), nullable=False),
        sa.Column("sample_label", sa.Text(), nullable=True),
        _primary("lots", "id"),
        _unique("lots", "product_id", "number"),
        _unique("lots", "record_id"),
        _refers("lots", "product_id", "products"),
        _refers("lots", "record_id", "records"),
        *_checks(
            "lots",
            number_length="length(number) BETWEEN 1 AND 20",
            unit_count_is_positive="unit_count > 0",
            serials_match_unit_count="length(serials) = 12 * unit_count",
        ),
    )


def _create_scans() -> None:
    op.create_table(
        "scans",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        *_texts("serial"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        _primary("scans", "lot_id", "serial", "day"),
        _refers("scans", "lot_id", "lots"),
        *_checks(
            "scans",
            serial_form=f"length(serial) = 12 AND serial <> '' AND ltrim(serial, '{CAPITALS}{DIGITS}') = ''",
            count_is_positive="count > 0",
        ),
    )


def _refuse_changes_on_sqlite() -> None:
    for event in (f"UPDATE OF {SIGNED_COLUMNS}", "DELETE"):
        op.execute(
            f"CREATE TRIGGER records_refuse_{event.split()[0].lower()} BEFORE {event} ON records"
            " BEGIN SELECT RAISE(ABORT, 'records are append-only'); END"
        )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION records_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'records are append-only' USING ERRCODE = 'integrity_constraint_violation';"
        " END $$"
    )
    op.execute(
        f"CREATE TRIGGER records_refuse_change BEFORE UPDATE OF {SIGNED_COLUMNS} OR DELETE ON records"
        " FOR EACH ROW EXECUTE FUNCTION records_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER records_refuse_truncate BEFORE TRUNCATE ON records"
        " FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change()"
    )


def _texts(names: str) -> Sequence["sa.Column[Any]"]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names.split()]


def _yes_or_no(table: str, column: str) -> "sa.Column[Any]":
    kind = sa.Boolean(create_constraint=True, name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, kind, nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _refers(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}"))


def _checks(table: str, **rules: str) -> Sequence[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]
