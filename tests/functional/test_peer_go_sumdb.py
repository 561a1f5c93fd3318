"""An independent verifier: Go's golang.org/x/mod/sumdb reads our log and makes the same proofs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.simulators.ledger import TESSERA, TESSERA_KEY, later, make_entries, make_log
from traceability.ledger.merkle import leaf_hash, root
from traceability.ledger.publish import publish

GOPATH = Path("/usr/share/gocode")
SOURCE = Path(__file__).parents[1] / "peers" / "go" / "sumdb" / "main.go"
IS_ABSENT = not (shutil.which("go") and (GOPATH / "src/golang.org/x/mod/sumdb").is_dir())

pytestmark = [
    pytest.mark.skipif(
        IS_ABSENT and os.environ.get("CI") != "true",
        reason="no Go with golang.org/x/mod (golang-golang-x-mod-dev)",
    ),
]


@pytest.fixture(scope="session")
def peer(tmp_path_factory):
    """Gives a function that runs the peer and gives exit status, output and errors."""
    folder = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    binary = folder / "peer"
    subprocess.run(["go", "build", "-o", str(binary), str(SOURCE)], env=environment, check=True, timeout=300)

    def run(*arguments, given=""):
        done = subprocess.run(
            [binary, *map(str, arguments)],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def _line(name, numbers, hashes):
    return f"{name} {' '.join(map(str, numbers))}: {' '.join(one.hex() for one in hashes)}"


def test_every_root_and_proof_up_to_40_is_the_peers(peer, tmp_path):
    """40 roots, 820 inclusion proofs, 820 consistency proofs; ours come from tiles."""
    log = make_log(tmp_path)
    log.append_batch(make_entries(0, 40))
    leaves = [leaf_hash(entry.body) for entry in make_entries(0, 40)]
    ours = []
    for size in range(1, 41):
        ours.append(_line("root", [size], [root(leaves[:size])]))
        for index in range(size):
            ours.append(_line("inclusion", [index, size], log.prove(index, size)))
            ours.append(_line("consistency", [index + 1, size], log.prove_growth(index + 1, size)))
    status, output, errors = peer("proofs", 40, given="".join(f"{leaf.hex()}\n" for leaf in leaves))
    assert (status, errors) == (0, "")
    assert output.splitlines() == ours
    assert len(ours) == 40 + 820 + 820


@pytest.mark.skipif(not TESSERA.is_dir(), reason="the shared Tessera log is absent")
def test_the_public_log_that_we_replay_is_one_for_the_peer_too(peer, tmp_path):
    """Source: transparency-dev/tessera testdata. So our vectors and our peer agree without us."""
    shutil.copytree(TESSERA, tmp_path / "log")
    olds = [TESSERA / f"checkpoint.{size}" for size in range(1, 16)]
    assert peer("log", tmp_path / "log", TESSERA_KEY, *olds) == (0, "accepted 15 entries\n", "")


@pytest.fixture
def published(tmp_path):
    """Gives the folder of a log that was published at several sizes, its key, and its earlier heads."""
    log, folder, olds = make_log(tmp_path / "heads"), tmp_path / "log", []
    for start, stop in [(0, 1), (1, 255), (255, 256), (256, 300), (300, 700)]:
        log.append_batch(make_entries(start, stop))
        publish(log.store, log.checkpoint(later(stop)), folder)
        olds.append(tmp_path / f"checkpoint.{stop}")
        shutil.copyfile(folder / "checkpoint", olds[-1])
    return folder, log.verifier.vkey, olds


def test_a_published_log_is_accepted(peer, published):
    folder, vkey, olds = published
    assert peer("log", folder, vkey, *olds) == (0, "accepted 700 entries\n", "")


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/001", "tile/0/000", "tile/1/000.p/2"])
def test_canary_a_damaged_log_is_not_accepted(peer, published, path):
    """The acceptance above means something only if the peer looks at every kind of file."""
    folder, vkey, olds = published
    data = bytearray((folder / path).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / path).write_bytes(bytes(data))
    status, output, _ = peer("log", folder, vkey, *olds)
    assert (status, output) == (1, "")
