"""An independent JOSE library, npm's jose, takes our vc+jwt tokens and refuses changed ones."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.simulators.forgery import every_kind, forge_at
from tests.simulators.peers import require_peers, run_peer
from tests.simulators.village import NOW, Village, signer
from traceability.export.jwt import write_jwt
from traceability.records.canonical import canonical
from traceability.signing.proof import VerificationMethod

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "sample-records"
VILLAGE = Village().issue_all()


@pytest.fixture(scope="module", autouse=True)
def peer() -> None:
    """The installed peer."""
    require_peers()


def b64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def jwk(method: VerificationMethod) -> dict[str, str]:
    """Gives a public key as RFC 8037 writes it."""
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(method.key.raw).decode()}


def ask(tokens: Mapping[str, bytes], folder: Path, keys: Mapping[str, VerificationMethod]) -> dict[str, bool]:
    """Gives, for each token by its name, whether the peer takes it."""
    folder.mkdir()
    for name, token in tokens.items():
        (folder / f"{name}.jwt").write_bytes(token)
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({name: jwk(method) for name, method in keys.items()}), "utf-8")
    said = run_peer("jose.mjs", folder, jwks)
    return {file.removesuffix(".jwt"): line["verified"] for file, line in said.items()}


def all_tokens() -> dict[str, bytes]:
    """A token of every record of the village, and of one of each other kind."""
    records = {name: item.data for name, item in VILLAGE.records.items()}
    issuers = {name: item.envelope.issuer.did for name, item in VILLAGE.records.items()}
    for name, record in every_kind(VILLAGE).items():
        issuers.setdefault(name, record.envelope.issuer.did)
        slug = record.envelope.issuer.did.rpartition(":")[2]
        records.setdefault(name, forge_at(VILLAGE, record.to_document(), f"{slug}#record", NOW))
    return {name: write_jwt(data, signer(f"{issuers[name]}#record")) for name, data in records.items()}


def changed(token: bytes, part: int) -> bytes:
    """Gives the token with one bit of one part turned."""
    parts = [bytearray(piece) for piece in token.split(b".")]
    parts[part][10] = ord("A") if parts[part][10] != ord("A") else ord("B")
    return b".".join(map(bytes, parts))


def test_the_peer_takes_a_token_of_every_record_of_ours(tmp_path: Path) -> None:
    tokens = all_tokens()
    assert ask(tokens, tmp_path / "tokens", VILLAGE.trust.methods) == dict.fromkeys(tokens, True)


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "payload", "signature"])
def test_the_peer_refuses_a_token_of_which_a_part_was_changed(part: int, tmp_path: Path) -> None:
    tokens = {name: changed(token, part) for name, token in all_tokens().items()}
    assert ask(tokens, tmp_path / "tokens", VILLAGE.trust.methods) == dict.fromkeys(tokens, False)


def test_the_peer_refuses_a_token_whose_key_is_not_listed(tmp_path: Path) -> None:
    tokens = {"village": all_tokens()["village"]}
    assert ask(tokens, tmp_path / "tokens", {}) == {"village": False}


def test_the_peer_refuses_a_token_under_another_parties_key(tmp_path: Path) -> None:
    tokens = {"passport": all_tokens()["passport"]}
    methods = VILLAGE.trust.methods
    name = VILLAGE.records["passport"].claim.method_id
    swapped = {name: VILLAGE.keys["neighbour#record"].method}
    assert ask(tokens, tmp_path / "tokens", {**methods, **swapped}) == {"passport": False}


def test_the_peer_refuses_a_token_without_signature(tmp_path: Path) -> None:
    """The canary for the script: the algorithm is pinned there too."""
    _, payload, _ = all_tokens()["passport"].split(b".")
    method = VILLAGE.records["passport"].claim.method_id
    header = b64(canonical({"alg": "none", "cty": "vc", "kid": method, "typ": "vc+jwt"}))
    tokens = {"none": b".".join((header, payload, b""))}
    assert ask(tokens, tmp_path / "tokens", VILLAGE.trust.methods) == {"none": False}


def test_the_peer_reads_out_the_id_of_the_record(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    ask({"passport": all_tokens()["passport"]}, folder, VILLAGE.trust.methods)
    said = run_peer("jose.mjs", folder, folder / "jwks.json")
    assert said["passport.jwt"]["id"] == VILLAGE.records["passport"].envelope.id


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared sample records are absent")
def test_the_peer_takes_a_token_that_another_program_made(tmp_path: Path) -> None:
    """The canary for the peer itself: it does know the form that we write."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    (folder / "sample.jwt").write_bytes((SAMPLES / "d-lot-dpp.vc.jwt").read_bytes().strip())
    key = json.loads((SAMPLES / "jwks.json").read_text("utf-8"))["workshop"]
    keys = {"did:web:xuong-gom-minh.example#key-1": key}
    (folder / "jwks.json").write_text(json.dumps(keys), "utf-8")
    assert run_peer("jose.mjs", folder, folder / "jwks.json")["sample.jwt"]["verified"] is True
