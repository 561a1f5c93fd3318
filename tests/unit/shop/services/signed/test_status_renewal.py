"""Status lists that are a day old are signed anew, with the same bits, by the keys that are here."""

from datetime import timedelta

from shop.db.status_lists import newest_status_lists
from shop.services.keys.keyring import Keyring
from shop.services.signed.status_renewal import StatusRenewal
from shop.wiring import Services
from tests.conftest import DEMO_NOW, PASSPHRASE, Demo, sample_labels
from traceability.errors import Reason
from traceability.evidence import Reader
from traceability.policy import open_trust_list
from traceability.records.status_list import StatusList
from traceability.roots import parse_roots
from traceability.signing.trust import TrustList

DAY = timedelta(days=1)
STOLEN_FROM = "xuong-mau-21"


def _trust(services: Services, demo: Demo) -> TrustList:
    return open_trust_list(services.records.trust_note, parse_roots((demo.folder / "roots.txt").read_bytes()))


def _renewal(services: Services, demo: Demo) -> StatusRenewal:
    return StatusRenewal(
        services.database,
        ledger=services.ledger,
        keyring=Keyring(demo.folder / "keys", passphrase=PASSPHRASE.encode(), trust=_trust(services, demo)),
    )


def _lists(services: Services) -> dict[str, StatusList]:
    with services.database.read() as session:
        bodies = [row.body for row in session.scalars(newest_status_lists())]
    records = [Reader(1).read(body).record for body in bodies]
    return {record.envelope.id: record for record in records if isinstance(record, StatusList)}


def test_lists_of_today_are_left_alone(own_services: Services, own_demo: Demo) -> None:
    assert _renewal(own_services, own_demo).renew(DEMO_NOW + DAY / 2) == 0


def test_lists_of_yesterday_are_signed_anew_with_the_same_bits(
    own_services: Services, own_demo: Demo
) -> None:
    before = _lists(own_services)
    assert _renewal(own_services, own_demo).renew(DEMO_NOW + DAY) == len(before)
    after = _lists(own_services)
    assert {url: found.bits for url, found in after.items()} == {url: one.bits for url, one in before.items()}
    assert {found.version for found in after.values()} == {2}


def test_renewed_lists_count_once_they_are_under_a_head(own_services: Services, own_demo: Demo) -> None:
    later = DEMO_NOW + 25 * DAY
    _renewal(own_services, own_demo).renew(later)
    own_services.ledger.checkpoint(later)
    receipts = own_services.ledger.receipts([f"{url}#2" for url in _lists(own_services)])
    assert len(receipts) == len(_lists(own_services))


def test_it_looks_once_an_hour(own_services: Services, own_demo: Demo) -> None:
    renewal = _renewal(own_services, own_demo)
    assert renewal.renew(DEMO_NOW + DAY - timedelta(minutes=1)) == 0
    assert renewal.renew(DEMO_NOW + DAY + timedelta(minutes=1)) == 0
    assert renewal.renew(DEMO_NOW + DAY + timedelta(hours=1)) > 0


def test_an_issuer_whose_key_is_elsewhere_is_left_to_sign_itself(
    own_services: Services, own_demo: Demo
) -> None:
    for path in (own_demo.folder / "keys").glob("ocop-ha-noi.record*.pem"):
        path.unlink()
    _renewal(own_services, own_demo).renew(DEMO_NOW + DAY)
    versions = {url.split("/")[-2]: found.version for url, found in _lists(own_services).items()}
    assert versions.pop("ocop-ha-noi") == 1
    assert set(versions.values()) == {2}


def test_a_stolen_key_signs_no_list(own_services: Services, own_demo: Demo) -> None:
    """Its file comes first; the trust list says which of the two is in force."""
    (own_demo.folder / "keys" / f"{STOLEN_FROM}.record-2.pem").unlink()
    _renewal(own_services, own_demo).renew(DEMO_NOW + DAY)
    versions = {url.split("/")[-2]: found.version for url, found in _lists(own_services).items()}
    assert versions[STOLEN_FROM] == 1


def test_a_key_file_that_does_not_open_stops_nobody_else(own_services: Services, own_demo: Demo) -> None:
    (own_demo.folder / "keys" / "ocop-ha-noi.record.pem").write_text("no key", encoding="ascii")
    renewed = _renewal(own_services, own_demo).renew(DEMO_NOW + DAY)
    assert renewed == len(_lists(own_services)) - 1


def test_a_list_that_no_head_covers_yet_leaves_the_one_before_in_force(
    own_services: Services, own_demo: Demo
) -> None:
    """Witnesses may take days; yesterday's list holds for longer."""
    label = sample_labels(own_services)[0]
    _renewal(own_services, own_demo).renew(DEMO_NOW + DAY)
    verdict = own_services.scans.look_up(label, now=DEMO_NOW + DAY).verdict
    assert Reason.STATUS_UNKNOWN not in verdict.reasons
