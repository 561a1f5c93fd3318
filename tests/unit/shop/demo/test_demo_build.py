"""The demo's build: once and whole, real signatures, and content that shows what the pages must show."""

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shop.config import DEMO_HOST
from shop.db.catalogue import Product, Village, Workshop
from shop.db.instance import InstanceFact
from shop.db.lots import Lot, Record, TrustList
from shop.db.session import Database, open_database
from shop.demo.build import DEMO_FACT, build_demo
from shop.demo.folders import MARKER
from shop.demo.mishaps import STOLEN_FROM
from shop.demo.public_files import restore_public_files
from shop.errors import ConfigurationError, StorageBusy
from shop.services.checking.scans import SAMPLES_FACT
from shop.wiring import Services
from tests.conftest import DEMO_NOW, PASSPHRASE, PROJECT, Demo, services_over
from traceability import Outcome, verify_label, verify_record
from traceability.bundle import read_bundle
from traceability.evidence import Reader
from traceability.policy import open_trust_list
from traceability.records.passport import LotPassport
from traceability.roots import parse_roots
from traceability.signing.keys import load_signer
from traceability.verdict import CheckStatus

pytestmark = pytest.mark.slow

EXPIRED_BEFORE_ISSUE, NOT_YET = "tranh-theu-hoa-sung", "huong-tram-que"


def _build(database: Database, folder: Path, passphrase: str | None = PASSPHRASE) -> bool:
    return build_demo(database, host=DEMO_HOST, folder=folder, passphrase=passphrase, now=DEMO_NOW)


def _count(services: Services, table: type) -> int:
    with services.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_second_build_makes_nothing(own_demo: Demo) -> None:
    database = open_database(own_demo.database_url)
    before = {path: path.stat().st_mtime_ns for path in own_demo.folder.rglob("*.pem")}
    assert not _build(database, own_demo.folder)
    database.close()
    assert before == {path: path.stat().st_mtime_ns for path in own_demo.folder.rglob("*.pem")}


@pytest.mark.slow
def test_two_builds_at_once_make_one_demo(database: Database, database_url: str, tmp_path: Path) -> None:
    def build(_: int) -> bool | None:
        try:
            with closing(open_database(database_url)) as own:
                return _build(own, tmp_path / "data")
        except StorageBusy:
            return None

    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(build, range(3)))
    assert made.count(True) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(TrustList)) == 2
        note = session.get_one(TrustList, 1).note.encode()
    roots = parse_roots((tmp_path / "data" / "roots.txt").read_bytes())
    trust = open_trust_list(note, roots)
    pem = tmp_path / "data" / "keys" / "province-ha-noi.record.pem"
    key = load_signer(f"file:{pem}", PASSPHRASE.encode()).public_key
    assert trust.keys_of(f"did:web:{DEMO_HOST}:issuers:province-ha-noi")[0].method.key == key


@pytest.mark.slow
def test_broken_start_recovers(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "province-ha-noi.record.pem").write_text("left behind", encoding="ascii")
    (folder / "passphrase").touch()
    (folder / "bundle" / "records").mkdir(parents=True)
    for name in ("keys", "bundle"):
        (folder / name / MARKER).touch()
    (folder / "bundle" / "records" / "old.json").write_text("{}", encoding="ascii")
    assert _build(database, folder, passphrase=None)
    passphrase = (folder / "passphrase").read_text(encoding="ascii").strip()
    assert len(passphrase) >= 32
    load_signer(f"file:{folder / 'keys' / 'province-ha-noi.record.pem'}", passphrase.encode())
    assert not (folder / "bundle" / "records" / "old.json").exists()


def test_failed_build_leaves_no_rows(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / MARKER).touch()
    (folder / "roots.txt").mkdir()  # the last step cannot write its file
    with pytest.raises(OSError, match="directory"):
        _build(database, folder)
    with database.read() as session:
        assert session.get(InstanceFact, DEMO_FACT) is None
        assert session.scalar(select(func.count()).select_from(Record)) == 0


@pytest.mark.parametrize("name", ["keys/province.pem", "bundle/mine.txt", "demo.part/x", "roots.txt"])
def test_what_the_demo_did_not_make_stays(database: Database, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "data" / name
    precious.parent.mkdir(parents=True)
    precious.write_text("precious", encoding="ascii")
    with pytest.raises(ConfigurationError) as caught:
        _build(database, tmp_path / "data")
    assert caught.value.code == "FOREIGN_FILES"
    assert precious.read_text(encoding="ascii") == "precious"
    with database.read() as session:
        assert session.get(InstanceFact, DEMO_FACT) is None


def test_linked_folder_is_not_followed(database: Database, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / MARKER).touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="keys"):
        _build(database, tmp_path / "data")
    assert (tmp_path / "elsewhere" / MARKER).exists()


def test_nothing_is_left_of_the_building(sqlite_demo: Demo) -> None:
    assert not (sqlite_demo.folder / "demo.part").exists()
    assert {path.name for path in sqlite_demo.folder.iterdir()} >= {"keys", "bundle", "roots.txt"}


@pytest.mark.parametrize("lost", [("roots.txt",), ("bundle",), ("bundle", "roots.txt")])
def test_lost_public_files_are_written_again(own_demo: Demo, lost: tuple[str, ...]) -> None:
    folder = own_demo.folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.suffix in {".txt", ".json"}}
    for name in lost:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(folder / "keys")  # kept on another machine, as keys should be
    database = open_database(own_demo.database_url)
    assert restore_public_files(database, folder=folder) == lost
    assert restore_public_files(database, folder=folder) == ()
    database.close()
    assert {path: path.read_bytes() for path in before} == before


def test_key_files_are_for_the_owner_alone(sqlite_demo: Demo) -> None:
    files = list((sqlite_demo.folder / "keys").glob("*.pem"))
    assert len(files) > 40
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    assert all("ENCRYPTED" in path.read_text(encoding="ascii") for path in files)


def test_the_bundle_with_its_serials_is_for_the_owner_alone(sqlite_demo: Demo) -> None:
    assert (sqlite_demo.folder / "bundle").stat().st_mode & 0o077 == 0


# What went wrong on purpose: a recalled lot, revoked certificates, the records of a thief.
FAILED = {
    "lot-mau1-bc-201": {"RECALLED"},
    "lot-mau2-ac-018": {"REVOKED"},
    "inspection-mau-thu-mau2-2": {"REVOKED"},
    "ocop-mau-thu-mau2-1": {"REVOKED"},
    "lot-mau4-cq-210": {"KEY_REVOKED"},
    "event-mau4-cq-210-1": {"KEY_REVOKED"},
    "event-mau4-cq-210-2": {"KEY_REVOKED"},
    "event-mau4-cq-210-3": {"KEY_REVOKED"},
}


def test_every_record_verifies_with_the_bundle_alone(sqlite_demo: Demo) -> None:
    note, evidence = read_bundle(sqlite_demo.folder / "bundle")
    trust = open_trust_list(note, parse_roots((sqlite_demo.folder / "bundle" / "roots.txt").read_bytes()))
    failed = {}
    for url, data in evidence.records.items():
        verdict = verify_record(data, trust=trust, evidence=evidence, at=DEMO_NOW)
        reasons = {str(check.reason) for check in verdict.checks if check.status is CheckStatus.FAILED}
        if reasons:
            failed[url.rpartition("/")[2]] = reasons
            continue
        assert verdict.outcome in {Outcome.VERIFIED, Outcome.CAUTION}, (url, verdict.reasons)
    assert len(evidence.records) > 300
    assert failed == FAILED


MISHAPS = {
    "recalled": (Outcome.REVOKED, "RECALLED"),
    "revoked": (Outcome.REVOKED, "REVOKED"),
    "corrected": (Outcome.CAUTION, "SUPERSEDED"),
    "stolen": (Outcome.INVALID, "KEY_REVOKED"),
}


def test_each_mishap_shows_on_its_label_with_the_bundle_alone(sqlite_demo: Demo) -> None:
    note, evidence = read_bundle(sqlite_demo.folder / "bundle")
    trust = open_trust_list(note, parse_roots((sqlite_demo.folder / "roots.txt").read_bytes()))
    with services_over(sqlite_demo) as services, services.database.read() as session:
        labels = json.loads(session.get_one(InstanceFact, SAMPLES_FACT).value)
    assert labels.keys() == MISHAPS.keys()
    for name, (outcome, reason) in MISHAPS.items():
        verdict = verify_label(labels[name], trust=trust, evidence=evidence, at=DEMO_NOW)
        assert (name, verdict.outcome, verdict.reasons[0].value) == (name, outcome, reason)


def test_each_mishap_shows_on_its_page(services: Services) -> None:
    with services.database.read() as session:
        labels = json.loads(session.get_one(InstanceFact, SAMPLES_FACT).value)
    for name, (outcome, reason) in MISHAPS.items():
        verdict = services.scans.look_up(labels[name], now=DEMO_NOW).verdict
        assert (name, verdict.outcome, verdict.reasons[0].value) == (name, outcome, reason)


def test_the_corrected_passport_keeps_the_earlier_ones_advice(services: Services) -> None:
    with services.database.read() as session:
        before, after = (
            Reader(1).read(session.get_one(Record, f"lot-mau3-bc-201{end}").body).record for end in ("", "-2")
        )
    assert isinstance(before, LotPassport)
    assert isinstance(after, LotPassport)
    assert after.warnings == f"{before.warnings} Không dùng trong lò vi sóng (mẫu)."


def test_a_stolen_keys_owner_goes_on_with_a_new_one(services: Services) -> None:
    """The honest lots of the workshop stay verified, by the order of the log."""
    with services.database.read() as session:
        lots = select(Lot.sample_label).join(Product).join(Workshop).where(Workshop.slug == STOLEN_FROM)
        labels = [text for text in session.scalars(lots) if text]
    assert labels
    for text in labels:
        assert services.scans.look_up(text, now=DEMO_NOW).verdict.outcome is Outcome.VERIFIED


def test_every_sample_label_verifies_with_the_bundle_alone(sqlite_demo: Demo) -> None:
    note, evidence = read_bundle(sqlite_demo.folder / "bundle")
    trust = open_trust_list(note, parse_roots((sqlite_demo.folder / "roots.txt").read_bytes()))
    with services_over(sqlite_demo) as services, services.database.read() as session:
        texts = [text for text in session.scalars(select(Lot.sample_label)) if text]
    assert len(texts) > 40
    for text in texts:
        outcome = verify_label(text, trust=trust, evidence=evidence, at=DEMO_NOW).outcome
        assert outcome in {Outcome.VERIFIED, Outcome.CAUTION}, text


def test_bundle_holds_every_record_byte_for_byte(sqlite_demo: Demo) -> None:
    _, evidence = read_bundle(sqlite_demo.folder / "bundle")
    with services_over(sqlite_demo) as services, services.database.read() as session:
        stored = {record.url: record.body for record in session.scalars(select(Record))}
    assert dict(evidence.records) == stored


def test_there_is_enough_to_look_at(services: Services) -> None:
    with services.database.read() as session:
        villages = session.scalar(
            select(func.count(func.distinct(Workshop.village_id))).join(
                Product, Product.workshop_id == Workshop.id
            )
        )
    assert _count(services, Village) == 30
    assert _count(services, Product) >= 40
    assert (villages or 0) >= 12


@pytest.mark.parametrize(
    ("slug", "state", "reason"),
    [(EXPIRED_BEFORE_ISSUE, "expired", "EXPIRED"), (NOT_YET, "not_yet_valid", "NOT_YET_VALID")],
)
def test_certificate_out_of_its_time_shows_on_page_and_verdict(
    services: Services, slug: str, state: str, reason: str
) -> None:
    page = services.catalogue.product(slug, now=DEMO_NOW)
    assert state in {view.state for view in page.certificates}
    assert page.card.stars is None
    found = {
        (check.status, check.reason)
        for lot in page.lots
        for check in services.scans.look_up(lot.sample_label or "", now=DEMO_NOW).verdict.checks
    }
    assert {(CheckStatus.NOTE, reason), (CheckStatus.CAUTION, reason)} & found


def test_lot_with_bought_in_goods_says_so(services: Services) -> None:
    page = services.catalogue.product("dia-ca-men-mau", now=DEMO_NOW)
    lot = next(lot for lot in page.lots if lot.number == "DC-025")
    found = services.scans.look_up(lot.sample_label or "", now=DEMO_NOW)
    passport = next(station for station in found.stations if station.kind == "passport")
    assert any("mua vào" in note.vi for note in passport.notes)


def test_workshop_outside_its_village_says_so(services: Services) -> None:
    page = services.places.workshop("xuong-mau-17", now=DEMO_NOW)
    assert not page.is_inside_village
    label = services.catalogue.product(page.products[0].slug, now=DEMO_NOW).lots[0].sample_label
    found = services.scans.look_up(label or "", now=DEMO_NOW)
    station = next(station for station in found.stations if station.kind == "workshop")
    assert any("ngoài làng" in note.vi for note in station.notes)


def test_every_workshop_and_issuer_says_that_it_is_a_sample(services: Services) -> None:
    with services.database.read() as session:
        workshops = list(session.scalars(select(Workshop)))
        bodies = list(session.scalars(select(Record.body)))
    reader = services.scans._reader  # one reader knows all records already
    assert all(workshop.is_fictional for workshop in workshops)
    assert all("mẫu" in reader.read(body).envelope.issuer.name.lower() for body in bodies)


def test_lots_hold_as_many_serials_as_were_signed_for(services: Services) -> None:
    reader = services.scans._reader
    with services.database.read() as session:
        rows = [
            (lot.unit_count, lot.serials, body)
            for lot, body in session.execute(
                select(Lot, Record.body).join(Record, Record.id == Lot.record_id)
            )
        ]
    for units, serials, body in rows:
        passport, known = reader.read(body).record, reader.serials(serials)
        assert isinstance(passport, LotPassport)
        assert (units, known.root.hex()) == (passport.unit_count, passport.serial_root)
        assert len(known.members) == units


def test_nothing_is_signed_after_the_moment_of_the_build(services: Services) -> None:
    with services.database.read() as session:
        latest = session.scalar(select(func.max(Record.issued_at)))
    assert latest is not None
    assert latest - DEMO_NOW <= timedelta(0)


@pytest.mark.parametrize("needle", ['"proofValue": "z', '"proofValue":"z', "PRIVATE KEY-----"])
def test_nothing_signed_and_no_key_is_committed(needle: str) -> None:
    git = shutil.which("git")
    if git is None or not (PROJECT / ".git").exists():
        pytest.skip("not a git checkout")
    found = subprocess.run(
        [git, "grep", "-lF", needle, "--", ".", ":!docs", ":!tests"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
    assert found.returncode == 1  # 1: looked and found nothing
