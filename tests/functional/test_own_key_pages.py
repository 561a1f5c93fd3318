"""The page of an artisan's own key: who holds what, and a key that is handed in with proof of possession."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.app import create_app
from shop.db.desk import KeyEnrolment
from shop.services.keys.enrolment import possession_text
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import sign_in, token
from tests.simulators.staff import person
from traceability.base58 import encode_multibase
from traceability.signing.keys import Ed25519Signer

Own = tuple[Flask, Services]
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def own(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """An application over a demo of its own."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("keys") / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services), services


@pytest.fixture
def artisan(own: Own) -> FlaskClient:
    return sign_in(own[0], "artisan@demo.langnghe")


def standing(client: FlaskClient) -> dict[str, Any]:
    found = client.get("/artisan/key", headers=JSON).json
    assert isinstance(found, dict)
    return found


def proof(told: dict[str, Any], signer: Ed25519Signer) -> dict[str, str]:
    """Gives what a browser sends for its key."""
    public_key = signer.public_key.multibase
    text = possession_text(
        host=told["host"],
        account_id=told["accountId"],
        issuer=told["issuer"],
        use="record",
        public_key=public_key,
        nonce=told["nonce"],
    )
    signature = encode_multibase(signer.sign(text))
    return {"use": "record", "publicKey": public_key, "signature": signature, "nonce": told["nonce"]}


def hand_in(client: FlaskClient, body: object, csrf: str | None = None) -> TestResponse:
    headers = {"X-CSRFToken": token(client, "/account/") if csrf is None else csrf}
    return client.post("/artisan/key", json=body, headers=headers)


def enrolled(own: Own, key: Ed25519Signer) -> list[tuple[str, str]]:
    wanted = select(KeyEnrolment).where(KeyEnrolment.public_key == key.public_key.multibase)
    with own[1].database.read() as session:
        return [(row.issuer, row.state) for row in session.scalars(wanted)]


def test_the_page_says_who_holds_what_and_what_to_do_without_scripts(artisan: FlaskClient) -> None:
    text = artisan.get("/artisan/key").text
    assert text.count("máy chủ của sàn giữ, và ký thay khi bạn bấm") == 2
    assert "<noscript>" in text
    assert "Mất điện thoại thì sao" in text
    assert 'href="/artisan/key"' in artisan.get("/artisan/workshop").text


def test_a_key_lands_as_waiting_and_the_operator_sees_its_mark(own: Own, artisan: FlaskClient) -> None:
    signer = Ed25519Signer.generate()
    answer = hand_in(artisan, proof(standing(artisan), signer))
    assert answer.json == {"publicKey": signer.public_key.multibase, "state": "waiting"}
    told = standing(artisan)
    assert (told["keys"][0]["state"], told["holder"]) == ("waiting", "server")
    waiting = own[1].desks.trust.waiting(person(own[1], "admin"))
    (mine,) = [one for one in waiting if one.public_key == signer.public_key.multibase]
    assert mine.issuer == told["issuer"]
    assert [one.rpartition("#")[2].startswith("record") for one in mine.replaces] == [True]
    assert "ghi tên một khóa" in artisan.get("/artisan/trail").text


def test_a_later_key_takes_the_place_of_a_lost_one_that_waited(own: Own, artisan: FlaskClient) -> None:
    lost, found = Ed25519Signer.generate(), Ed25519Signer.generate()
    for signer in (lost, found):
        assert hand_in(artisan, proof(standing(artisan), signer)).status_code == 200
    states = {one["publicKey"]: one["state"] for one in standing(artisan)["keys"]}
    assert states[lost.public_key.multibase] == "withdrawn"
    assert states[found.public_key.multibase] == "waiting"


def test_another_workshop_hands_in_nothing_for_this_one(own: Own, artisan: FlaskClient) -> None:
    stranger, signer = sign_in(own[0], "artisan2@demo.langnghe"), Ed25519Signer.generate()
    answer = hand_in(stranger, proof(standing(artisan), signer))
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "BAD_NONCE")
    assert enrolled(own, signer) == []
    hand_in(artisan, proof(standing(artisan), signer))
    taken = hand_in(stranger, proof(standing(stranger), signer))
    assert (taken.status_code, taken.json and taken.json["code"]) == (400, "KEY_TAKEN")
    assert signer.public_key.multibase not in str(standing(stranger))


def test_a_key_without_its_other_half_is_refused(own: Own, artisan: FlaskClient) -> None:
    told, signer = standing(artisan), Ed25519Signer.generate()
    other = proof(told, Ed25519Signer.generate())["signature"]
    answer = hand_in(artisan, proof(told, signer) | {"signature": other})
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "NO_POSSESSION")
    assert enrolled(own, signer) == []


@pytest.mark.parametrize("body", [[], {}, {"use": "record"}, {"use": 1, "publicKey": "z6Mk"}])
def test_anything_else_is_refused_as_json(artisan: FlaskClient, body: object) -> None:
    answer = hand_in(artisan, body)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "BAD_FORM")


def test_the_seal_key_stays_on_the_server(artisan: FlaskClient) -> None:
    answer = hand_in(artisan, proof(standing(artisan), Ed25519Signer.generate()) | {"use": "seal"})
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "NO_SUCH_USE")


@pytest.mark.parametrize("csrf", ["", "x" * 60])
def test_nothing_is_taken_without_the_token(own: Own, artisan: FlaskClient, csrf: str) -> None:
    signer = Ed25519Signer.generate()
    assert hand_in(artisan, proof(standing(artisan), signer), csrf).status_code == 400
    assert enrolled(own, signer) == []


@pytest.mark.parametrize("name", ["buyer", "inspector", "association", "admin"])
def test_other_roles_neither_read_nor_hand_in(own: Own, name: str) -> None:
    client = sign_in(own[0], f"{name}@demo.langnghe")
    assert client.get("/artisan/key").status_code == 403
    assert hand_in(client, {}).status_code == 403


def test_nobody_is_led_to_sign_in(own: Own) -> None:
    assert own[0].test_client().get("/artisan/key").status_code == 303


ROUNDS = ("steps", "passport", "notice", "done")


@pytest.fixture
def correction(own: Own) -> str:
    """The address of an artisan's open correction."""
    services, actor, now = own[1], person(own[1], "artisan"), datetime.now(UTC)
    lot = services.desks.lots.shelf.lots(actor, now=now).lots[0].id
    return f"/artisan/lots/corrections/{services.desks.lots.corrections.begin(actor, lot, now=now)}"


def test_another_workshop_and_other_roles_sign_no_correction(own: Own, correction: str) -> None:
    for name, status in (("artisan2", 404), ("inspector", 403), ("buyer", 403)):
        client = sign_in(own[0], f"{name}@demo.langnghe")
        headers = {"X-CSRFToken": token(client, "/account/")}
        sent = {"seen": "", "records": []}
        for round_ in ROUNDS:
            assert (
                client.post(f"{correction}/sign/{round_}", json=sent, headers=headers).status_code == status
            )
        found = client.post("/artisan/status-list/sign/list", json={}, headers=headers).status_code
        assert found == (400 if name == "artisan2" else 403)


def test_a_browser_signs_nothing_where_the_server_holds_the_key(
    artisan: FlaskClient, correction: str
) -> None:
    headers = {"X-CSRFToken": token(artisan, "/account/")}
    for address in (*(f"{correction}/sign/{one}" for one in ROUNDS), "/artisan/status-list/sign/done"):
        sent = {"seen": "", "records": []}
        assert artisan.post(address, json=sent, headers=headers).status_code == 400
        assert artisan.post(address, json=["no object"], headers=headers).status_code == 400
        deep = {"data": b'{"seen":' * 60_000, "content_type": "application/json", "headers": headers}
        assert artisan.post(address, **deep).status_code == 400
        assert artisan.post(address, json=sent).status_code == 400
    assert "data-sign" not in artisan.get("/artisan/").text


def test_the_form_says_what_to_do_about_a_wrong_number_of_pieces(
    artisan: FlaskClient, correction: str
) -> None:
    text = artisan.get(correction).text
    assert "#spoiled" in text
    assert "/artisan/lots/new?product=" in text
    assert 'name="units"' not in text
