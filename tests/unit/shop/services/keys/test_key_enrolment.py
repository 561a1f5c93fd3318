"""Keys that people hold themselves: handed in with proof of possession, for an issuer of theirs, once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from shop.db.accounts import Account, AuditEntry
from shop.db.desk import KeyEnrolment, KeyNonce
from shop.db.session import Database
from shop.errors import BadInput, Forbidden
from shop.services.access.actors import BUYER, INSPECTOR, Actor
from shop.services.keys.enrolment import Enrolment, KeyEnrolments, possession_text
from tests.simulators.village import HOST, NOW, SINCE, Village, did
from traceability.base58 import encode_multibase
from traceability.signing.keys import MULTICODEC_PUBLIC, Ed25519Signer
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustKey, TrustList

LAN, MAI = Actor(1, INSPECTOR, "Lan", issuer="inspector"), Actor(2, INSPECTOR, "Mai", issuer="inspector")
SECRET = b"only for tests"


def key(name: str) -> Ed25519Signer:
    return Ed25519Signer.from_seed(name.encode().ljust(32, b"\0"))


@pytest.fixture
def accounts(database: Database) -> Database:
    """A database with these people."""
    with database.write() as session:
        for actor in (LAN, MAI):
            session.add(
                Account(
                    id=actor.account_id,
                    sign_in_name=f"{actor.account_id}@vidu.example",
                    name=actor.name,
                    is_active=True,
                    role=actor.role,
                    issuer=actor.issuer,
                    created_at=NOW,
                )
            )
    return database


@pytest.fixture
def enrolments(accounts: Database) -> KeyEnrolments:
    return enrolments_under(accounts, Village().trust)


def enrolments_under(database: Database, trust: TrustList, secret: bytes = SECRET) -> KeyEnrolments:
    return KeyEnrolments(database, trust=trust, host=HOST, secret=secret)


def naming(signer: Ed25519Signer, *, custody: str = "holder", issuer: str = "inspector") -> TrustList:
    """Gives the village's trust list with one more key in it."""
    trust = Village().trust
    method = VerificationMethod(f"{did(issuer)}#phone-1", did(issuer), signer.public_key)
    entry = TrustKey(method, "inspector (mẫu)", "inspector", "record", custody, ("vn:01",), SINCE)
    return replace(trust, keys=(*trust.keys, entry))


def hand_in(
    enrolments: KeyEnrolments,
    signer: Ed25519Signer,
    actor: Actor = LAN,
    *,
    signed_by: Ed25519Signer | None = None,
    **other: str,
) -> Enrolment:
    nonce = other.pop("nonce", "") or enrolments.nonce(actor, "record", now=NOW)
    asked = {"host": HOST, "issuer": actor.issuer or "", "use": "record", "nonce": nonce} | other
    public_key = signer.public_key.multibase
    text = possession_text(account_id=actor.account_id, public_key=public_key, **asked)
    signature = (signed_by or signer).sign(text)
    return enrolments.enrol(actor, "record", public_key=public_key, signature=signature, nonce=nonce, now=NOW)


def refusal(enrolments: KeyEnrolments, *arguments: object, **others: object) -> str:
    with pytest.raises(BadInput) as caught:
        hand_in(enrolments, *arguments, **others)  # type: ignore[arg-type]  # each test gives its own
    return caught.value.code


def test_a_key_waits_for_the_trust_list(enrolments: KeyEnrolments, accounts: Database) -> None:
    one = hand_in(enrolments, key("lan"))
    assert (one.state, one.issuer, one.method_id) == ("waiting", "inspector", None)
    assert enrolments.of(LAN) == (one,)
    assert enrolments.of(MAI) == ()
    with accounts.read() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["key enrol"]


def test_a_key_handed_in_again_is_the_same_one(enrolments: KeyEnrolments) -> None:
    nonce = enrolments.nonce(LAN, "record", now=NOW)
    first = hand_in(enrolments, key("lan"), nonce=nonce)
    assert hand_in(enrolments, key("lan"), nonce=nonce) == hand_in(enrolments, key("lan")) == first


def test_this_server_can_compute_again_what_was_signed(enrolments: KeyEnrolments, accounts: Database) -> None:
    one = hand_in(enrolments, key("lan"))
    with accounts.read() as session:
        nonce = session.scalars(select(KeyNonce.nonce).where(KeyNonce.enrolment_id == one.id)).one()
    text = possession_text(
        host=HOST, account_id=1, issuer="inspector", use="record", public_key=one.public_key, nonce=nonce
    )
    key("lan").public_key.verify(one.proof, text)


def test_a_listed_key_names_its_method(enrolments: KeyEnrolments, accounts: Database) -> None:
    hand_in(enrolments, key("lan"))
    (one,) = enrolments_under(accounts, naming(key("lan"))).of(LAN)
    assert (one.state, one.method_id) == ("listed", f"{did('inspector')}#phone-1")


@pytest.mark.parametrize("other", [{"custody": "server"}, {"issuer": "province"}], ids=["server", "issuer"])
def test_a_key_listed_as_something_else_still_waits(
    enrolments: KeyEnrolments, accounts: Database, other: dict[str, str]
) -> None:
    hand_in(enrolments, key("lan"))
    (one,) = enrolments_under(accounts, naming(key("lan"), **other)).of(LAN)
    assert (one.state, one.method_id) == ("waiting", None)


def test_a_new_phone_takes_the_place_of_one_that_waits(enrolments: KeyEnrolments) -> None:
    hand_in(enrolments, key("old"))
    hand_in(enrolments, key("new"))
    assert [one.state for one in enrolments.of(LAN)] == ["waiting", "withdrawn"]


def test_a_new_phone_leaves_a_listed_key_alone(enrolments: KeyEnrolments, accounts: Database) -> None:
    hand_in(enrolments, key("old"))
    later = enrolments_under(accounts, naming(key("old")))
    hand_in(later, key("new"))
    assert [one.state for one in later.of(LAN)] == ["waiting", "listed"]


def test_another_accounts_key_is_refused(enrolments: KeyEnrolments) -> None:
    hand_in(enrolments, key("lan"))
    assert refusal(enrolments, key("lan"), MAI) == "KEY_TAKEN"


@pytest.mark.parametrize(
    "other",
    [
        {"host": "other.example"},
        {"issuer": "province"},
        {"use": "seal"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_proof_for_something_else_proves_nothing(enrolments: KeyEnrolments, other: dict[str, str]) -> None:
    assert refusal(enrolments, key("lan"), **other) == "NO_POSSESSION"


def test_another_keys_signature_proves_nothing(enrolments: KeyEnrolments) -> None:
    assert refusal(enrolments, key("lan"), signed_by=key("mai")) == "NO_POSSESSION"


ODD_NONCES = [
    "x", "1.2", ".", "..", "1700000000.", "1700000000.00.", "٣.ab.cd", "9999999999999999.ab.cd", "1.é.\0",
]  # fmt: skip


@pytest.mark.parametrize("nonce", ODD_NONCES)
def test_a_nonce_of_nobody_is_refused(enrolments: KeyEnrolments, nonce: str) -> None:
    assert refusal(enrolments, key("lan"), nonce=nonce) == "BAD_NONCE"


def test_a_nonce_of_somebody_else_is_refused(enrolments: KeyEnrolments, accounts: Database) -> None:
    assert refusal(enrolments, key("lan"), nonce=enrolments.nonce(MAI, "record", now=NOW)) == "BAD_NONCE"
    other = enrolments_under(accounts, Village().trust, b"another server")
    assert refusal(enrolments, key("lan"), nonce=other.nonce(LAN, "record", now=NOW)) == "BAD_NONCE"


def test_a_nonce_takes_in_one_key(enrolments: KeyEnrolments) -> None:
    nonce = enrolments.nonce(LAN, "record", now=NOW)
    hand_in(enrolments, key("lan"), nonce=nonce)
    assert refusal(enrolments, key("other"), nonce=nonce) == "BAD_NONCE"
    assert [one.state for one in enrolments.of(LAN)] == ["waiting"]


def test_two_pages_of_one_second_have_two_nonces(enrolments: KeyEnrolments) -> None:
    assert enrolments.nonce(LAN, "record", now=NOW) != enrolments.nonce(LAN, "record", now=NOW)


def test_a_nonce_whose_chance_was_changed_is_refused(enrolments: KeyEnrolments) -> None:
    given, chance, mac = enrolments.nonce(LAN, "record", now=NOW).split(".")
    assert refusal(enrolments, key("lan"), nonce=f"{given}.{chance[::-1]}.{mac}") == "BAD_NONCE"


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "buyer"}, {"issuer": "province"}])
def test_who_was_closed_or_moved_meanwhile_hands_nothing_in(
    enrolments: KeyEnrolments, accounts: Database, change: dict[str, object]
) -> None:
    with accounts.write() as session:
        session.execute(update(Account).where(Account.id == LAN.account_id).values(change))
    with pytest.raises(Forbidden):
        hand_in(enrolments, key("lan"))


def test_an_old_nonce_is_refused(enrolments: KeyEnrolments) -> None:
    old = enrolments.nonce(LAN, "record", now=NOW - timedelta(minutes=10))
    assert refusal(enrolments, key("lan"), nonce=old) == "BAD_NONCE"


@pytest.mark.parametrize("raw", [bytes(32), b"\x01" + bytes(31)], ids=["small order", "identity"])
def test_a_weak_key_is_refused(enrolments: KeyEnrolments, raw: bytes) -> None:
    with pytest.raises(BadInput, match="small order") as caught:
        enrolments.enrol(
            LAN,
            "record",
            public_key=encode_multibase(MULTICODEC_PUBLIC + raw),
            signature=bytes(64),
            nonce=enrolments.nonce(LAN, "record", now=NOW),
            now=NOW,
        )
    assert caught.value.code == "WEAK_KEY"


def test_who_signs_for_nobody_hands_nothing_in(enrolments: KeyEnrolments, accounts: Database) -> None:
    with pytest.raises(BadInput, match="signs for nobody"):
        enrolments.nonce(replace(LAN, issuer=None), "record", now=NOW)
    with pytest.raises(BadInput, match="expected one of"):
        enrolments.nonce(LAN, "seal", now=NOW)
    with pytest.raises(Forbidden):
        enrolments.nonce(Actor(1, BUYER, "Lan", issuer="inspector"), "record", now=NOW)
    with accounts.read() as session:
        assert session.scalars(select(KeyEnrolment.id)).all() == []


# --- Two at once ----------------------------------------------------------------------------------


@contextmanager
def forgetful(engine: Engine) -> Iterator[None]:
    """Takes away what keeps a nonce single: the look for an earlier use, and the rule of the table."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE key_nonces")
        connection.exec_driver_sql("CREATE TABLE key_nonces (nonce TEXT, enrolment_id INTEGER)")

    def cut(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if statement.startswith("SELECT") and "FROM key_nonces" in statement:
            statement += " AND 1 = 0"
        return statement, parameters

    event.listen(engine, "before_cursor_execute", cut, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", cut)


def race(enrolments: KeyEnrolments, count: int = 4) -> list[str]:
    """Hands in several keys at once under one nonce."""
    nonce = enrolments.nonce(LAN, "record", now=NOW)
    start, results = threading.Barrier(count), list[str]()

    def come(number: int) -> None:
        start.wait(20)
        try:
            results.append(hand_in(enrolments, key(f"phone-{number}"), nonce=nonce).state)
        except BadInput as error:
            results.append(error.code)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_of_four_keys_under_one_nonce_one_is_taken_in(enrolments: KeyEnrolments) -> None:
    assert race(enrolments) == ["BAD_NONCE"] * 3 + ["waiting"]
    assert len(enrolments.of(LAN)) == 1


def test_the_race_is_real_where_a_nonce_counts_again(enrolments: KeyEnrolments, accounts: Database) -> None:
    """The canary: the same four, with nothing that asks whether the nonce was used."""
    with forgetful(accounts.engine):
        assert race(enrolments).count("waiting") > 1
