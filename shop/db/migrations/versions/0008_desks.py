"""The tables of the desks: media, variants, drafts, requests, enrolled keys, reports, spoiled labels.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "media",
    "product_photos",
    "event_media",
    "product_variants",
    "drafts",
    "requests",
    "key_enrolments",
    "reports",
    "spoiled_units",
    "private_facts",
)


def upgrade() -> None:
    """Makes the tables, in the order in which they refer to each other."""
    _create_media()
    _create_product_photos()
    _create_event_media()
    _create_product_variants()
    _create_drafts()
    _create_requests()
    _create_key_enrolments()
    _create_reports()
    _create_spoiled_units()
    _create_private_facts()


def downgrade() -> None:
    """Drops the tables with all that the desks keep in them; signed records stay."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mimetype", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'voice', 'paper')", name=op.f("ck_media_kind_is_known")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_media_name_is_given")),
        sa.CheckConstraint("substr(digest, 1, 3) = 'zQm'", name=op.f("ck_media_digest_is_sha256_multibase")),
        sa.CheckConstraint("(width IS NULL) = (height IS NULL)", name=op.f("ck_media_both_sides_or_none")),
        sa.CheckConstraint("size > 0", name=op.f("ck_media_size_is_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_media_account_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_media_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("name", name=op.f("uq_media_name")),
    )
    op.create_index(op.f("ix_media_digest"), "media", ["digest"])
    op.create_index(op.f("ix_media_workshop_id"), "media", ["workshop_id"])


def _create_product_photos() -> None:
    op.create_table(
        "product_photos",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_product_photos_media_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_photos_product_id")),
        sa.PrimaryKeyConstraint("product_id", "media_id", name=op.f("pk_product_photos")),
    )


def _create_event_media() -> None:
    op.create_table(
        "event_media",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_event_media_media_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_event_media_record_id")),
        sa.PrimaryKeyConstraint("record_id", "media_id", name=op.f("pk_event_media")),
    )


def _create_product_variants() -> None:
    op.create_table(
        "product_variants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "is_listed",
            sa.Boolean(create_constraint=True, name=op.f("ck_product_variants_is_listed")),
            nullable=False,
        ),
        sa.CheckConstraint("name_vi <> ''", name=op.f("ck_product_variants_name_is_given")),
        sa.CheckConstraint("price > 0", name=op.f("ck_product_variants_price_is_positive")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_product_variants_stock_is_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_variants_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_variants")),
        sa.UniqueConstraint("product_id", "name_vi", name=op.f("uq_product_variants_product_id_name_vi")),
    )
    op.create_index(op.f("ix_product_variants_product_id"), "product_variants", ["product_id"])


def _create_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("became", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('workshop', 'product', 'lot', 'correction')", name=op.f("ck_drafts_kind_is_known")
        ),
        sa.CheckConstraint("substr(document, 1, 1) = '{'", name=op.f("ck_drafts_document_is_object")),
        sa.CheckConstraint("length(token) >= 16", name=op.f("ck_drafts_token_is_long")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_drafts_account_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_drafts_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("token", name=op.f("uq_drafts_token")),
    )
    op.create_index(op.f("ix_drafts_account_id"), "drafts", ["account_id"])
    op.create_index(op.f("ix_drafts_workshop_id"), "drafts", ["workshop_id"])


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_requests_decided_or_open")
        ),
        sa.CheckConstraint(
            "kind IN ('workshop', 'attestation', 'transcription', 'inspection')",
            name=op.f("ck_requests_kind_is_known"),
        ),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f("ck_requests_refusal_has_reason")),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused', 'withdrawn')", name=op.f("ck_requests_state_is_known")
        ),
        sa.CheckConstraint("substr(document, 1, 1) = '{'", name=op.f("ck_requests_document_is_object")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_requests_account_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["accounts.id"], name=op.f("fk_requests_decided_by")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_requests_media_id")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_requests_record_id")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_requests_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_account_id"), "requests", ["account_id"])
    op.create_index("ix_requests_issuer_state", "requests", ["issuer", "state", "id"])
    op.create_index(op.f("ix_requests_workshop_id"), "requests", ["workshop_id"])


def _create_key_enrolments() -> None:
    op.create_table(
        "key_enrolments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'listed', 'refused', 'withdrawn')",
            name=op.f("ck_key_enrolments_state_is_known"),
        ),
        sa.CheckConstraint(
            "substr(public_key, 1, 4) = 'z6Mk'", name=op.f("ck_key_enrolments_public_key_is_ed25519")
        ),
        sa.CheckConstraint("use IN ('record')", name=op.f("ck_key_enrolments_use_is_known")),
        sa.CheckConstraint("length(proof) = 64", name=op.f("ck_key_enrolments_proof_is_a_signature")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_key_enrolments_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_enrolments")),
        sa.UniqueConstraint("public_key", name=op.f("uq_key_enrolments_public_key")),
    )
    op.create_index(op.f("ix_key_enrolments_account_id"), "key_enrolments", ["account_id"])


def _create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("media_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_reports_closed_or_open")),
        sa.CheckConstraint(
            "state = 'open' OR contact IS NULL", name=op.f("ck_reports_contact_goes_at_the_end")
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_reports_state_is_known")),
        sa.CheckConstraint("length(words) BETWEEN 1 AND 2000", name=op.f("ck_reports_words_are_given")),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name=op.f("fk_reports_closed_by")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f("fk_reports_media_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("case_number", name=op.f("uq_reports_case_number")),
    )
    op.create_index("ix_reports_state", "reports", ["state", "id"])


def _create_spoiled_units() -> None:
    op.create_table(
        "spoiled_units",
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(serial) = 12", name=op.f("ck_spoiled_units_serial_length")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_spoiled_units_account_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lots.id"], name=op.f("fk_spoiled_units_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", "serial", name=op.f("pk_spoiled_units")),
    )


def _create_private_facts() -> None:
    op.create_table(
        "private_facts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('tax_code')", name=op.f("ck_private_facts_kind_is_known")),
        sa.CheckConstraint("value <> ''", name=op.f("ck_private_facts_value_is_given")),
        sa.CheckConstraint("length(salt) = 16", name=op.f("ck_private_facts_salt_size")),
        sa.ForeignKeyConstraint(["entered_by"], ["accounts.id"], name=op.f("fk_private_facts_entered_by")),
        sa.ForeignKeyConstraint(["workshop_id"], ["workshops.id"], name=op.f("fk_private_facts_workshop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_facts")),
        sa.UniqueConstraint("workshop_id", "kind", name=op.f("uq_private_facts_workshop_id_kind")),
    )
