"""An independent verifier, Digital Bazaar's in JavaScript, takes our records and refuses changed ones."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.simulators.forgery import altered, every_kind, forge_at
from tests.simulators.peers import ask_peer, require_peers, run_peer
from tests.simulators.village import NOW, Village
from traceability.errors import Unreadable
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import decode, encode, read_bit, with_bit
from traceability.records.canonical import canonical
from traceability.signing.trust import TrustList

VECTOR = Path(__file__).parents[2] / ".." / "shared" / "vectors" / "vc-di-eddsa"
VILLAGE = Village().issue_all()


def peer_verdicts(folder: Path, keys: Path) -> dict[str, bool]:
    """Gives, for each *.json of a folder, whether the peer takes its proof.

    Args:
        folder: records, one a file.
        keys: a file with `{verification method id: {"controller": …, "publicKeyMultibase": …}}`.
    """
    return {file: line["verified"] for file, line in run_peer("verify.mjs", folder, keys).items()}


def write_keys(trust: TrustList, path: Path) -> Path:
    """Writes the record keys of a trust list as the peer reads them."""
    keys = {
        name: {"controller": method.controller, "publicKeyMultibase": method.key.multibase}
        for name, method in trust.methods.items()
    }
    path.write_text(json.dumps(keys), "utf-8")
    return path


def write_records(records: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in records.items():
        (folder / f"{name}.json").write_bytes(data)
    return folder


@pytest.fixture(scope="module", autouse=True)
def peer():
    """The installed peer."""
    require_peers()


@pytest.fixture
def keys(tmp_path):
    return write_keys(VILLAGE.trust, tmp_path / "keys.json")


def all_records():
    """Every record of the village, and one of each other kind, signed by whom it names."""
    records = {name: item.data for name, item in VILLAGE.records.items()}
    for name, record in every_kind(VILLAGE).items():
        issuer = record.envelope.issuer.did.rpartition(":")[2]
        records.setdefault(name, forge_at(VILLAGE, record.to_document(), f"{issuer}#record", NOW))
    return records


def test_the_peer_takes_every_record_of_ours(tmp_path, keys):
    records = all_records()
    verdicts = peer_verdicts(write_records(records, tmp_path / "records"), keys)
    assert verdicts == {f"{name}.json": True for name in records}


def test_the_peer_refuses_each_record_that_was_changed(tmp_path, keys):
    changed = {
        name: canonical(altered(item.document, ["name"], "Tên khác"))
        for name, item in VILLAGE.records.items()
    }
    verdicts = peer_verdicts(write_records(changed, tmp_path / "records"), keys)
    assert verdicts == {f"{name}.json": False for name in changed}


def test_the_peer_refuses_a_key_that_is_not_listed(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text("{}", "utf-8")
    records = {"village": VILLAGE.records["village"].data}
    assert peer_verdicts(write_records(records, tmp_path / "records"), path) == {"village.json": False}


@pytest.mark.skipif(not VECTOR.is_dir(), reason="the shared W3C vector is absent")
def test_the_peer_takes_the_official_vector(tmp_path):
    """The canary for the peer itself: it does know the suite that we sign with."""
    public = json.loads((VECTOR / "keyPair.json").read_text())["publicKeyMultibase"]
    path = tmp_path / "keys.json"
    key = {"controller": f"did:key:{public}", "publicKeyMultibase": public}
    path.write_text(json.dumps({f"did:key:{public}#{public}": key}), "utf-8")
    signed = (VECTOR / "eddsa-jcs-2022" / "signedJCS.json").read_bytes()
    assert peer_verdicts(write_records({"vector": signed}, tmp_path / "records"), path) == {
        "vector.json": True
    }


def test_what_the_peer_does_not_check_is_checked_by_us(tmp_path, keys):
    """Another issuer's key, an expired proof: the signature holds, so the peer is content. We are not."""
    passport = VILLAGE.records["passport"].document
    forged = {
        "another-issuers-key": forge_at(VILLAGE, passport, "neighbour#record", NOW),
        "expired": forge_at(VILLAGE, passport, "workshop#record", NOW, expires="2026-11-22T07:59:59Z"),
    }
    verdicts = peer_verdicts(write_records(forged, tmp_path / "records"), keys)
    assert verdicts["another-issuers-key.json"] is True
    assert set(verdicts) == {"another-issuers-key.json", "expired.json"}


# --- Status lists ----------------------------------------------------------------------------------------

INDEXES = [0, 1, 7, 8, 9, 63, 64, 4_095, 65_536, 131_070, 131_071]


def status_peer(*, read=(), write=()):
    """What the peer's status list library reads in our lists, and which lists it writes."""
    request = json.dumps({"read": list(read), "write": list(write)})
    return json.loads(ask_peer("status.mjs", given=request))


@pytest.mark.parametrize(
    "wanted", [[], [0], [7], [131_071], INDEXES], ids=["none", "first", "7", "last", "some"]
)
def test_the_peer_reads_the_bits_of_our_lists(wanted):
    bits = bytes(STATUS_LIST_BITS // 8)
    for index in wanted:
        bits = with_bit(bits, index)
    (found,) = status_peer(read=[{"list": encode(bits), "indexes": INDEXES}])["read"]
    assert found == [index in wanted for index in INDEXES]


def test_the_peer_reads_a_list_that_was_signed():
    village = Village().issue_all()
    document = village.revoke("passport").document
    index = village.records["passport"].envelope.status.index
    request = {"list": document["credentialSubject"]["encodedList"], "indexes": [index, index + 1]}
    assert status_peer(read=[request])["read"] == [[True, False]]


def test_we_read_the_bits_of_the_peers_lists():
    (text,) = status_peer(write=[{"length": STATUS_LIST_BITS, "indexes": INDEXES}])["written"]
    bits = decode(text)
    assert [index for index in range(STATUS_LIST_BITS) if read_bit(bits, index)] == INDEXES


def test_a_short_list_of_the_peers_is_refused():
    """The peer writes lists of any length; the standard wants 131,072 bits, so that one hides among many."""
    (text,) = status_peer(write=[{"length": 8, "indexes": [1]}])["written"]
    with pytest.raises(Unreadable):
        decode(text)


def test_the_peer_refuses_a_list_that_was_cut_off():
    text = encode(bytes(STATUS_LIST_BITS // 8))
    (found,) = status_peer(read=[{"list": text[:-12], "indexes": [0]}])["read"]
    assert isinstance(found, str)
