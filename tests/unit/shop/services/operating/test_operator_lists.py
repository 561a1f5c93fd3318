"""What operators read: people, certificates that end, and how the instance is; nobody else does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shop.errors import Forbidden
from shop.services.access.actors import Actor
from shop.wiring import Services
from tests.conftest import DEMO_NOW
from tests.simulators.staff import person


def test_people_are_found_by_part_of_a_name(services: Services) -> None:
    operator = person(services, "admin")
    found = services.desks.people.page(operator, search="artisan2@").people
    assert [one.sign_in_name for one in found] == ["artisan2@demo.langnghe"]


def test_a_percent_sign_is_no_wildcard(services: Services) -> None:
    assert services.desks.people.page(person(services, "admin"), search="%").total == 0


def test_people_are_found_by_role(services: Services) -> None:
    found = services.desks.people.page(person(services, "admin"), role="inspector").people
    assert {one.role for one in found} == {"inspector"}


def test_a_page_behind_the_last_gives_the_last(services: Services) -> None:
    page = services.desks.people.page(person(services, "admin"), number=99)
    assert (page.number, len(page.people)) == (1, page.total)


def test_certificates_that_end_come_first(services: Services) -> None:
    page = services.desks.certificates.page(person(services, "admin"), now=DEMO_NOW)
    ends = [one.valid_until for one in page.rows if one.valid_until is not None]
    assert ends == sorted(ends)
    assert page.rows[0].state == "ended"


def test_a_certificate_is_told_half_a_year_ahead(services: Services) -> None:
    operator = person(services, "admin")
    first = services.desks.certificates.page(operator, now=DEMO_NOW, state="valid").rows[0]
    assert first.days_left is not None
    soon = DEMO_NOW + timedelta(days=first.days_left - 180)
    states = {one.record_id: one.state for one in services.desks.certificates.export(operator, now=soon)}
    assert states[first.record_id] == "soon"
    day_before = services.desks.certificates.export(operator, now=soon - timedelta(days=1))
    assert {one.record_id: one.state for one in day_before}[first.record_id] == "valid"


def test_certificates_are_found_without_marks(services: Services) -> None:
    operator = person(services, "admin")
    first = services.desks.certificates.page(operator, now=DEMO_NOW).rows[0]
    found = services.desks.certificates.page(operator, now=DEMO_NOW, search=first.product.upper())
    assert first.record_id in {one.record_id for one in found.rows}


def test_workshops_are_offered_as_people_count(services: Services) -> None:
    names = [name for _, name in services.desks.people.places(person(services, "admin"))]
    assert names.index("Xưởng mẫu 2") < names.index("Xưởng mẫu 10")


def test_keys_are_found_by_name_and_by_whether_they_ended(services: Services) -> None:
    operator, public = person(services, "admin"), services.desks.public
    assert {key.name for key in public.all_keys(operator, search="XUONG MAU 22")} == {"Xưởng mẫu 22"}
    ended = public.all_keys(operator, state="ended")
    assert ended
    assert all(key.revoked for key in ended)
    names = [key.name for key in public.all_keys(operator)]
    assert names.index("Xưởng mẫu 2") < names.index("Xưởng mẫu 10")


def test_log_entries_are_found_by_address(services: Services) -> None:
    operator, public = person(services, "admin"), services.desks.public
    page = public.entries(operator)
    assert [one.index for one in page.rows] == list(
        range(page.total - 1, page.total - 1 - len(page.rows), -1)
    )
    (found,) = public.entries(operator, search=page.rows[0].entry_id).rows
    assert found == page.rows[0]
    assert public.entries(operator, search="%").total == 0
    assert len(public.all_entries(operator)) == page.total


def test_invitations_say_whether_they_still_open(own_services: Services) -> None:
    operator, shown = person(own_services, "admin"), own_services.desks.invitations
    own_services.invitations.make(operator, "inspector", issuer="inspector-1", now=DEMO_NOW)
    (one,) = shown.page(operator, now=DEMO_NOW, search="inspector-").rows
    assert (one.state, one.made_by, one.issuer) == ("open", operator.name, "inspector-1")
    later = DEMO_NOW + timedelta(days=15)
    assert [row.state for row in shown.export(operator, now=later, state="over")] == ["over"]
    assert shown.page(operator, now=later, state="open").total == 0


def test_health_counts_what_no_head_covers(services: Services) -> None:
    view = services.desks.health.look(person(services, "admin"), now=DEMO_NOW)
    assert (view.unsigned, view.is_trust_ending, view.signs) == (0, False, True)


def test_health_tells_that_the_list_ends(services: Services) -> None:
    later = DEMO_NOW + timedelta(days=340)
    assert services.desks.health.look(person(services, "admin"), now=later).is_trust_ending


READ: dict[str, Callable[[Services, Actor], object]] = {
    "people": lambda services, actor: services.desks.people.page(actor),
    "people export": lambda services, actor: services.desks.people.export(actor),
    "places": lambda services, actor: services.desks.people.places(actor),
    "certificates": lambda services, actor: services.desks.certificates.page(actor, now=DEMO_NOW),
    "certificates export": lambda services, actor: services.desks.certificates.export(actor, now=DEMO_NOW),
    "reports": lambda services, actor: services.desks.reports.page(actor),
    "reports export": lambda services, actor: services.desks.reports.export(actor),
    "person": lambda services, actor: services.desks.person.one(actor, 1, now=DEMO_NOW),
    "invitations": lambda services, actor: services.desks.invitations.page(actor, now=DEMO_NOW),
    "invitations export": lambda services, actor: services.desks.invitations.export(actor, now=DEMO_NOW),
    "listed keys": lambda services, actor: services.desks.public.keys(actor),
    "log": lambda services, actor: services.desks.public.entries(actor),
    "log export": lambda services, actor: services.desks.public.all_entries(actor),
    "trail": lambda services, actor: services.audit_trail.page(actor),
    "trail export": lambda services, actor: services.audit_trail.export(actor),
    "health": lambda services, actor: services.desks.health.look(actor, now=DEMO_NOW),
    "keys": lambda services, actor: services.desks.trust.waiting(actor),
}


@pytest.mark.parametrize("name", ["artisan", "inspector", "association", "buyer"])
@pytest.mark.parametrize("what", READ)
def test_others_read_nothing(sqlite_services: Services, what: str, name: str) -> None:
    with pytest.raises(Forbidden):
        READ[what](sqlite_services, person(sqlite_services, name))
