"""Trust lists at the operator's desk: proposed here, signed by the roots elsewhere, put in force here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shop.db.accounts import Account
from shop.db.desk import KeyEnrolment
from shop.errors import BadInput, Forbidden, NotFound
from shop.services.access.actors import INSPECTOR
from shop.services.trust.desk import Draft, Ending
from shop.wiring import Services, take_up_newest_list
from tests.conftest import DEMO_NOW, Demo
from tests.simulators.root_holders import sign_as_roots
from tests.simulators.staff import person
from traceability.ceremony import read_draft
from traceability.errors import NotVerified, Reason, Unreadable
from traceability.signing.keys import Ed25519Signer

LATER = DEMO_NOW + timedelta(hours=1)


def _hand_in(services: Services, name: str = "inspector", issuer: str | None = None) -> tuple[int, str]:
    holder, key = person(services, name), Ed25519Signer.generate().public_key
    row = KeyEnrolment(
        account_id=holder.account_id,
        issuer=issuer or holder.issuer,
        use="record",
        public_key=key.multibase,
        proof=bytes(64),
        created_at=DEMO_NOW,
        state="waiting",
    )
    with services.database.write() as session:
        session.add(row)
        session.flush()
        return row.id, key.multibase


def _draft(services: Services, *ids: int, endings: Sequence[Ending] = (), **new: tuple[str, str]) -> Draft:
    accepted = dict.fromkeys(ids, ("", ())) | {
        int(one[1:]): (name, (scope,)) for one, (name, scope) in new.items()
    }
    operator = person(services, "admin")
    return services.desks.trust.draft(operator, accepted=accepted, endings=endings, now=LATER)


def test_an_accepted_key_gets_the_rights_of_its_issuer(own_services: Services) -> None:
    number, multibase = _hand_in(own_services)
    (waiting,) = own_services.desks.trust.waiting(person(own_services, "admin"))
    listed = read_draft(_draft(own_services, number).data)
    (key,) = [key for key in listed.keys if key.method.key.multibase == multibase]
    assert (key.name, key.scope, key.custody, key.role) == (
        waiting.known_as,
        waiting.scope,
        "holder",
        "inspector",
    )


def test_a_workshops_key_on_the_server_is_retired_where_the_log_stands(own_services: Services) -> None:
    number, _ = _hand_in(own_services, "artisan")
    listed = read_draft(_draft(own_services, number).data)
    did = f"did:web:{own_services.settings.identity_host}:issuers:{person(own_services, 'artisan').issuer}"
    (old,) = [key for key in listed.keys_of(did) if (key.use, key.custody) == ("record", "server")]
    assert old.revoked is not None
    assert (old.revoked.reason, old.revoked.log_size) == ("retired", own_services.ledger.size())
    assert [key.revoked for key in listed.keys_of(did) if key.use == "seal"] == [None]


def test_an_offices_other_keys_go_on(own_services: Services) -> None:
    number, _ = _hand_in(own_services)
    listed = read_draft(_draft(own_services, number).data)
    assert [key.revoked for key in listed.keys if key.role == "inspector"] == [None, None]


def test_two_people_of_one_office_come_in_together(own_services: Services) -> None:
    issuer = person(own_services, "inspector").issuer
    with own_services.database.write() as session:
        account = session.get_one(Account, person(own_services, "association").account_id)
        account.role, account.issuer = INSPECTOR, issuer
    ids = [_hand_in(own_services, name, issuer)[0] for name in ("inspector", "association")]
    listed = read_draft(_draft(own_services, *ids).data)
    names = [key.method.id.rpartition("#")[2] for key in listed.keys if key.role == "inspector"]
    assert names == ["record-1", "record-2", "record-3"]


@pytest.mark.parametrize(
    ("name", "issuer"),
    [("artisan", "inspector-1"), ("association", "inspector-1"), ("inspector", "xuong-mau-1"),
     ("association", "xuong-mau-1"), ("artisan", "commune-00577"), ("inspector", "commune-00577"),
     ("association", "province-ha-noi"), ("buyer", "noi-moi")],
)  # fmt: skip
def test_nobody_gets_a_key_for_an_issuer_of_another_role(
    own_services: Services, name: str, issuer: str
) -> None:
    number, _ = _hand_in(own_services, name, issuer)
    with pytest.raises(BadInput) as caught:
        _draft(own_services, **{f"e{number}": ("Bên ký mẫu", "vn:01")})
    assert caught.value.code == "OTHER_ROLE"


def test_two_roles_do_not_share_a_new_issuer(own_services: Services) -> None:
    ids = [_hand_in(own_services, name, "noi-moi")[0] for name in ("inspector", "association")]
    with pytest.raises(BadInput) as caught:
        _draft(own_services, **{f"e{number}": ("Bên ký mẫu", "vn:01") for number in ids})
    assert caught.value.code == "OTHER_ROLE"


def test_the_key_of_a_closed_account_does_not_wait(own_services: Services) -> None:
    _hand_in(own_services)
    with own_services.database.write() as session:
        session.get_one(Account, person(own_services, "inspector").account_id).is_active = False
    assert own_services.desks.trust.waiting(person(own_services, "admin")) == ()


def test_a_signed_draft_takes_effect_and_the_key_waits_no_longer(
    own_services: Services, own_demo: Demo
) -> None:
    operator = person(own_services, "admin")
    number, multibase = _hand_in(own_services)
    note = sign_as_roots(read_draft(_draft(own_services, number).data), own_demo)
    assert own_services.desks.trust.publish(operator, note, now=LATER)
    renewed = take_up_newest_list(own_services)
    assert multibase in {key.method.key.multibase for key in renewed.records.trust.keys}
    assert renewed.desks.trust.waiting(operator) == ()


def test_publishing_the_same_list_again_changes_nothing(own_services: Services, own_demo: Demo) -> None:
    operator = person(own_services, "admin")
    note = sign_as_roots(read_draft(_draft(own_services).data), own_demo)
    own_services.desks.trust.publish(operator, note, now=LATER)
    assert own_services.desks.trust.publish(operator, note, now=LATER) is None


def test_a_new_issuer_needs_a_name_and_a_place(own_services: Services) -> None:
    number, multibase = _hand_in(own_services, issuer="kiem-tra-vien-moi")
    listed = read_draft(_draft(own_services, **{f"e{number}": ("Kiểm tra viên mẫu 12", "vn:01")}).data)
    assert "Kiểm tra viên mẫu 12" in {
        key.name for key in listed.keys if key.method.key.multibase == multibase
    }
    for name, scope, code in (("", "vn:01", "NO_NAME"), ("Kiểm tra viên mẫu 12", "", "NO_SCOPE")):
        accepted = {number: (name, tuple(scope.split()))}
        with pytest.raises(BadInput) as caught:
            own_services.desks.trust.draft(person(own_services, "admin"), accepted=accepted, now=LATER)
        assert caught.value.code == code


def test_a_key_can_end_as_compromised(own_services: Services) -> None:
    key = own_services.records.trust.keys[0]
    listed = read_draft(_draft(own_services, endings=[Ending(key.method.id, "compromised")]).data)
    assert listed.keys[0].revoked is not None
    assert listed.keys[0].revoked.reason == "compromised"


def test_a_refused_key_waits_no_longer(own_services: Services) -> None:
    operator = person(own_services, "admin")
    number, _ = _hand_in(own_services)
    own_services.desks.trust.refuse(operator, number, now=LATER)
    assert own_services.desks.trust.waiting(operator) == ()
    with pytest.raises(NotFound):
        own_services.desks.trust.refuse(operator, number, now=LATER)


def test_what_does_not_wait_is_not_accepted(own_services: Services) -> None:
    with pytest.raises(BadInput) as caught:
        _draft(own_services, 4711)
    assert caught.value.code == "NO_ENROLMENT"


def test_a_key_that_nobody_has_does_not_end(own_services: Services) -> None:
    with pytest.raises(BadInput) as caught:
        _draft(own_services, endings=[Ending("did:web:x#record-1", "retired")])
    assert caught.value.code == "NO_KEY"


def test_one_root_is_not_enough(own_services: Services, own_demo: Demo) -> None:
    note = sign_as_roots(read_draft(_draft(own_services).data), own_demo, roots=(1,))
    with pytest.raises(NotVerified) as caught:
        own_services.desks.trust.publish(person(own_services, "admin"), note, now=LATER)
    assert caught.value.code == Reason.KEY_UNKNOWN


def test_a_list_that_unsays_a_key_is_refused(own_services: Services, own_demo: Demo) -> None:
    trust = read_draft(_draft(own_services).data)
    note = sign_as_roots(replace(trust, keys=trust.keys[1:]), own_demo)
    with pytest.raises(NotVerified) as caught:
        own_services.desks.trust.publish(person(own_services, "admin"), note, now=LATER)
    assert caught.value.code == Reason.FORK


def test_a_draft_is_no_list(own_services: Services) -> None:
    with pytest.raises(Unreadable):
        own_services.desks.trust.publish(person(own_services, "admin"), _draft(own_services).data, now=LATER)


@pytest.mark.parametrize("name", ["artisan", "inspector", "association", "buyer"])
def test_others_neither_draft_nor_publish(services: Services, name: str) -> None:
    actor = person(services, name)
    with pytest.raises(Forbidden):
        services.desks.trust.draft(actor, accepted={}, now=LATER)
    with pytest.raises(Forbidden):
        services.desks.trust.publish(actor, b"", now=LATER)
    with pytest.raises(Forbidden):
        services.desks.trust.refuse(actor, 1, now=LATER)
