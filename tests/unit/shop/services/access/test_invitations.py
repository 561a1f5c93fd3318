"""Invitations on both databases: single use, short life, and only from those who may invite."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, update

from shop.db.accounts import Account, Invitation
from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.errors import BadInput, Forbidden, NotFound
from shop.passwords import Passwords
from shop.services.access.accounts import Accounts, Next
from shop.services.access.actors import ARTISAN, ASSOCIATION, BUYER, INSPECTOR, OPERATOR, ROLES, Actor
from shop.services.access.invitations import Invitations, Joining
from shop.services.access.sessions import Sessions
from tests.simulators.rows import ISSUER, fill

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
TYPED = Joining("Nguyễn Thị Lan", "0987 654 321", "một câu dễ nhớ")
ARTISAN_OF_1 = Actor(1, ARTISAN, "Thợ mẫu", 1, "lo-gom-mau")


@pytest.fixture
def invitations(database: Database) -> Invitations:
    """Over a database with a workshop and an artisan of it, who is account 1."""
    with database.engine.begin() as connection:
        fill(connection)
        issuer = f"{ISSUER.rpartition(':')[0]}:lo-gom-mau"
        connection.execute(update(Workshop).values(issuer=issuer))
        if connection.dialect.name == "postgresql":  # whose counters do not see ids that were given
            for table in ("accounts", "invitations", "audit_entries"):
                connection.exec_driver_sql(f"SELECT setval('{table}_id_seq', 100)")
    return Invitations(database, Accounts(database, Passwords(memory_kib=8), demands_second_factor=True))


def accept(invitations: Invitations, secret: str, typed: Joining = TYPED, **others: Any) -> Any:
    return invitations.accept(secret, typed, new_secret=lambda: "secret", **({"now": NOW} | others))


def people(invitations: Invitations) -> list[tuple[str, str, int | None, str | None]]:
    with invitations.database.read() as session:
        rows = session.scalars(select(Account).where(Account.id > 1))
        return [(row.sign_in_name, row.role, row.workshop_id, row.issuer) for row in rows]


def test_an_invitation_makes_an_account_and_signs_in(invitations: Invitations) -> None:
    made = invitations.make(None, ARTISAN, workshop="lo-gom-mau", issuer="lo-gom-mau", now=NOW)
    invited = invitations.look_up(made.secret, now=NOW)
    assert (invited.role, invited.workshop, invited.person) == (ARTISAN, "Lò gốm mẫu", None)
    entered = accept(invitations, made.secret)
    assert entered.next is Next.DESK
    assert people(invitations) == [("+84987654321", ARTISAN, 1, "lo-gom-mau")]
    visit = Sessions(invitations.database).look_up(entered.token, now=NOW)
    assert visit is not None
    assert visit.actor == entered.actor


def test_a_workshops_issuer_is_its_own_where_none_is_named(invitations: Invitations) -> None:
    made = invitations.make(None, ARTISAN, workshop="lo-gom-mau", now=NOW)
    assert invitations.look_up(made.secret, now=NOW).issuer == "lo-gom-mau"


@pytest.mark.parametrize("role", [INSPECTOR, OPERATOR])
def test_who_needs_a_second_factor_sets_it_up_before_all_else(invitations: Invitations, role: str) -> None:
    entered = accept(invitations, invitations.make(None, role, now=NOW).secret)
    assert entered.next is Next.SET_UP
    visit = Sessions(invitations.database).look_up(entered.token, now=NOW)
    assert visit is not None
    assert visit.actor is None


@pytest.mark.parametrize("role", [ASSOCIATION, INSPECTOR])
@pytest.mark.parametrize("issuer", ["../../x", "A B", "*", "", "x" * 65, "-a", "a--b", "a\n", "lo-gom-mau"])
def test_an_issuer_is_a_slug_and_no_workshops(invitations: Invitations, role: str, issuer: str) -> None:
    with pytest.raises(BadInput) as refused:
        invitations.make(None, role, issuer=issuer, now=NOW)
    assert refused.value.code == "BAD_ISSUER"
    assert invitations.make(None, role, issuer="x" * 64, now=NOW).role == role


@pytest.mark.parametrize("workshop", [None, "lo-gom-mau"])
@pytest.mark.parametrize("issuer", ["hiep-hoi-mau", "xa-mau", "", "../../x"])
def test_an_artisan_signs_for_no_office(invitations: Invitations, workshop: str | None, issuer: str) -> None:
    """The trust desk would refuse her key, long after she was invited."""
    with pytest.raises(BadInput) as refused:
        invitations.make(None, ARTISAN, workshop=workshop, issuer=issuer, now=NOW)
    assert refused.value.code == "BAD_ISSUER"


def test_the_secret_is_stored_as_its_digest_alone(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    assert len(made.secret) >= 27  # 160 bits
    with invitations.database.read() as session:
        rows = session.scalars(select(Invitation)).all()
    assert all(made.secret.encode() not in row.secret_hash for row in rows)


def test_an_invitation_is_used_once(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    accept(invitations, made.secret)
    for typed in (TYPED, replace(TYPED, name="hoa@example.vn")):
        with pytest.raises(NotFound):
            accept(invitations, made.secret, typed)
    with pytest.raises(NotFound):
        invitations.look_up(made.secret, now=NOW)


def test_an_invitation_is_over_after_14_days(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    end = NOW + timedelta(days=14)
    assert made.expires_at == end
    invitations.look_up(made.secret, now=end - timedelta(seconds=1))
    with pytest.raises(NotFound):
        accept(invitations, made.secret, now=end)


def test_a_guessed_secret_opens_nothing(invitations: Invitations) -> None:
    for secret in ("", "x", "../", "\ud800", "A" * 27, "%00", "' OR 1=1 --"):
        with pytest.raises(NotFound):
            accept(invitations, secret)
    assert people(invitations) == []


NOT_TAKEN = [
    (replace(TYPED, person=" "), "BAD_PERSON"),
    (replace(TYPED, person="x" * 81), "BAD_PERSON"),
    (replace(TYPED, person="Lan\u202e"), "BAD_PERSON"),
    (replace(TYPED, name="Lan"), "BAD_NAME"),
    (replace(TYPED, name="0912345678"), "NAME_TAKEN"),
    (replace(TYPED, password="short"), "PASSWORD_SHORT"),
    (replace(TYPED, password="+84987654321"), "PASSWORD_COMMON"),
]


def test_what_cannot_be_taken_leaves_the_invitation_open(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    for typed, code in NOT_TAKEN:
        with pytest.raises(BadInput) as refused:
            accept(invitations, made.secret, typed)
        assert refused.value.code == code
    assert people(invitations) == []
    accept(invitations, made.secret)


# --- Who may invite -----------------------------------------------------------------------------------


def test_an_operator_invites_everybody_and_others_nobody(invitations: Invitations) -> None:
    for role in ROLES:
        office = "hiep-hoi-mau" if role in (ASSOCIATION, INSPECTOR) else None
        invitations.make(Actor(1, OPERATOR, "Người vận hành"), role, issuer=office, now=NOW)
        for other in (BUYER, ASSOCIATION, INSPECTOR):
            with pytest.raises(Forbidden):
                invitations.make(Actor(1, other, "x"), role, now=NOW)


def test_an_artisan_invites_into_her_own_workshop_alone(invitations: Invitations) -> None:
    made = invitations.make(ARTISAN_OF_1, ARTISAN, workshop="another", issuer="another", now=NOW)
    accept(invitations, made.secret)
    assert people(invitations) == [("+84987654321", ARTISAN, 1, "lo-gom-mau")]
    for role in (OPERATOR, INSPECTOR, ASSOCIATION, BUYER):
        with pytest.raises(Forbidden):
            invitations.make(ARTISAN_OF_1, role, now=NOW)
    with pytest.raises(BadInput):
        invitations.make(replace(ARTISAN_OF_1, workshop_id=None), ARTISAN, now=NOW)


def test_a_role_or_workshop_that_is_not_there_is_refused(invitations: Invitations) -> None:
    for role, workshop in (("admin", None), ("", None), (ARTISAN, "nowhere"), (BUYER, "lo-gom-mau")):
        with pytest.raises(BadInput):
            invitations.make(None, role, workshop=workshop, now=NOW)


@pytest.mark.parametrize("role", [ASSOCIATION, INSPECTOR])
def test_an_operator_names_the_office_of_who_signs_for_one(invitations: Invitations, role: str) -> None:
    with pytest.raises(BadInput) as refused:
        invitations.make(Actor(1, OPERATOR, "Người vận hành"), role, now=NOW)
    assert refused.value.code == "NO_OFFICE"


# --- Taking back ----------------------------------------------------------------------------------------


def number_of(invitations: Invitations) -> int:
    with invitations.database.read() as session:
        return session.scalars(select(Invitation.id).order_by(Invitation.id.desc()).limit(1)).one()


def test_what_was_taken_back_opens_nothing(invitations: Invitations) -> None:
    kept, made = (invitations.make(None, BUYER, now=NOW) for _ in range(2))
    invitations.take_back(Actor(1, OPERATOR, "x"), number_of(invitations), now=NOW)
    with pytest.raises(NotFound):
        accept(invitations, made.secret)
    accept(invitations, kept.secret)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=15)], ids=["used", "over"])
def test_what_opens_nothing_is_not_taken_back(invitations: Invitations, later: timedelta) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    if not later:
        accept(invitations, made.secret)
    with pytest.raises(NotFound):
        invitations.take_back(Actor(1, OPERATOR, "x"), number_of(invitations), now=NOW + later)


def test_operators_alone_take_back(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    for role in (BUYER, ARTISAN, ASSOCIATION, INSPECTOR):
        with pytest.raises(Forbidden):
            invitations.take_back(Actor(1, role, "x", 1, "lo-gom-mau"), number_of(invitations), now=NOW)
    accept(invitations, made.secret)


# --- Recovery -------------------------------------------------------------------------------------------


def test_a_recovery_sets_the_password_anew_and_ends_all_else(invitations: Invitations) -> None:
    accounts, sessions = invitations.accounts, Sessions(invitations.database)
    first = accept(invitations, invitations.make_recovery(None, 1, now=NOW).secret)
    accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    with_factor = accounts.sign_in("0912345678", TYPED.password, now=NOW, new_secret=str)
    assert with_factor.next is Next.CODE
    again, unused = (invitations.make_recovery(None, 1, now=NOW) for _ in range(2))
    assert invitations.look_up(again.secret, now=NOW).person == "Thợ mẫu"
    back = accept(invitations, again.secret, replace(TYPED, password="một câu khác hẳn"))
    assert back.next is Next.DESK
    assert back.actor.account_id == 1
    assert sessions.look_up(with_factor.token, now=NOW) is None
    with pytest.raises(BadInput):
        accounts.sign_in("0912345678", TYPED.password, now=NOW, new_secret=str)
    with pytest.raises(NotFound):
        accept(invitations, unused.secret)


def test_a_recovery_is_over_after_30_minutes(invitations: Invitations) -> None:
    made = invitations.make_recovery(None, 1, now=NOW)
    with pytest.raises(NotFound):
        accept(invitations, made.secret, now=NOW + timedelta(minutes=30))


def test_a_recovery_opens_its_own_account_whatever_is_typed(invitations: Invitations) -> None:
    other = accept(invitations, invitations.make(None, BUYER, now=NOW).secret)
    made = invitations.make_recovery(None, 1, now=NOW)
    assert accept(invitations, made.secret, TYPED).actor.account_id == 1
    assert other.actor.account_id != 1
    assert people(invitations) == [("+84987654321", BUYER, None, None)]


def test_only_operators_recover_and_only_open_accounts(invitations: Invitations) -> None:
    with pytest.raises(Forbidden):
        invitations.make_recovery(ARTISAN_OF_1, 1, now=NOW)
    with pytest.raises(NotFound):
        invitations.make_recovery(None, 99, now=NOW)
    made = invitations.make_recovery(None, 1, now=NOW)
    other = accept(invitations, invitations.make(None, OPERATOR, now=NOW).secret).actor
    with pytest.raises(BadInput, match="not herself"):
        invitations.make_recovery(other, other.account_id, now=NOW)
    invitations.accounts.set_open(other, 1, is_open=False, now=NOW)
    with pytest.raises(NotFound):
        invitations.make_recovery(None, 1, now=NOW)
    with pytest.raises(NotFound):
        accept(invitations, made.secret)


# --- Two at once ------------------------------------------------------------------------------------------


@contextmanager
def forgetful(engine: Engine) -> Iterator[None]:
    """Takes the condition out of the one statement that uses an invitation up."""

    def cut(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if statement.startswith("UPDATE invitations SET used_at"):
            statement = statement.replace("invitations.used_at IS NULL AND ", "")
        return statement, parameters

    event.listen(engine, "before_cursor_execute", cut, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", cut)


def race(invitations: Invitations, secret: str, count: int = 4) -> list[str]:
    start, results = threading.Barrier(count), list[str]()

    def come(number: int) -> None:
        start.wait()
        try:
            accept(invitations, secret, replace(TYPED, name=f"nr{number}@example.vn"))
            results.append("in")
        except NotFound:
            results.append("refused")

    threads = [threading.Thread(target=come, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_of_four_who_come_at_once_one_gets_in(invitations: Invitations) -> None:
    made = invitations.make(None, BUYER, now=NOW)
    assert race(invitations, made.secret) == ["in", "refused", "refused", "refused"]
    assert len(people(invitations)) == 1


def test_the_race_is_real_where_the_condition_is_taken_away(invitations: Invitations) -> None:
    """The canary: the same four, with a statement that no longer asks whether it was used."""
    made = invitations.make(None, BUYER, now=NOW)
    with forgetful(invitations.database.engine):
        assert race(invitations, made.secret).count("in") > 1
