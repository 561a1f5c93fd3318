"""Accounts, sessions and the trail on both databases: who gets in, for how long, and what is noted."""

import statistics
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shop.db.accounts import Account, AuditEntry, Invitation, LoginSession
from shop.db.desk import KeyEnrolment
from shop.db.session import Database
from shop.errors import BadInput, ConfigurationError, Forbidden, NotFound
from shop.passwords import Passwords
from shop.services.access.accounts import TOTP, Accounts, Next, SignedIn
from shop.services.access.actors import ARTISAN, BUYER, INSPECTOR, OPERATOR, Actor
from shop.services.access.audit_trail import NOBODY, AuditTrail, note
from shop.services.access.invitations import Invitations
from shop.services.access.sample_accounts import refuse_sample_accounts
from shop.services.access.sessions import Sessions, end_everything
from tests.simulators.desks import CountingPasswords

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CHEAP = Passwords(memory_kib=8)
PASSWORD = "một câu dễ nhớ"
OPERATING = Actor(1, OPERATOR, "Người vận hành")


@dataclass(frozen=True)
class House:
    """An instance with a person for some roles, all with one password."""

    database: Database
    accounts: Accounts
    sessions: Sessions

    def enter(self, name: str, *, password: str = PASSWORD, instead_of: str | None = None) -> SignedIn:
        return self.accounts.sign_in(
            name, password, now=NOW, instead_of=instead_of, new_secret=lambda: "secret"
        )

    def actions(self) -> list[str]:
        with self.database.read() as session:
            return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def house(database: Database) -> House:
    hashed = CHEAP.hash(PASSWORD)
    with database.write() as session:
        for number, role in enumerate((OPERATOR, ARTISAN, INSPECTOR, BUYER), start=1):
            session.add(
                Account(
                    id=number,
                    sign_in_name=f"{role}@example.vn",
                    name=role,
                    password_hash=hashed,
                    is_active=True,
                    role=role,
                    created_at=NOW,
                )
            )
    return House(database, Accounts(database, CHEAP, demands_second_factor=False), Sessions(database))


def test_name_and_password_open_a_session(house: House) -> None:
    entered = house.enter(" Artisan@Example.vn")
    assert entered.next is Next.DESK
    visit = house.sessions.look_up(entered.token, now=NOW)
    assert visit is not None
    assert visit.actor == Actor(2, ARTISAN, "artisan")
    assert house.actions() == ["account sign-in"]


REFUSED = [
    ("artisan@example.vn", "another"),
    ("nobody@example.vn", PASSWORD),
    ("no name", PASSWORD),
    ("", ""),
    ("artisan@example.vn' OR '1'='1", PASSWORD),
    ("artisan@example.vn", ""),
]


def test_all_else_is_refused_alike_and_noted_without_what_was_typed(house: House) -> None:
    for name, password in REFUSED:
        with pytest.raises(BadInput) as refused:
            house.enter(name, password=password)
        said = (refused.value.code, str(refused.value))
        assert said == ("SIGN_IN_REFUSED", "name and password do not belong together")
    assert house.actions() == ["account refuse"] * len(REFUSED)
    with house.database.read() as session:
        assert session.scalars(select(LoginSession)).all() == []
        assert set(session.scalars(select(AuditEntry.subject))) == {"account:2", "account:-"}


def test_a_token_is_stored_as_its_digest_alone(house: House) -> None:
    token = house.enter("artisan@example.vn").token
    assert len(token) >= 43  # 256 bits
    with house.database.read() as session:
        row = session.scalars(select(LoginSession)).one()
    assert token.encode() not in row.id_hash
    assert token not in row.data


def test_signing_in_ends_the_session_that_the_browser_had(house: House) -> None:
    first = house.enter("artisan@example.vn").token
    second = house.enter("artisan@example.vn", instead_of=first).token
    assert first != second
    assert house.sessions.look_up(first, now=NOW) is None
    assert house.sessions.look_up(second, now=NOW) is not None


def test_a_session_that_ended_stays_ended(house: House) -> None:
    token = house.enter("artisan@example.vn").token
    house.sessions.end(token, now=NOW)
    house.sessions.end(token, now=NOW)
    assert house.sessions.look_up(token, now=NOW) is None
    assert house.actions() == ["account sign-in", "account sign-out"]


def test_what_an_ended_session_would_keep_goes_to_a_new_one_of_nobody(house: House) -> None:
    token = house.enter("artisan@example.vn").token
    house.sessions.end(token, now=NOW)
    other = house.sessions.keep(token, {"words": "x"}, now=NOW)
    assert other != token
    visit = house.sessions.look_up(other, now=NOW)
    assert visit is not None
    assert (visit.account, visit.data["words"]) == (None, "x")


LIVES = {
    ARTISAN: timedelta(days=30),
    BUYER: timedelta(days=30),
    INSPECTOR: timedelta(hours=12),
    OPERATOR: timedelta(hours=12),
}


def test_a_session_ends_by_itself(house: House) -> None:
    for role, life in LIVES.items():
        token = house.enter(f"{role}@example.vn").token
        assert house.sessions.look_up(token, now=NOW + life - timedelta(seconds=1)) is not None
        assert house.sessions.look_up(token, now=NOW + life) is None


def test_a_password_change_ends_all_sessions_but_its_own(house: House) -> None:
    tokens = [house.enter("artisan@example.vn").token for _ in range(3)]
    mine = Actor(2, ARTISAN, "artisan")
    changed = house.accounts.change_password(
        mine, PASSWORD, "một câu khác hẳn", now=NOW, instead_of=tokens[0]
    )
    assert [house.sessions.look_up(token, now=NOW) for token in tokens] == [None, None, None]
    assert house.sessions.look_up(changed.token, now=NOW) is not None
    with pytest.raises(BadInput):
        house.enter("artisan@example.vn")
    house.enter("artisan@example.vn", password="một câu khác hẳn")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("wrong", "một câu khác hẳn", "PASSWORD_WRONG"), (PASSWORD, "short", "PASSWORD_SHORT")],
)
def test_a_password_change_that_is_refused_changes_nothing(
    house: House, old: str, new: str, code: str
) -> None:
    token = house.enter("artisan@example.vn").token
    with pytest.raises(BadInput) as refused:
        house.accounts.change_password(Actor(2, ARTISAN, "artisan"), old, new, now=NOW, instead_of=token)
    assert refused.value.code == code
    assert house.sessions.look_up(token, now=NOW) is not None


def test_a_closed_account_has_no_sessions_and_opens_none(house: House) -> None:
    token = house.enter("artisan@example.vn").token
    house.accounts.set_open(OPERATING, 2, is_open=False, now=NOW)
    assert house.sessions.look_up(token, now=NOW) is None
    with pytest.raises(BadInput):
        house.enter("artisan@example.vn")
    house.accounts.set_open(OPERATING, 2, is_open=True, now=NOW)
    assert house.sessions.look_up(token, now=NOW) is None
    house.enter("artisan@example.vn")


def test_only_operators_close_accounts_and_never_their_own(house: House) -> None:
    with pytest.raises(Forbidden):
        house.accounts.set_open(Actor(2, ARTISAN, "artisan"), 4, is_open=False, now=NOW)
    with pytest.raises(BadInput):
        house.accounts.set_open(OPERATING, 1, is_open=False, now=NOW)
    with pytest.raises(NotFound):
        house.accounts.set_open(OPERATING, 99, is_open=False, now=NOW)


def test_of_two_operators_who_close_each_other_one_stays(house: House) -> None:
    with house.database.write() as session:
        session.get_one(Account, 3).role = OPERATOR
    other = Actor(3, OPERATOR, "Người vận hành khác")
    both, refused = threading.Barrier(2), []

    def close(actor: Actor, account_id: int) -> None:
        both.wait(20)
        try:
            house.accounts.set_open(actor, account_id, is_open=False, now=NOW)
        except Forbidden as error:
            refused.append(error.code)

    threads = [threading.Thread(target=close, args=one) for one in ((OPERATING, 3), (other, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.database.read() as session:
        staying = session.scalars(select(Account.id).where(Account.role == OPERATOR, Account.is_active)).all()
    assert (len(staying), refused) == (1, ["CLOSED_ACCOUNT"])


def test_a_closed_account_leaves_no_invitation_and_no_waiting_key(house: House) -> None:
    with house.database.write() as session:
        session.get_one(Account, 3).role = OPERATOR
        for number, account_id in ((1, 3), (2, 2)):
            session.add(
                KeyEnrolment(
                    id=number, account_id=account_id, issuer="mot-noi", use="record", state="waiting",
                    public_key=f"z6Mk{number}", proof=bytes(64), created_at=NOW,
                )
            )  # fmt: skip
    other, invitations = (
        Actor(3, OPERATOR, "Người vận hành khác"),
        Invitations(house.database, house.accounts),
    )
    hers = [invitations.make(other, BUYER, now=NOW), invitations.make_recovery(OPERATING, 3, now=NOW)]
    kept = invitations.make(OPERATING, BUYER, now=NOW)
    house.accounts.set_open(OPERATING, 3, is_open=False, now=NOW)
    for one in hers:
        with pytest.raises(NotFound):
            invitations.look_up(one.secret, now=NOW)
    assert invitations.look_up(kept.secret, now=NOW).role == BUYER
    with house.database.read() as session:
        states = session.scalars(select(KeyEnrolment.state).order_by(KeyEnrolment.id)).all()
    assert states == ["withdrawn", "waiting"]


def test_a_password_change_uses_up_the_ways_back_on_paper(house: House) -> None:
    invitations = Invitations(house.database, house.accounts)
    made = invitations.make_recovery(OPERATING, 2, now=NOW)
    kept = invitations.make_recovery(OPERATING, 4, now=NOW)
    token = house.enter("artisan@example.vn").token
    house.accounts.change_password(
        Actor(2, ARTISAN, "artisan"), PASSWORD, "một câu khác hẳn", now=NOW, instead_of=token
    )
    with house.database.read() as session:
        opened = session.scalars(select(Invitation.account_id).where(Invitation.used_at.is_(None))).all()
    assert opened == [4]
    with pytest.raises(NotFound):
        invitations.look_up(made.secret, now=NOW)
    assert invitations.look_up(kept.secret, now=NOW).role == BUYER


def test_a_hash_of_other_costs_is_renewed_at_sign_in(house: House) -> None:
    dearer = replace(house, accounts=replace(house.accounts, passwords=Passwords(memory_kib=16)))
    dearer.enter("artisan@example.vn")
    with house.database.read() as session:
        hashed = session.get_one(Account, 2).password_hash
    assert hashed is not None
    assert "m=16," in hashed


def test_an_unknown_name_costs_as_much_as_a_known_one(house: House) -> None:
    """Measured as this thread's own work, so that a busy machine does not matter."""
    counted = CountingPasswords()
    accounts = replace(house.accounts, passwords=Passwords(memory_kib=4_096))
    accounts.passwords.matches("x", None)  # the hash that nobody has is made once
    with house.database.write() as session:
        session.get_one(Account, 2).password_hash = accounts.passwords.hash(PASSWORD)
    costs: dict[str, list[float]] = {"artisan@example.vn": [], "nobody@example.vn": []}
    for _ in range(15):
        for name, found in costs.items():
            start = time.thread_time()
            with pytest.raises(BadInput):
                accounts.sign_in(name, "wrong one", now=NOW, new_secret=str)
            found.append(time.thread_time() - start)
    known, unknown = (statistics.median(found) for found in costs.values())
    assert 0.7 < known / unknown < 1.4
    for name in costs:
        with pytest.raises(BadInput):
            replace(accounts, passwords=counted).sign_in(name, "wrong one", now=NOW, new_secret=str)
    assert counted.tries == [True, False]


# --- The second factor -------------------------------------------------------------------------------


@pytest.fixture
def strict(house: House) -> House:
    """The house of a production instance."""
    return replace(house, accounts=replace(house.accounts, demands_second_factor=True))


@pytest.mark.parametrize("role", [INSPECTOR, OPERATOR])
def test_who_signs_for_others_must_set_one_up_first(strict: House, role: str) -> None:
    entered = strict.enter(f"{role}@example.vn")
    assert entered.next is Next.SET_UP
    visit = strict.sessions.look_up(entered.token, now=NOW)
    assert visit is not None
    assert visit.actor is None
    assert visit.data[TOTP] == "secret"
    whole = strict.accounts.take_second_factor(entered.actor, "secret", 7, now=NOW, instead_of=entered.token)
    assert strict.sessions.look_up(entered.token, now=NOW) is None
    visit = strict.sessions.look_up(whole.token, now=NOW)
    assert visit is not None
    assert visit.actor == entered.actor


@pytest.mark.parametrize("role", [ARTISAN, BUYER])
def test_the_others_need_none(strict: House, role: str) -> None:
    assert strict.enter(f"{role}@example.vn").next is Next.DESK


def test_who_has_one_waits_for_its_code(house: House) -> None:
    first = house.enter("artisan@example.vn")
    house.accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    entered = house.enter("artisan@example.vn")
    assert entered.next is Next.CODE
    visit = house.sessions.look_up(entered.token, now=NOW)
    assert visit is not None
    assert visit.actor is None
    assert TOTP not in visit.data
    assert house.sessions.look_up(entered.token, now=NOW + timedelta(minutes=10)) is None


@pytest.mark.parametrize("counter", [7, 6, None], ids=["used", "before it", "wrong"])
def test_a_code_counts_once_none_before_it_and_no_wrong_one(house: House, counter: int | None) -> None:
    first = house.enter("artisan@example.vn")
    house.accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    entered = house.enter("artisan@example.vn")
    with pytest.raises(BadInput) as refused:
        house.accounts.pass_code(entered.actor, counter, now=NOW, instead_of=entered.token)
    assert refused.value.code == "CODE_REFUSED"
    house.accounts.pass_code(entered.actor, 8, now=NOW, instead_of=entered.token)


def test_of_two_who_show_one_code_at_once_one_gets_in(house: House) -> None:
    first = house.enter("artisan@example.vn")
    house.accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    waiting = [house.enter("artisan@example.vn") for _ in range(4)]
    start, results = threading.Barrier(4), list[str]()

    def show(entered: SignedIn) -> None:
        start.wait()
        try:
            house.accounts.pass_code(entered.actor, 8, now=NOW, instead_of=entered.token)
            results.append("in")
        except BadInput:
            results.append("refused")

    threads = [threading.Thread(target=show, args=(entered,)) for entered in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "refused", "refused", "refused"]


def test_a_second_factor_is_not_replaced_by_one_who_waits(house: House) -> None:
    first = house.enter("artisan@example.vn")
    house.accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    with pytest.raises(BadInput):
        house.accounts.take_second_factor(first.actor, "mine", 9, now=NOW, instead_of=first.token)


def test_a_second_factor_goes_by_the_password_alone_and_never_where_it_is_needed(strict: House) -> None:
    first = strict.enter("artisan@example.vn")
    strict.accounts.take_second_factor(first.actor, "secret", 7, now=NOW, instead_of=first.token)
    with pytest.raises(BadInput):
        strict.accounts.drop_second_factor(first.actor, "wrong", now=NOW, instead_of=first.token)
    with pytest.raises(BadInput) as refused:
        strict.accounts.drop_second_factor(OPERATING, PASSWORD, now=NOW, instead_of="x")
    assert refused.value.code == "SECOND_FACTOR_NEEDED"
    strict.accounts.drop_second_factor(first.actor, PASSWORD, now=NOW, instead_of=first.token)
    assert strict.enter("artisan@example.vn").next is Next.DESK


# --- Restored and sample instances ----------------------------------------------------------------------


def test_a_restored_copy_lets_nobody_in_who_signed_out_meanwhile(house: House) -> None:
    token = house.enter("artisan@example.vn").token
    with house.database.write() as session:
        end_everything(session, now=NOW)
    assert house.sessions.look_up(token, now=NOW) is None


def test_sample_accounts_are_refused(house: House) -> None:
    with house.database.read() as session:
        refuse_sample_accounts(session)
    with house.database.write() as session:
        session.get_one(Account, 4).sign_in_name = "buyer@demo.langnghe"
    with house.database.read() as session, pytest.raises(ConfigurationError) as refused:
        refuse_sample_accounts(session)
    assert refused.value.code == "DEMO_ACCOUNTS"


# --- The trail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"],
)
def test_the_trail_only_grows(house: House, statement: str) -> None:
    house.enter("artisan@example.vn")
    with pytest.raises(DBAPIError, match="append-only"), house.database.write() as session:
        session.execute(text(statement))
    assert house.actions() == ["account sign-in"]


def test_what_is_undone_is_not_noted(house: House) -> None:
    def issue() -> None:
        with house.database.write() as session:
            note(session, OPERATING, "lot issue", "lot:1", at=NOW, count=24)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        issue()
    assert house.actions() == []


def test_the_trail_is_read_page_by_page_and_by_subject(house: House) -> None:
    with house.database.write() as session:
        for number in range(60):
            note(session, OPERATING if number % 2 else None, "lot issue", f"lot:{number}", at=NOW, count=1)
    trail = AuditTrail(house.database)
    first, second = trail.page(OPERATING), trail.page(OPERATING, page=2)
    assert (len(first.entries), first.has_more, len(second.entries), second.has_more) == (50, True, 10, False)
    assert first.entries[0].subject == "lot:59"
    assert second.entries[-1].actor == NOBODY
    assert [entry.detail for entry in trail.page(OPERATING, subject="lot:7").entries] == [{"count": 1}]
    assert {entry.account_id for entry in trail.own(OPERATING).entries} == {1}
    assert trail.of_workshop(OPERATING).entries == ()


def test_the_whole_trail_is_for_operators(house: House) -> None:
    with pytest.raises(Forbidden):
        AuditTrail(house.database).page(Actor(2, ARTISAN, "artisan"))
