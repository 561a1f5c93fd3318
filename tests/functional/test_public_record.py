"""The public record: exact bytes, caching, DID documents, and a trust list that opens with its roots."""

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.app import create_app
from shop.config import DEMO_HOST
from shop.db.lots import Record
from shop.services.signed.check_notes import check_notes
from shop.wiring import Services
from tests.conftest import Demo
from traceability import Outcome, verify_record
from traceability.evidence import Evidence
from traceability.ledger.receipt import Receipt
from traceability.policy import open_trust_list
from traceability.records.canonical import digest_multibase
from traceability.roots import parse_roots, roots_fingerprint
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod, verify_proof

ONE = "/records/village-bat-trang"


def _stored(client: FlaskClient) -> dict[str, tuple[bytes, str]]:
    services: Services = client.application.extensions["langnghe"]
    with services.database.read() as session:
        return {record.id: (record.body, record.digest) for record in session.scalars(select(Record))}


def test_every_record_is_served_byte_for_byte(client: FlaskClient) -> None:
    for record_id, (body, digest) in _stored(client).items():
        response = client.get(f"/records/{record_id}")
        assert response.data == body
        assert response.headers["ETag"] == f'"{digest}"'


def test_etag_is_the_digest_of_the_bytes(client: FlaskClient) -> None:
    response = client.get(ONE)
    assert response.headers["ETag"] == f'"{digest_multibase(response.data)}"'


def test_record_may_be_kept_for_ever(client: FlaskClient) -> None:
    control = client.get(ONE).headers["Cache-Control"]
    assert "immutable" in control
    assert "max-age=31536000" in control


def test_known_record_is_not_sent_again(client: FlaskClient) -> None:
    etag = client.get(ONE).headers["ETag"]
    response = client.get(ONE, headers={"If-None-Match": etag})
    assert response.status_code == 304
    assert response.data == b""


def test_other_etag_gets_the_record(client: FlaskClient) -> None:
    assert client.get(ONE, headers={"If-None-Match": '"zQmother"'}).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "br", "zstd", "gzip, deflate, br"])
def test_bytes_are_never_recoded(client: FlaskClient, accepted: str) -> None:
    response = client.get(ONE, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in response.headers
    assert response.data == client.get(ONE).data


@pytest.mark.parametrize("path", ["/", "/trust", "/robots.txt"])
def test_text_names_its_encoding_once(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Content-Type"].count("charset=utf-8") == 1


@pytest.mark.parametrize("path", [ONE, "/trust", "/issuers/xuong-mau-1/did.json", "/contexts/v1"])
def test_public_record_may_be_read_by_pages_of_others(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Access-Control-Allow-Origin"] == "*"


def test_pages_may_not_be_read_by_pages_of_others(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/").headers


def test_language_does_not_change_the_record(client: FlaskClient) -> None:
    assert client.get(f"{ONE}?lang=en").data == client.get(ONE).data


def test_trust_list_opens_with_the_roots_beside_it(client: FlaskClient, live_demo: Demo) -> None:
    roots = parse_roots((live_demo.folder / "roots.txt").read_bytes())
    trust = open_trust_list(client.get("/trust").data, roots)
    assert trust.sequence == 2
    assert len(trust.keys) > 40


def test_stranger_verifies_a_record_with_what_is_served(client: FlaskClient, live_demo: Demo) -> None:
    roots = parse_roots((live_demo.folder / "roots.txt").read_bytes())
    trust = open_trust_list(client.get("/trust").data, roots)
    data = client.get(ONE).data
    record = json.loads(data)
    url = record["credentialStatus"]["statusListCredential"]
    path = url.partition(DEMO_HOST)[2]
    listed = client.get(path).data
    version = json.loads(listed)["credentialSubject"]["ln:origin"]["version"]
    evidence = Evidence(
        receipts={
            record["id"]: client.get(f"{ONE}.receipt").data,
            f"{url}#{version}": client.get(f"{path}.receipt").data,
        },
        status_lists={url: listed},
    )
    assert verify_record(data, trust=trust, evidence=evidence, at=live_demo.now).outcome is Outcome.VERIFIED


def test_status_list_is_served_as_it_was_signed(client: FlaskClient) -> None:
    response = client.get("/status/ocop-ha-noi/1")
    assert response.mimetype == "application/vc"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.get_etag()[0] == digest_multibase(response.data)
    again = client.get("/status/ocop-ha-noi/1", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/status/nobody/1", "/status/ocop-ha-noi/2", "/status/ocop-ha-noi/x", "/status/a%00/1"]
)
def test_status_list_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(f"{path}.receipt").status_code == 404


def test_receipt_is_served_as_the_log_gives_it(client: FlaskClient) -> None:
    response = client.get(f"{ONE}.receipt")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert Receipt.from_bytes(response.data).to_bytes() == response.data
    again = client.get(f"{ONE}.receipt", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["nobody/1", "xuong-mau-1/2", "xuong-mau-1/1%00", "xuong-mau-1/01"])
def test_receipt_of_a_list_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(f"/status/{path}.receipt").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "VILLAGE-BAT-TRANG", "%00", "village-bat-trang.json"])
def test_receipt_of_what_is_not_logged_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/records/{name}.receipt").status_code == 404


def test_did_document_verifies_what_its_issuer_signed(client: FlaskClient, live_demo: Demo) -> None:
    data = client.get(ONE).data
    issuer = json.loads(data)["issuer"]["id"]
    document = client.get(f"/issuers/{issuer.rpartition(':')[2]}/did.json").json
    assert document is not None
    assert document["id"] == issuer
    keys = {
        method["id"]: VerificationMethod(
            method["id"], method["controller"], PublicKey.from_multibase(method["publicKeyMultibase"])
        )
        for method in document["verificationMethod"]
    }
    assert verify_proof(data, keys, at=live_demo.now).envelope.issuer.did == issuer


def test_context_is_the_one_that_records_name(client: FlaskClient) -> None:
    contexts = json.loads(client.get("/records/workshop-xuong-mau-1").data)["@context"]
    assert "https://w3id.org/langnghe/v1" in contexts
    assert "@context" in json.loads(client.get("/contexts/v1").data)


@pytest.mark.parametrize(
    "path",
    [
        "/records/",
        "/records/..%2fx",
        "/records/%00",
        "/records/a/b",
        f"{ONE}.json",
        "/records/VILLAGE-BAT-TRANG",
    ],
)
def test_what_is_no_record_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_zip_holds_receipts_and_says_how_to_check_it(client: FlaskClient, live_demo: Demo) -> None:
    name = ONE.rpartition("/")[2]
    with ZipFile(BytesIO(client.get(f"{ONE}.zip").data)) as archive:
        files = {path: archive.read(path) for path in archive.namelist()}
    records = {path for path in files if path.startswith(f"{name}/records/")}
    receipts = {path for path in files if path.startswith(f"{name}/receipts/")}
    assert len(receipts) >= len(records) > 0
    for path in (f"{name}/KIEM-TRA.txt", f"{name}/CHECK.txt"):
        text = files[path].decode()
        command = f"langnghe record verify {name}/records/{name}.json --trust {name}/trust.txt"
        assert command in text
        assert {word for word in command.split() if "/" in word} <= files.keys()
        assert roots_fingerprint(parse_roots((live_demo.folder / "roots.txt").read_bytes())) in text
        assert all(outcome.upper() in text for outcome in Outcome)


def test_the_texts_say_where_the_program_is_if_that_is_known() -> None:
    for source in ("https://git.example/langnghe", ""):
        for text in check_notes("a", roots_fingerprint="0", source_url=source).values():
            assert ("git.example" in text.decode()) is bool(source)


def test_pages_link_to_the_source(client: FlaskClient, live_demo: Demo) -> None:
    services: Services = client.application.extensions["langnghe"]
    settings = services.settings.model_copy(update={"source_url": "https://git.example/langnghe"})
    told = create_app(settings, services).test_client()
    assert 'href="https://git.example/langnghe"' in told.get("/").text
    assert 'href="https://git.example' not in client.get("/").text
