"""What operators change of others on both databases: never their own, never the last, and never unseen."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select, update

from shop.db.accounts import Account, Invitation, LoginSession
from shop.db.catalogue import Workshop
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, Forbidden, NotFound
from shop.services.access.actors import ARTISAN, ASSOCIATION, BUYER, INSPECTOR, OPERATOR, Actor
from shop.services.access.audit_trail import AuditTrail
from shop.services.access.person_desk import PersonDesk, Place
from shop.services.access.sessions import begin_session
from tests.simulators.rows import ISSUER, fill

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FIRST, SECOND = Actor(11, OPERATOR, "Lan"), Actor(12, OPERATOR, "Mai")
HOA = 13  # an inspector
TO_BUYER, TO_OFFICE = Place(BUYER, None, None), Place(ASSOCIATION, None, "hiep-hoi-mau")


@dataclass(frozen=True)
class House:
    """An instance with two operators and an inspector who is signed in twice."""

    database: Database
    desk: PersonDesk

    def account(self, account_id: int = HOA) -> Account:
        with self.database.read() as session:
            return session.get_one(Account, account_id)

    def sessions(self) -> int:
        return self.desk.one(FIRST, HOA, now=NOW).open_sessions


@pytest.fixture
def house(database: Database) -> House:
    with database.engine.begin() as connection:
        fill(connection)
        connection.execute(update(Workshop).values(issuer=f"{ISSUER.rpartition(':')[0]}:lo-gom-mau"))
        if connection.dialect.name == "postgresql":  # whose counters do not see ids that were given
            for table in ("audit_entries", "key_enrolments", "invitations"):
                connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', 100)")
    with database.write() as session:
        for actor in (FIRST, SECOND, Actor(HOA, INSPECTOR, "Hoa", issuer="kiem-tra-mau")):
            session.add(
                Account(
                    id=actor.account_id, sign_in_name=f"{actor.account_id}@vidu.example", name=actor.name,
                    is_active=True, role=actor.role, issuer=actor.issuer, created_at=NOW,
                    totp_secret="secret", totp_counter=1,
                )
            )  # fmt: skip
        session.flush()
        hoa = session.get_one(Account, HOA)
        for _ in range(2):
            begin_session(session, hoa, instead_of=None, now=NOW)
    return House(database, PersonDesk(database))


def test_a_person_gets_another_place_and_is_signed_out(house: House) -> None:
    house.desk.move(FIRST, HOA, TO_OFFICE, now=NOW)
    account = house.account()
    assert (account.role, account.workshop_id, account.issuer) == (ASSOCIATION, None, "hiep-hoi-mau")
    assert house.sessions() == 0
    (entry,) = AuditTrail(house.database).page(FIRST, subject=f"account:{HOA}").entries
    assert (entry.action, entry.actor) == ("account move", "Lan")
    assert entry.detail == {
        "role": [INSPECTOR, ASSOCIATION], "issuer": ["kiem-tra-mau", "hiep-hoi-mau"],
    }  # fmt: skip


def test_an_artisan_gets_her_workshop_and_its_name(house: House) -> None:
    house.desk.move(FIRST, HOA, Place(ARTISAN, "lo-gom-mau", None), now=NOW)
    account = house.account()
    assert (account.role, account.workshop_id, account.issuer) == (ARTISAN, 1, "lo-gom-mau")
    assert house.desk.one(FIRST, HOA, now=NOW).place == Place(ARTISAN, "lo-gom-mau", None)


def test_who_stays_what_she_is_stays_signed_in(house: House) -> None:
    house.desk.move(FIRST, HOA, Place(INSPECTOR, None, "kiem-tra-mau"), now=NOW)
    assert house.sessions() == 2


def test_what_was_offered_to_the_old_role_is_withdrawn(house: House) -> None:
    with house.database.write() as session:
        session.add(
            KeyEnrolment(
                account_id=HOA, issuer="kiem-tra-mau", use="record", public_key="z6MkHoa",
                proof=bytes(64), created_at=NOW, state="waiting",
            )
        )  # fmt: skip
        session.add(
            Invitation(
                secret_hash=b"h" * 32, role=INSPECTOR, account_id=HOA, created_at=NOW,
                expires_at=NOW.replace(year=2027),
            )
        )  # fmt: skip
    assert house.desk.one(FIRST, HOA, now=NOW).waiting_keys == 1
    house.desk.move(FIRST, HOA, TO_BUYER, now=NOW)
    assert house.desk.one(FIRST, HOA, now=NOW).waiting_keys == 0
    with house.database.read() as session:
        opened = select(Invitation).where(Invitation.account_id == HOA, Invitation.used_at.is_(None))
        assert session.scalars(opened).all() == []


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Place("admin", None, None), "BAD_ROLE"),
        (Place(BUYER, "lo-gom-mau", None), "NO_WORKSHOP"),
        (Place(ARTISAN, "nowhere", None), "NO_WORKSHOP"),
        (Place(ARTISAN, "lo-gom-mau", "hiep-hoi-mau"), "BAD_ISSUER"),
        (Place(INSPECTOR, None, "lo-gom-mau"), "BAD_ISSUER"),
        (Place(INSPECTOR, None, "../x"), "BAD_ISSUER"),
        (Place(INSPECTOR, None, None), "NO_OFFICE"),
        (Place(ASSOCIATION, None, None), "NO_OFFICE"),
    ],
    ids=[
        "role",
        "buyers workshop",
        "no workshop",
        "artisans office",
        "workshop as office",
        "no slug",
        "inspector of none",
        "association of none",
    ],
)
def test_a_place_that_is_none_changes_nothing(house: House, place: Place, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        house.desk.move(FIRST, HOA, place, now=NOW)
    assert refused.value.code == code
    assert (house.account().role, house.sessions()) == (INSPECTOR, 2)


def test_her_sessions_end_and_her_account_stays(house: House) -> None:
    house.desk.sign_out(FIRST, HOA, now=NOW)
    assert (house.sessions(), house.account().is_active) == (0, True)


def test_a_second_factor_goes_for_a_reason_that_the_trail_keeps(house: House) -> None:
    house.desk.remove_second_factor(FIRST, HOA, " mất  điện thoại ", now=NOW)
    assert (house.account().totp_secret, house.account().totp_counter) == (None, None)
    assert house.sessions() == 0
    (entry,) = AuditTrail(house.database).page(FIRST, subject=f"account:{HOA}").entries
    assert (entry.action, entry.detail) == ("account remove-second-factor", {"reason": "mất điện thoại"})
    with pytest.raises(BadInput, match="no second factor"):
        house.desk.remove_second_factor(FIRST, HOA, "x", now=NOW)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 301], ids=["none", "spaces", "long"])
def test_no_second_factor_goes_without_a_reason(house: House, reason: str) -> None:
    with pytest.raises(BadInput):
        house.desk.remove_second_factor(FIRST, HOA, reason, now=NOW)
    assert house.account().totp_secret == "secret"


DEEDS: dict[str, Callable[[PersonDesk, Actor, int], object]] = {
    "move": lambda desk, actor, account_id: desk.move(actor, account_id, TO_BUYER, now=NOW),
    "sign out": lambda desk, actor, account_id: desk.sign_out(actor, account_id, now=NOW),
    "second factor": lambda desk, actor, account_id: desk.remove_second_factor(
        actor, account_id, "mất máy", now=NOW
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_only_operators_and_never_their_own(house: House, deed: str) -> None:
    do = DEEDS[deed]
    for role in (BUYER, ARTISAN, ASSOCIATION, INSPECTOR):
        with pytest.raises(Forbidden):
            do(house.desk, Actor(HOA, role, "Hoa"), 12)
    with pytest.raises(BadInput) as refused:
        do(house.desk, FIRST, FIRST.account_id)
    assert refused.value.code == "OWN_ACCOUNT"
    with pytest.raises(NotFound):
        do(house.desk, FIRST, 99)
    assert (house.account(11).role, house.account(12).role) == (OPERATOR, OPERATOR)
    assert house.account(12).totp_secret == house.account(11).totp_secret == "secret"


def test_the_last_operator_does_not_demote_herself(house: House) -> None:
    house.desk.move(FIRST, SECOND.account_id, TO_BUYER, now=NOW)
    with pytest.raises(BadInput):
        house.desk.move(FIRST, FIRST.account_id, TO_BUYER, now=NOW)
    with pytest.raises(Forbidden):  # A session that was open in another thread still says operator.
        house.desk.move(SECOND, FIRST.account_id, TO_BUYER, now=NOW)
    assert house.account(11).role == OPERATOR


def race(house: House) -> tuple[int, list[str]]:
    """Lets two operators demote each other at once; gives how many stay, and what was refused."""
    both, refused = threading.Barrier(2), list[str]()

    def demote(actor: Actor, account_id: int) -> None:
        both.wait(20)
        try:
            house.desk.move(actor, account_id, TO_BUYER, now=NOW)
        except Forbidden as error:
            refused.append(error.code)

    threads = [threading.Thread(target=demote, args=one) for one in ((FIRST, 12), (SECOND, 11))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(house.account(one).role == OPERATOR for one in (11, 12)), refused


def test_of_two_operators_who_demote_each_other_one_stays(house: House) -> None:
    assert race(house) == (1, ["CLOSED_ACCOUNT"])


def test_the_race_is_real_where_nobody_looks_again(house: House) -> None:
    """The canary: the same two, where the look at the operator's own row finds what it was before."""

    def cut(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if "FROM accounts" in statement and " IN (" in statement:
            statement = statement.replace("accounts.role,", "'operator' AS role,")
        return statement, parameters

    event.listen(house.database.engine, "before_cursor_execute", cut, retval=True)
    try:
        assert race(house) == (0, [])
    finally:
        event.remove(house.database.engine, "before_cursor_execute", cut)


def test_a_page_of_a_person_is_for_operators(house: House) -> None:
    with pytest.raises(Forbidden):
        house.desk.one(Actor(HOA, INSPECTOR, "Hoa"), 12, now=NOW)
    with pytest.raises(NotFound):
        house.desk.one(FIRST, 99, now=NOW)
    view = house.desk.one(FIRST, HOA, now=NOW)
    assert (view.person.name, view.open_sessions) == ("Hoa", 2)
    with house.database.read() as session:
        assert session.scalars(select(LoginSession).where(LoginSession.account_id == HOA)).all() != []
