"""The log's keeper: signs and publishes only what has grown, survives trouble, stops cleanly."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest

from shop.services.log.keeper import LogKeeper
from shop.wiring import Services
from tests.conftest import Demo, count_statements
from tests.simulators.village import Village
from traceability.evidence import SignedRecord


def _more() -> list[SignedRecord]:
    return list(Village().issue_all().records.values())


def _keeper(services: Services, *, interval_s: float = 3_600.0) -> LogKeeper:
    return LogKeeper(services.ledger, clock=lambda: datetime.now(UTC), interval_s=interval_s)


def _size(services: Services) -> int:
    latest = services.ledger.latest()
    return latest.size if latest is not None else 0


def test_growth_is_signed_and_published(own_services: Services, own_demo: Demo) -> None:
    before = _size(own_services)
    records = _more()
    own_services.ledger.store(records)
    _keeper(own_services).look()
    assert _size(own_services) == before + len(records)
    published = (own_demo.folder / "log" / "checkpoint").read_text(encoding="utf-8")
    assert published.splitlines()[1] == str(before + len(records))


def test_log_that_stands_still_costs_little(own_services: Services) -> None:
    keeper = _keeper(own_services)
    keeper.look()
    with count_statements(own_services.database) as statements:
        keeper.look()
    assert len(statements) <= 2


def test_missing_files_are_published_at_the_first_look(own_services: Services, own_demo: Demo) -> None:
    (own_demo.folder / "log" / "checkpoint").unlink()
    _keeper(own_services).look()
    assert (own_demo.folder / "log" / "checkpoint").exists()


def test_trouble_is_told_once_and_passes(
    own_services: Services, own_demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = own_demo.folder / "log"
    blocked.rename(own_demo.folder / "elsewhere")
    blocked.write_text("no folder", encoding="ascii")
    keeper = _keeper(own_services)
    own_services.ledger.store(_more())
    with caplog.at_level(logging.ERROR):
        keeper.look()
        keeper.look()
    assert len([line for line in caplog.messages if "not signed or published" in line]) == 1
    blocked.unlink()
    (own_demo.folder / "elsewhere").rename(blocked)
    keeper.look()
    assert (blocked / "checkpoint").read_text(encoding="utf-8").splitlines()[1] == str(_size(own_services))


def test_clock_that_went_back_leaves_the_pages_alone(
    own_services: Services, own_demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    before = _size(own_services)
    own_services.ledger.store(_more())
    keeper = LogKeeper(own_services.ledger, clock=lambda: own_demo.now - timedelta(days=1))
    with caplog.at_level(logging.ERROR):
        keeper.look()
    assert _size(own_services) == before
    assert "ROLLBACK" not in caplog.text  # the message is a sentence
    assert "was signed at" in caplog.text


def test_closing_signs_what_waits_and_ends_the_thread(own_services: Services) -> None:
    keeper = _keeper(own_services)
    keeper.start()
    before = _size(own_services)
    own_services.ledger.store(_more())
    keeper.close()
    keeper.close()
    assert _size(own_services) > before
    assert "log-keeper" not in {thread.name for thread in threading.enumerate()}


def test_running_keeper_signs_by_itself(own_services: Services) -> None:
    before = _size(own_services)
    keeper = _keeper(own_services, interval_s=0.01)
    keeper.start()
    own_services.ledger.store(_more())
    waiting = threading.Event()
    for _ in range(500):
        if _size(own_services) > before or waiting.wait(0.02):
            break
    keeper.close()
    assert _size(own_services) > before
