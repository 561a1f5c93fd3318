"""Every label of the demo: its picture reads back to exactly its text, and its path opens its page."""

from io import BytesIO

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from shop.db.catalogue import Product
from shop.db.lots import Lot, Record
from shop.wiring import Services
from tests.conftest import PASSPHRASE, Demo
from traceability.evidence import Reader
from traceability.issue import SigningKey, issue_labels
from traceability.labels import qr
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import parse as parse_seal
from traceability.policy import open_trust_list
from traceability.roots import parse_roots
from traceability.signing.keys import load_signer

pytestmark = pytest.mark.slow

# Drawing and reading takes longest: in the suite the first unit of a lot and each twelfth; all are `faults`.
IN_THE_SUITE = 12

# A dense picture of squares also passes for a short number in one of the striped codes now and then.
QR_ONLY = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_back(code: LabelCode) -> list[str]:
    """Gives what a reader that is not ours finds in the label's picture."""
    picture = Image.open(BytesIO(qr.png(code.to_uri()))).convert("L")
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=QR_ONLY)]


def test_every_lot_has_a_sample_label(client: FlaskClient, labels: list[str]) -> None:
    services: Services = client.application.extensions["langnghe"]
    with services.database.read() as session:
        assert len(labels) == len(
            session.scalars(select(Lot.id).join(Product).where(Product.is_listed)).all()
        )
    assert len(labels) >= 40


def test_sample_labels_read_back_to_their_text(labels: list[str]) -> None:
    for text in labels[::4]:  # the test below reads labels of every lot
        assert read_back(parse_label(text)) == [text]


def test_every_sample_label_opens_its_page(client: FlaskClient, labels: list[str]) -> None:
    for text in labels:
        response = client.get(parse_label(text).path)
        assert response.status_code == 200
        assert "is-verified" in response.text or "is-caution" in response.text, text
        assert text in response.text


def test_most_sample_labels_are_green(client: FlaskClient, labels: list[str]) -> None:
    green = [text for text in labels if "is-verified" in client.get(parse_label(text).path).text]
    assert len(green) > len(labels) * 3 / 4


def test_labels_of_both_kinds_of_codes_are_there(labels: list[str]) -> None:
    codes = [parse_label(text) for text in labels]
    assert any(code.gtin for code in codes)
    assert any(code.code for code in codes)
    assert all((code.gtin or "0952").startswith("0952") for code in codes)


def test_served_pictures_are_the_labels(client: FlaskClient, labels: list[str]) -> None:
    for text in labels[:5]:
        data = client.get(f"/labels{parse_label(text).path}.png").data
        picture = Image.open(BytesIO(data)).convert("L")
        assert [found.text for found in zxingcpp.read_barcodes(picture, formats=QR_ONLY)] == [text]


def test_seals_are_all_different(labels: list[str]) -> None:
    signatures = {parse_seal(parse_label(text).seal or "").signature for text in labels}
    assert len(signatures) == len(labels)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("drawn_each", [IN_THE_SUITE, pytest.param(1, marks=pytest.mark.faults)])
def test_every_label_of_every_lot_reads_back_and_verifies(
    client: FlaskClient, live_demo: Demo, drawn_each: int
) -> None:
    """Each unit is sealed anew with the demo's own keys and looked up; some are drawn and read."""
    services: Services = client.application.extensions["langnghe"]
    roots = parse_roots((live_demo.folder / "roots.txt").read_bytes())
    trust = open_trust_list(services.records.trust_note, roots)
    seals = {key.method.controller: key for key in trust.keys if key.use == "seal"}
    reader = Reader(16)
    with services.database.read() as session:
        lots = [
            (lot.sample_label or "", lot.serials, body)
            for lot, body in session.execute(
                select(Lot, Record.body)
                .join(Record, Record.id == Lot.record_id)
                .join(Product, Product.id == Lot.product_id)
                .where(Product.is_listed)
                .order_by(Lot.id)
            )
        ]
    count = 0
    for sample, serials, body in lots:
        passport = reader.read(body)
        entry = seals[passport.envelope.issuer.did]
        slug = entry.method.controller.rpartition(":")[2]
        pem = live_demo.folder / "keys" / f"{slug}.seal.pem"
        key = SigningKey(load_signer(f"file:{pem}", PASSPHRASE.encode()), entry)
        unit = parse_label(sample)
        plain = LabelCode(unit.host, gtin=unit.gtin, code=unit.code, lot=unit.lot)
        items = [serials[start : start + 12] for start in range(0, len(serials), 12)]
        codes = issue_labels(plain, serials=items, passport=passport, key=key, now=live_demo.now)
        for number, code in enumerate(codes):
            if number % drawn_each == 0:
                assert read_back(code) == [code.to_uri()]
            verdict = services.scans.look_up(code.to_uri(), now=live_demo.now).verdict
            assert verdict.outcome.value in {"verified", "caution"}, code.to_uri()
            count += 1
    assert count > 5_000
