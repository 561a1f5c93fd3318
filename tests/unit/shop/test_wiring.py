"""What the wiring refuses to start over, and that a refusal lets go of the database."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shop.app import create_app
from shop.db.instance import InstanceFact
from shop.db.lots import TrustList
from shop.errors import ConfigurationError
from shop.wiring import Services, build_services, open_migrated, take_up_newest_list
from tests.conftest import DEMO_NOW, Demo, services_over
from tests.simulators.root_holders import publish_keys
from tests.simulators.tampering import disarm, edit
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustKey


def _fresh(tmp_path: Path) -> Demo:
    return Demo(f"sqlite:///{tmp_path / 'fresh.db'}", tmp_path / "data", None)  # type: ignore[arg-type]  # unused


def test_host_is_frozen_at_the_first_start(own_demo: Demo) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_migrated(own_demo.settings(IDENTITY_HOST="other.example"))
    assert caught.value.code == "IDENTITY_CHANGED"


def test_changed_host_names_its_remedy(own_demo: Demo) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_migrated(own_demo.settings(IDENTITY_HOST="other.example"))
    message = str(caught.value)
    assert "IDENTITY_HOST=demo.langnghe.example" in message
    assert "LANGNGHE_DATA_DIR" in message


def test_other_address_of_the_same_host_is_taken(own_demo: Demo) -> None:
    open_migrated(own_demo.settings(PUBLIC_BASE_URL="http://127.0.0.1:9000", PORT=9000)).close()


def test_demo_is_refused_in_production(own_demo: Demo) -> None:
    settings = own_demo.settings(
        LANGNGHE_MODE="production", PUBLIC_BASE_URL="https://demo.langnghe.example", SECRET_KEY="k" * 32
    )
    with pytest.raises(ConfigurationError) as caught:
        build_services(settings)
    assert caught.value.code == "DEMO_IN_PRODUCTION"


def test_production_with_an_account_of_the_demo_is_refused(own_demo: Demo) -> None:
    """As it would be where somebody made one of these names by hand."""
    settings = own_demo.settings(
        LANGNGHE_MODE="production", PUBLIC_BASE_URL="https://demo.langnghe.example", SECRET_KEY="k" * 32
    )
    with closing(open_migrated(own_demo.settings())) as database, database.write() as session:
        session.get_one(InstanceFact, "mode").value = "production"
    with pytest.raises(ConfigurationError) as caught:
        open_migrated(settings)
    assert caught.value.code == "DEMO_ACCOUNTS"


def test_instance_without_trust_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build_services(_fresh(tmp_path).settings())
    assert caught.value.code == "NO_TRUST_LIST"
    assert "langnghe demo" in str(caught.value)


def test_trust_list_needs_the_pinned_roots(own_demo: Demo) -> None:
    (own_demo.folder / "roots.txt").unlink()
    with pytest.raises(ConfigurationError) as caught:
        build_services(own_demo.settings())
    assert caught.value.code == "NO_ROOTS"
    assert "langnghe demo" in str(caught.value)


def test_database_that_cannot_be_brought_up_to_date_is_one_error(tmp_path: Path) -> None:
    demo = _fresh(tmp_path)
    open_migrated(demo.settings()).close()
    with closing(sqlite3.connect(tmp_path / "fresh.db")) as broken:
        broken.execute("DROP TABLE instance_facts")
    with pytest.raises(ConfigurationError) as caught:
        open_migrated(demo.settings())
    assert caught.value.code == "DATABASE_UNREACHABLE"


def test_trust_list_of_other_roots_is_refused(own_demo: Demo, tmp_path: Path) -> None:
    roots = own_demo.folder / "roots.txt"
    lines = roots.read_text(encoding="utf-8").splitlines()
    roots.write_text(f"{lines[2]}\n", encoding="utf-8")  # the root that did not sign
    with pytest.raises(ConfigurationError) as caught:
        build_services(own_demo.settings())
    assert caught.value.code == "BAD_TRUST_LIST"


def test_changed_trust_list_is_refused(own_demo: Demo) -> None:
    database = open_migrated(own_demo.settings())
    with database.write() as session:
        row = session.get_one(TrustList, 1)
        session.add(
            TrustList(
                sequence=9, note=row.note.replace("ocop_council", "province"), published_at=row.published_at
            )
        )
    database.close()
    with pytest.raises(ConfigurationError) as caught:
        build_services(own_demo.settings())
    assert caught.value.code == "BAD_TRUST_LIST"


def test_trust_list_that_was_taken_away_is_missed(own_demo: Demo) -> None:
    """The newest list revoked a stolen key: without it the key would be trusted again."""
    database = open_migrated(own_demo.settings())
    disarm(database)
    edit(database, "DELETE FROM trust_lists WHERE sequence = 2")
    database.close()
    with pytest.raises(ConfigurationError, match="the log names trust list 2") as caught:
        build_services(own_demo.settings())
    assert caught.value.code == "TRUST_LIST_MISSING"


def test_every_table_is_made_at_the_first_start(tmp_path: Path) -> None:
    demo = _fresh(tmp_path)
    open_migrated(demo.settings()).close()
    assert (tmp_path / "fresh.db").exists()
    assert demo.folder.is_dir()


def _new_key(services: Services) -> TrustKey:
    host = services.settings.identity_host
    did = f"did:web:{host}:issuers:kiem-tra-vien-mau-9"
    method = VerificationMethod(f"{did}#record-1", did, Ed25519Signer.generate().public_key)
    return TrustKey(method, "Kiểm tra viên mẫu 9", "inspector", "record", "holder", ("vn:01",), DEMO_NOW)


def test_a_newer_trust_list_is_taken_up_without_a_restart(own_demo: Demo) -> None:
    with services_over(own_demo) as services:
        key = _new_key(services)
        publish_keys(services, own_demo, [key], now=DEMO_NOW + timedelta(hours=1))
        renewed = take_up_newest_list(services)
        assert renewed.records.trust.keys_of(key.method.controller) == (key,)
        assert renewed.database is services.database


def test_the_same_trust_list_is_not_taken_up_again(own_demo: Demo) -> None:
    with services_over(own_demo) as services:
        assert take_up_newest_list(services) is services


def test_a_running_shop_takes_a_newer_list_up_at_the_next_request(own_demo: Demo) -> None:
    with services_over(own_demo) as services:
        client = create_app(own_demo.settings(), services).test_client()
        sequence = services.records.trust.sequence
        publish_keys(services, own_demo, [_new_key(services)], now=DEMO_NOW + timedelta(hours=1))
        assert f'"sequence":{sequence},' in client.get("/trust").text
        services.trust_watch.look()  # as the keeper does each second
        assert f'"sequence":{sequence + 1},' in client.get("/trust").text
