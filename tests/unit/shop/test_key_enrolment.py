"""Keys that people hold themselves: handed in with proof of possession, for an issuer of theirs, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.db.accounts import Account, AuditEntry
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, Forbidden
from shop.services.actors import BUYER, INSPECTOR, Actor
from shop.services.key_enrolment import Enrolment, KeyEnrolments, possession_text
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
    assert hand_in(enrolments, key("lan")) == hand_in(enrolments, key("lan"))


def test_this_server_can_compute_again_what_was_signed(enrolments: KeyEnrolments) -> None:
    one = hand_in(enrolments, key("lan"))
    nonce = enrolments.nonce(LAN, "record", now=one.created_at)
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


@pytest.mark.parametrize("nonce", ["x", "1.2", ".", "1700000000.", "٣.ab", "9999999999999999.ab", "1.é"])
def test_a_nonce_of_nobody_is_refused(enrolments: KeyEnrolments, nonce: str) -> None:
    assert refusal(enrolments, key("lan"), nonce=nonce) == "BAD_NONCE"


def test_a_nonce_of_somebody_else_is_refused(enrolments: KeyEnrolments, accounts: Database) -> None:
    assert refusal(enrolments, key("lan"), nonce=enrolments.nonce(MAI, "record", now=NOW)) == "BAD_NONCE"
    other = enrolments_under(accounts, Village().trust, b"another server")
    assert refusal(enrolments, key("lan"), nonce=other.nonce(LAN, "record", now=NOW)) == "BAD_NONCE"


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
