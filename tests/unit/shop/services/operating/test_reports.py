"""Reports are taken in with a case number, and worked off by operators alone."""

import pytest

from shop.errors import BadInput, Forbidden, NotFound
from shop.wiring import Services
from tests.conftest import DEMO_NOW
from tests.simulators.desk_people import clear_desks
from tests.simulators.staff import person


@pytest.fixture
def own_services(own_services: Services) -> Services:
    """The services over a demo that nobody has reported anything of yet."""
    clear_desks(own_services.database)
    return own_services


def _take_in(services: Services, words: str = "Tem dán chồng lên tem khác", contact: str = "") -> str:
    return services.desks.reports.take_in(subject="lot-1", words=words, contact=contact, now=DEMO_NOW)


def test_a_report_waits_under_its_case_number(own_services: Services) -> None:
    case_number = _take_in(own_services, contact="Chị Mẫu")
    (report,) = own_services.desks.reports.page(
        person(own_services, "admin"), search=case_number.lower()
    ).reports
    assert (report.case_number, report.contact, report.is_open) == (case_number, "Chị Mẫu", True)


def test_closing_deletes_how_to_reach_whoever_reported(own_services: Services) -> None:
    operator = person(own_services, "admin")
    _take_in(own_services, contact="Chị Mẫu")
    (report,) = own_services.desks.reports.page(operator).reports
    closed = own_services.desks.reports.close(operator, report.id, "Đã hỏi xưởng", now=DEMO_NOW)
    assert (closed.contact, closed.answer, closed.is_open) == (None, "Đã hỏi xưởng", False)
    assert own_services.desks.reports.page(operator).reports == ()


def test_a_closed_case_keeps_its_first_answer(own_services: Services) -> None:
    operator = person(own_services, "admin")
    _take_in(own_services)
    (report,) = own_services.desks.reports.page(operator).reports
    own_services.desks.reports.close(operator, report.id, "một", now=DEMO_NOW)
    assert own_services.desks.reports.close(operator, report.id, "hai", now=DEMO_NOW).answer == "một"


@pytest.mark.parametrize(
    ("words", "contact", "code"),
    [
        (" \n ", "", "NO_WORDS"),
        ("x" * 2001, "", "WORDS_TOO_LONG"),
        ("x", "y" * 301, "CONTACT_TOO_LONG"),
    ],
    ids=["empty", "long", "contact"],
)
def test_refuses(services: Services, words: str, contact: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        _take_in(services, words, contact)
    assert caught.value.code == code


def test_a_case_is_not_closed_without_words_or_by_others(own_services: Services) -> None:
    operator = person(own_services, "admin")
    _take_in(own_services)
    (report,) = own_services.desks.reports.page(operator).reports
    with pytest.raises(BadInput):
        own_services.desks.reports.close(operator, report.id, "  ", now=DEMO_NOW)
    with pytest.raises(NotFound):
        own_services.desks.reports.close(operator, report.id + 1, "x", now=DEMO_NOW)
    for name in ("artisan", "inspector", "association", "buyer"):
        with pytest.raises(Forbidden):
            own_services.desks.reports.close(person(own_services, name), report.id, "x", now=DEMO_NOW)
    assert own_services.desks.reports.page(operator).open_count == 1
