"""`log check`, `log audit`, `log cosign`: told right, exit statuses, bounded reading."""

import json
import os
import random
import secrets
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators import command_line
from tests.simulators.ledger import LOG_SIGNER, ORIGIN, later, make_entries, make_log
from tests.simulators.merkle import consistency_proof
from tests.simulators.village import Village
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import WitnessKey
from traceability.ledger.log import Log
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.publish import publish
from traceability.ledger.spelling import write_base64
from traceability.ledger.witness import read_answer
from traceability.signing.keys import Ed25519Signer

VKEY = note.Verifier(ORIGIN, LOG_SIGNER.public_key).vkey
WITNESS = "witness.example"
SEED = {"SEED": "22" * 32}
run = partial(command_line.run, "log")
WITNESS_KEY = WitnessKey(WITNESS, Ed25519Signer.from_seed(bytes.fromhex(SEED["SEED"])).public_key)


@dataclass(frozen=True, slots=True)
class Site:
    """A published log in a folder of its own, and what it signs."""

    log: Log
    folder: Path

    def grow(self, size: int, *, salt: str = "") -> Path:
        """Appends up to `size`, publishes, and gives a copy of the checkpoint."""
        with self.log.store.read() as view:
            start = view.size()
        self.log.append_batch(make_entries(start, size, salt=salt))
        publish(self.log.store, self.log.checkpoint(later(size)), self.folder / "log")
        return self.keep(f"checkpoint.{size}")

    def keep(self, name: str) -> Path:
        kept = self.folder / name
        shutil.copyfile(self.folder / "log" / "checkpoint", kept)
        return kept


NewSite = Callable[[], Site]


@pytest.fixture
def new_site(tmp_path: Path) -> NewSite:
    """Gives a function that makes another log of the same origin and key."""

    def make() -> Site:
        folder = tmp_path / secrets.token_hex(4)
        folder.mkdir()
        return Site(make_log(folder / "heads"), folder)

    return make


@pytest.fixture
def site(new_site: NewSite) -> Site:
    """A log of 700 entries with an earlier head of 300."""
    made = new_site()
    made.grow(300)
    made.grow(700)
    return made


def signed(size: int, root: bytes, *, origin: str = ORIGIN) -> bytes:
    return note.sign(Checkpoint(origin, size, root).to_text(), [(origin, LOG_SIGNER)])


# --- check ---------------------------------------------------------------------------------------


def check(old: Path, new: Path, *arguments: str | Path) -> tuple[int, str]:
    result = run("check", old, new, "--vkey", VKEY, *arguments)
    return result.exit_code, result.stdout.partition("\n")[0]


def test_growth_is_consistent(site: Site) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    assert check(*heads, "--log", site.folder / "log") == (0, "CONSISTENT")


def test_the_same_head_needs_no_tiles(site: Site) -> None:
    head = site.folder / "checkpoint.300"
    assert check(head, head) == (0, "CONSISTENT")


def test_a_smaller_head_is_a_rollback(site: Site) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (700, 300)]
    assert check(*heads, "--log", site.folder / "log") == (1, "ROLLBACK")


def test_a_smaller_head_is_a_rollback_although_the_larger_ones_tiles_are_gone(
    site: Site, new_site: NewSite
) -> None:
    restored = new_site()
    head = restored.grow(300)
    assert check(site.folder / "checkpoint.700", head, "--log", restored.folder / "log") == (1, "ROLLBACK")


def test_another_history_is_a_fork(site: Site, new_site: NewSite) -> None:
    other = new_site()
    other.grow(299)
    head = other.grow(600, salt="forged ")
    assert check(site.folder / "checkpoint.300", head, "--log", other.folder / "log") == (1, "FORK")


def test_another_root_of_the_same_size_is_a_fork(site: Site, new_site: NewSite) -> None:
    other = new_site()
    assert check(site.folder / "checkpoint.300", other.grow(300, salt="forged ")) == (1, "FORK")


def proof_lines(site: Site, old: int, new: int) -> bytes:
    return b"".join(f"{write_base64(one)}\n".encode() for one in site.log.prove_growth(old, new))


def test_a_proof_file_serves_instead_of_tiles(site: Site) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    proof = site.folder / "proof"
    proof.write_bytes(proof_lines(site, 300, 700))
    assert check(*heads, "--proof", proof) == (0, "CONSISTENT")
    assert check(*heads[::-1], "--proof", proof) == (1, "ROLLBACK")


def test_a_request_serves_as_a_proof(site: Site) -> None:
    head = site.log.checkpoint(later(900))
    request = site.folder / "request"
    request.write_bytes(site.log.request_cosignature(300, head).to_bytes())
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    assert check(*heads, "--proof", request) == (0, "CONSISTENT")


def test_a_fork_by_a_proof_says_that_the_proof_may_be_wrong(site: Site) -> None:
    proof = site.folder / "proof"
    lines = proof_lines(site, 300, 700).splitlines(keepends=True)
    proof.write_bytes(b"".join(lines[::-1]))
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    result = run("check", *heads, "--vkey", VKEY, "--proof", proof)
    assert result.exit_code == 1
    assert result.stdout.startswith("FORK\n")
    assert "before accusing" in result.stdout


def test_a_proof_of_another_size_is_no_answer(site: Site) -> None:
    proof = site.folder / "proof"
    proof.write_bytes(proof_lines(site, 300, 700).splitlines(keepends=True)[0])
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    assert check(*heads, "--proof", proof) == (1, "BAD_RECEIPT")


def test_tiles_of_another_log_accuse_nobody(site: Site, new_site: NewSite) -> None:
    other = new_site()
    other.grow(700, salt="other ")
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    assert check(*heads, "--log", other.folder / "log") == (1, "BAD_RECEIPT")


@pytest.mark.parametrize("number", [0, 1])
def test_a_head_of_a_bad_signature_is_refused(site: Site, number: int) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    text = heads[number].read_text(encoding="utf-8")
    heads[number].write_text(text.replace("700\n", "701\n").replace("300\n", "301\n"), encoding="utf-8")
    assert check(*heads, "--log", site.folder / "log") == (1, "BAD_SIGNATURE")


def test_a_head_of_a_stranger_is_refused(site: Site) -> None:
    head = site.folder / "checkpoint.700"
    head.write_bytes(signed(700, bytes(32), origin="stranger.example"))
    assert check(site.folder / "checkpoint.300", head, "--log", site.folder / "log") == (1, "KEY_UNKNOWN")


def test_two_logs_are_not_compared(site: Site) -> None:
    other = site.folder / "other"
    other.write_bytes(signed(700, bytes(32), origin="other.example"))
    keys = ["--vkey", VKEY, "--vkey", note.Verifier("other.example", LOG_SIGNER.public_key).vkey]
    result = run("check", site.folder / "checkpoint.300", other, *keys, "--log", site.folder / "log")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--vkey", VKEY],
        ["--vkey", VKEY, "--policy", "x", "--log", "."],
        ["--vkey", VKEY, "--log", ".", "--proof", "x"],
        ["--vkey", "nonsense", "--log", "."],
        ["--vkey", VKEY, "--log", "nowhere"],
        ["--vkey", VKEY, "--proof", "nowhere"],
        ["--vkey", VKEY, "--log", "ftp://host.example/"],
        ["--vkey", VKEY, "--log", "https://"],
        ["--vkey", VKEY, "--log", "https://user@host.example/"],
        ["--vkey", VKEY, "--log", "https://host.example/?a"],
        ["--vkey", VKEY, "--log", "http://host.example:0/"],
        ["--vkey", VKEY, "--log", "http://host.example:x/"],
    ],
)
def test_wrong_usage_is_one_line(site: Site, arguments: list[str]) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    result = run("check", *heads, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("data", [b"", b"no note", b"\xff", b"a\n\n\xe2\x80\x94 x AAAAAAAA\n"])
def test_what_is_no_checkpoint_is_one_line(site: Site, data: bytes) -> None:
    (site.folder / "bad").write_bytes(data)
    result = run("check", site.folder / "checkpoint.300", site.folder / "bad", "--vkey", VKEY)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@given(data=st.binary(max_size=200))
def test_any_bytes_as_a_proof_end_in_an_answer_or_one_line(tmp_path_factory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "old").write_bytes(signed(3, b"a" * 32))
    (folder / "new").write_bytes(signed(5, b"b" * 32))
    (folder / "proof").write_bytes(data)
    result = run("check", folder / "old", folder / "new", "--vkey", VKEY, "--proof", folder / "proof")
    assert result.exit_code in (1, 2)


def test_json_names_relation_outcome_and_reason(site: Site) -> None:
    heads = [str(site.folder / f"checkpoint.{size}") for size in (700, 300)]
    result = run("check", *heads, "--vkey", VKEY, "--log", site.folder / "log", "--json")
    value = json.loads(result.stdout)
    assert (value["relation"], value["outcome"], value["reasons"]) == ("ROLLBACK", "invalid", ["ROLLBACK"])
    assert value["input"] == " ".join(heads)


def test_a_policy_file_says_whom_to_trust(site: Site) -> None:
    """Witnesses are not asked for: a fork is one whoever has cosigned it."""
    policy = site.folder / "policy"
    policy.write_text(
        f"log {VKEY}\nwitness w {WITNESS_KEY.vkey}\nquorum w\n",
        encoding="utf-8",
    )
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    assert run("check", *heads, "--policy", policy, "--log", site.folder / "log").exit_code == 0


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[Path, list[Path]]:
    """A trust list with its roots beside it, and two heads of the log that it names."""
    village, leaves = Village(), [leaf_hash(b"%d" % number) for number in range(5)]
    (tmp_path / "trust.txt").write_bytes(village.trust_note())
    (tmp_path / "roots.txt").write_text("\n".join(root.vkey for root in village.roots), encoding="utf-8")
    heads = [tmp_path / "old", tmp_path / "new"]
    for size, path in zip((3, 5), heads, strict=True):
        path.write_bytes(village.head(leaves[:size], cosigned=False).to_bytes())
    proof = [write_base64(one) for one in consistency_proof(3, leaves)]
    (tmp_path / "proof").write_text("\n".join(proof), encoding="utf-8")
    return tmp_path, heads


def test_a_trust_list_says_whom_to_trust(trusted: tuple[Path, list[Path]]) -> None:
    folder, heads = trusted
    result = run("check", *heads, "--trust", folder / "trust.txt", "--proof", folder / "proof")
    assert (result.exit_code, result.stdout.partition("\n")[0]) == (0, "CONSISTENT")


def test_a_trust_list_of_other_roots_is_what_fails(trusted: tuple[Path, list[Path]]) -> None:
    folder, heads = trusted
    root = note.Verifier("root-1.example", Ed25519Signer.from_seed(bytes(32)).public_key).vkey
    options = ("--trust", folder / "trust.txt", "--root", root, "--proof", folder / "proof", "--json")
    result = run("check", *heads, *options)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["reasons"] == ["KEY_UNKNOWN"]


class TestFiftyOfEach:
    """Fifty honest growths, fifty rollbacks, fifty forks, of sizes that are new each time."""

    def sizes(self) -> Iterator[tuple[int, int, int]]:
        seed = os.environ.get("SEED_OF_HEADS") or secrets.randbits(32)
        sys.stderr.write(f"SEED_OF_HEADS={seed}\n")  # shown when the test fails
        chance = random.Random(int(seed))
        for _ in range(50):
            old = chance.choice([1, 2, 255, 256, 257, chance.randrange(1, 300)])
            yield old, old + chance.choice([1, 2, 256, chance.randrange(1, 300)]), chance.randrange(old)

    @pytest.mark.slow
    def test_each_is_told(self, new_site: NewSite) -> None:
        for old, new, forked_at in self.sizes():
            honest, forged = new_site(), new_site()
            kept, grown = honest.grow(old), honest.grow(new)
            if forked_at:
                forged.grow(forked_at)
            other = forged.grow(new, salt="forged ")
            assert check(kept, grown, "--log", honest.folder / "log") == (0, "CONSISTENT")
            assert check(grown, kept, "--log", honest.folder / "log") == (1, "ROLLBACK")
            assert check(kept, other, "--log", forged.folder / "log") == (1, "FORK")
            assert check(other, kept, "--log", forged.folder / "log") == (1, "FORK")


# --- over the web ----------------------------------------------------------------------------------


class _Quiet(SimpleHTTPRequestHandler):
    """Files of a folder."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        return


class _Odd(BaseHTTPRequestHandler):
    """Answers by the first part of the path: what a broken or hostile host may do."""

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        what = self.path.split("/")[1]
        if what == "moved":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
        elif what == "huge":
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                for _ in range(40):
                    self.wfile.write(bytes(65_536))
        elif what == "short":
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"half")
        elif what == "broken":
            self.send_error(500)
        else:
            self.close_connection = True


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_log_is_read_over_the_web(site: Site) -> None:
    heads = [site.folder / f"checkpoint.{size}" for size in (300, 700)]
    with serving(partial(_Quiet, directory=site.folder)) as address:
        assert check(*heads, "--log", f"{address}/log/") == (0, "CONSISTENT")
        assert run("audit", f"{address}/log", "--vkey", VKEY).exit_code == 0
        (site.folder / "log/tile/0/000").unlink()
        result = run("audit", f"{address}/log", "--vkey", VKEY)
    assert result.exit_code == 1
    assert "✗ tile/0/000  BAD_LOG: tile/0/000: the host has no such file" in result.stdout


@pytest.mark.parametrize("kind", ["moved", "huge", "short", "broken", "silent"])
def test_an_odd_host_is_one_line_and_says_nothing_of_the_log(kind: str) -> None:
    with serving(_Odd) as address:
        result = run("audit", f"{address}/{kind}", "--vkey", VKEY)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1


def test_a_shops_own_address_is_no_export_and_not_invalid(site: Site) -> None:
    with serving(partial(_Quiet, directory=site.folder)) as address:
        result = run("audit", address, "--vkey", VKEY)
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"no static export here; its log alone is audited as {address}/log" in result.stderr
        assert run("audit", f"{address}/log", "--vkey", VKEY).exit_code == 0


def test_an_address_with_nothing_below_is_one_line(site: Site) -> None:
    with serving(partial(_Quiet, directory=site.folder / "log" / "tile")) as address:
        result = run("audit", address, "--vkey", VKEY)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "neither a static export (manifest.txt) nor a log (checkpoint) here" in result.stderr


def test_a_host_that_is_not_there_is_one_line() -> None:
    result = run("audit", "http://127.0.0.1:1/log", "--vkey", VKEY)
    assert result.exit_code == 2
    assert "refused" in result.stderr


# --- audit -----------------------------------------------------------------------------------------


def test_a_whole_log_is_verified(site: Site) -> None:
    result = run("audit", site.folder / "log", "--vkey", VKEY)
    assert result.exit_code == 0
    assert result.stdout.startswith("✓ VERIFIED")
    assert "700 entries" in result.stdout


@pytest.mark.parametrize("path", ["tile/0/000", "tile/1/000.p/2", "tile/0/002.p/188", "tile/entries/001"])
def test_each_damaged_file_is_a_line(site: Site, path: str) -> None:
    data = bytearray((site.folder / "log" / path).read_bytes())
    data[len(data) // 2] ^= 1
    (site.folder / "log" / path).write_bytes(bytes(data))
    result = run("audit", site.folder / "log", "--vkey", VKEY)
    assert result.exit_code == 1
    assert {path, path.replace("entries", "0")} & set(result.stdout.split())
    assert "INVALID" in result.stdout


def test_each_missing_file_is_a_line(site: Site) -> None:
    for path in ("tile/0/000", "tile/1/000.p/2", "tile/entries/001"):
        (site.folder / "log" / path).unlink()
    lines = run("audit", site.folder / "log", "--vkey", VKEY).stdout.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["tile/0/000", "tile/entries/001", "tile/1/000.p/2"]


def test_a_file_that_is_too_long_is_a_fault(site: Site) -> None:
    (site.folder / "log/tile/0/000").write_bytes(bytes(9_000))
    assert "more than 8192 bytes" in run("audit", site.folder / "log", "--vkey", VKEY).stdout


def test_entries_of_another_history_are_a_fork(site: Site, new_site: NewSite) -> None:
    other = new_site()
    other.grow(700, salt="forged ")
    shutil.copyfile(site.folder / "log/checkpoint", other.folder / "log/checkpoint")
    result = run("audit", other.folder / "log", "--vkey", VKEY, "--json")
    value = json.loads(result.stdout)
    assert result.exit_code == 1
    assert value["reasons"] == ["FORK"]
    assert value["checks"][0]["subject"] == "head 700"


def test_a_forged_checkpoint_is_a_fault_beside_the_others(site: Site) -> None:
    path = site.folder / "log/checkpoint"
    path.write_bytes(signed(700, bytes(32)).replace(b"\xe2\x80\x94 demo", b"\xe2\x80\x94 demi"))
    result = run("audit", site.folder / "log", "--vkey", VKEY)
    assert result.exit_code == 1
    assert "✗ checkpoint  KEY_UNKNOWN" in result.stdout
    assert "✗ head 700  FORK" in result.stdout


def test_a_missing_quorum_is_a_fault(site: Site) -> None:
    policy = site.folder / "policy"
    policy.write_text(f"log {VKEY}\nwitness w {WITNESS_KEY.vkey}\nquorum w\n", encoding="utf-8")
    result = run("audit", site.folder / "log", "--policy", policy, "--json")
    value = json.loads(result.stdout)
    assert (result.exit_code, value["outcome"], value["reasons"]) == (1, "unknown", ["QUORUM_MISSING"])


@pytest.mark.parametrize("place", ["nowhere", "."])
def test_where_no_log_is_there_is_one_line(tmp_path: Path, place: str) -> None:
    result = run("audit", tmp_path / place, "--vkey", VKEY)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


# --- cosign ----------------------------------------------------------------------------------------


def cosign(site: Site, request: bytes, *arguments: str | Path) -> Result:
    options = ("--key", "env:SEED", "--name", WITNESS, "--state", site.folder / "state", "--vkey", VKEY)
    return run("cosign", "-", *options, *arguments, stdin=request, **SEED)


def request_of(site: Site, old: int) -> bytes:
    return site.log.request_cosignature(old, site.log.checkpoint(later(9_000))).to_bytes()


def test_a_first_and_a_continuing_head_are_cosigned(site: Site) -> None:
    for old in (0, 700):
        result = cosign(site, request_of(site, old))
        assert result.exit_code == 0
        head = site.log.checkpoint(later(9_000))
        (line,) = read_answer(result.stdout_bytes, head.note.text)
        assert (line.name, line.key_id) == (WITNESS, WITNESS_KEY.key_id)


def test_an_answer_goes_into_a_file(site: Site) -> None:
    out = site.folder / "answer"
    assert cosign(site, request_of(site, 0), "--out", out).stdout == ""
    assert out.read_bytes().startswith(f"— {WITNESS} ".encode())


def test_the_head_is_remembered_although_the_answer_cannot_be_written(site: Site) -> None:
    assert cosign(site, request_of(site, 0), "--out", site.folder / "no" / "answer").exit_code == 2
    result = cosign(site, request_of(site, 0))
    assert result.exit_code == 1
    assert "the size cosigned last is 700 (409)" in result.stderr


def test_another_history_is_not_cosigned(site: Site, new_site: NewSite) -> None:
    assert cosign(site, request_of(site, 0)).exit_code == 0
    other = new_site()
    other.grow(700, salt="forged ")
    result = cosign(site, request_of(other, 700))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("FORK: ")
    assert "(422)" in result.stderr


def test_a_smaller_head_is_not_cosigned(site: Site, new_site: NewSite) -> None:
    assert cosign(site, request_of(site, 0)).exit_code == 0
    other = new_site()
    other.grow(300)
    result = cosign(site, request_of(other, 0))
    assert result.exit_code == 1
    assert result.stderr.startswith("ROLLBACK: ")


def test_a_refusal_as_json_carries_its_status(site: Site) -> None:
    cosign(site, request_of(site, 0))
    value = json.loads(cosign(site, request_of(site, 300), "--json").stdout)
    assert (value["outcome"], value["reasons"], value["status"]) == ("invalid", ["ROLLBACK"], 409)
    assert value["answer"] == "700\n"


def test_a_cosignature_as_json_carries_the_answer(site: Site) -> None:
    value = json.loads(cosign(site, request_of(site, 0), "--json").stdout)
    assert (value["outcome"], value["status"]) == ("verified", 200)
    assert value["answer"].startswith(f"— {WITNESS} ")


@pytest.mark.parametrize("request_bytes", [b"", b"old 0\n\n", b"\xff", b"old 0\n\nx\n"])
def test_what_is_no_request_is_refused(site: Site, request_bytes: bytes) -> None:
    result = cosign(site, request_bytes)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_a_stranger_leaves_no_trace(site: Site) -> None:
    request = b"old 0\n\n" + signed(1, bytes(32), origin="stranger.example")
    assert cosign(site, request).stderr.startswith("KEY_UNKNOWN: ")
    assert not (site.folder / "state").exists()


def test_a_damaged_memory_cosigns_nothing(site: Site) -> None:
    cosign(site, request_of(site, 0))
    (state,) = (site.folder / "state").glob("*.json")
    state.write_bytes(b"{}")
    result = cosign(site, request_of(site, 700))
    assert (result.exit_code, result.stdout) == (2, "")


def test_without_its_key_nothing_is_cosigned(site: Site) -> None:
    options = ("--key", "env:NOWHERE", "--name", WITNESS, "--state", site.folder / "state", "--vkey", VKEY)
    result = run("cosign", "-", *options, stdin=request_of(site, 0))
    assert result.exit_code == 2
    assert not (site.folder / "state").exists()
