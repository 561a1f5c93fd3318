"""The log over HTTP: an auditor who has nothing but the served files and the roots finds it whole."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Demo, count_statements
from tests.simulators.ledger import read_head, read_log_of
from traceability.errors import Reason, Unreadable
from traceability.ledger.audit import audit_files
from traceability.ledger.tiles import decode_bundle
from traceability.policy import log_policy, open_trust_list
from traceability.roots import parse_roots


def _read(client: FlaskClient, path: str) -> bytes:
    response = client.get(f"/log/{path}")
    if response.status_code != 200:
        raise Unreadable(Reason.BAD_RECEIPT, f"{path}: {response.status}")
    return response.data


def test_stranger_audits_the_whole_log(client: FlaskClient, live_demo: Demo) -> None:
    roots = parse_roots((live_demo.folder / "roots.txt").read_bytes())
    policy = log_policy(open_trust_list(client.get("/trust").data, roots))
    assert policy is not None
    head = read_head(lambda path: _read(client, path), policy)
    checkpoint = head.checkpoint
    assert list(audit_files(lambda path: _read(client, path), checkpoint.size, checkpoint.root)) == []
    assert [one.witness.name for one in head.cosignatures] == ["demo.langnghe.example/witness"]


def test_served_and_published_files_are_the_same(client: FlaskClient, live_demo: Demo) -> None:
    read = read_log_of(live_demo.folder / "log")
    paths = [path for path in (live_demo.folder / "log").rglob("*") if path.is_file()]
    names = [str(path.relative_to(live_demo.folder / "log")) for path in paths if path.name[0] != "."]
    assert len(names) > 4
    assert all(_read(client, name) == read(name) for name in names)


def test_checkpoint_may_be_kept_for_seconds_only(client: FlaskClient) -> None:
    response = client.get("/log/checkpoint")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=3"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/log/checkpoint", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/000.p/7", "tile/entries/000", "tile/entries/001.p/1"])
def test_tile_may_be_kept_for_ever(client: FlaskClient, path: str) -> None:
    response = client.get(f"/log/{path}")
    assert response.status_code == 200
    assert response.content_type == "application/octet-stream"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_partial_tile_is_the_beginning_of_the_full_one(client: FlaskClient) -> None:
    full = _read(client, "tile/0/000")
    assert _read(client, "tile/0/000.p/9") == full[: 9 * 32]
    entries = decode_bundle(_read(client, "tile/entries/000"), width=256)
    assert decode_bundle(_read(client, "tile/entries/000.p/9"), width=9) == entries[:9]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/007",
        "tile/0/000/",
        "tile//0/000",
        "tile/0/x000/000",
        "tile/0/999",
        "tile/1/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/entries/000.p/",
        "tile/ENTRIES/000",
        "tile/0/%30%30%30%00",
        "tile/../checkpoint",
        "tile/data/000",
        "tile/",
    ],
)
def test_what_is_no_file_of_the_log_is_a_short_404(client: FlaskClient, path: str) -> None:
    response = client.get(f"/log/{path}")
    assert response.status_code == 404


def test_missing_tile_is_told_in_one_line(client: FlaskClient) -> None:
    response = client.get("/log/tile/0/999")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.data == b"no such tile\n"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/entries/000"])
def test_file_costs_two_statements(app: Flask, client: FlaskClient, path: str) -> None:
    with count_statements(app.extensions["langnghe"].database) as statements:
        assert client.get(f"/log/{path}").status_code == 200
    assert len(statements) <= 2
