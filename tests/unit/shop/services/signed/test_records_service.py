"""The public record: exact bytes, digests, DID documents and the trust list."""

import pytest
from sqlalchemy import select

from shop.config import DEMO_HOST
from shop.db.lots import Record
from shop.errors import NotFound
from shop.wiring import Services
from tests.conftest import Demo
from traceability.policy import open_trust_list
from traceability.records.canonical import canonical, digest_multibase, parse
from traceability.roots import parse_roots


def test_every_record_is_canonical_and_has_its_digest(services: Services) -> None:
    with services.database.read() as session:
        ids = list(session.scalars(select(Record.id)))
    for record_id in ids:
        stored = services.records.record(record_id)
        assert stored.digest == digest_multibase(stored.body)
        assert canonical(parse(stored.body)) == stored.body


def test_record_stands_under_its_own_address(services: Services) -> None:
    document = parse(services.records.record("village-bat-trang").body)
    assert document["id"] == f"https://{DEMO_HOST}/records/village-bat-trang"


def test_did_document_holds_record_keys_only(services: Services) -> None:
    document = services.records.did("xuong-mau-1")
    assert document["id"] == f"did:web:{DEMO_HOST}:issuers:xuong-mau-1"
    methods = document["verificationMethod"]
    assert [method["id"].partition("#")[2] for method in methods] == ["record-1"]
    assert all(method["publicKeyMultibase"].startswith("z6Mk") for method in methods)


def test_did_document_names_the_key_that_signed(services: Services) -> None:
    record = parse(services.records.record("workshop-xuong-mau-1").body)
    issuer = record["issuer"]["id"].rpartition(":")[2]
    methods = {method["id"] for method in services.records.did(issuer)["verificationMethod"]}
    assert record["proof"]["verificationMethod"] in methods


def test_trust_note_opens_with_the_pinned_roots(services: Services, demo: Demo) -> None:
    roots = parse_roots((demo.folder / "roots.txt").read_bytes())
    assert open_trust_list(services.records.trust_note, roots).sequence == 2


@pytest.mark.parametrize(
    "record_id", ["", "nothing", "VILLAGE-BAT-TRANG", "village-bat-trang.json", "../x", "\0", "a\nb"]
)
def test_unknown_record_is_not_found(services: Services, record_id: str) -> None:
    with pytest.raises(NotFound) as caught:
        services.records.record(record_id)
    assert caught.value.code == "NO_RECORD"


@pytest.mark.parametrize("slug", ["", "nobody", "xuong-mau-1#record-1", "xuong-mau-1:x"])
def test_unknown_issuer_is_not_found(services: Services, slug: str) -> None:
    with pytest.raises(NotFound) as caught:
        services.records.did(slug)
    assert caught.value.code == "NO_ISSUER"
