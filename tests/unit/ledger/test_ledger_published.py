"""Tiles of somebody's published log, at the size of a head: cut, found in the full tile, or left out."""

import itertools
from pathlib import Path

import pytest

from tests.simulators.ledger import TESSERA, TESSERA_KEY, later, make_entries, make_log, read_log_of
from traceability.errors import NotVerified
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.compare import Relation, compare_by_tiles
from traceability.ledger.publish import publish
from traceability.ledger.published import tile_reader
from traceability.ledger.tile_proofs import root_at
from traceability.ledger.tiles import TileAddress


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log that was published at 300 and at 700 entries."""
    log = make_log(tmp_path / "heads")
    for start, stop in ((0, 300), (300, 700)):
        log.append_batch(make_entries(start, stop))
        publish(log.store, log.checkpoint(later(stop)), tmp_path / "log")
    return tmp_path / "log"


def test_a_tile_is_as_wide_as_the_size_makes_it(folder: Path) -> None:
    tiles = tile_reader(read_log_of(folder), 700)({TileAddress(0, 0), TileAddress(0, 2), TileAddress(1, 0)})
    widths = {address: len(data) // 32 for address, data in tiles.items()}
    assert widths == {TileAddress(0, 0): 256, TileAddress(0, 2): 188, TileAddress(1, 0): 2}


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(folder: Path) -> None:
    partial = folder / "tile/0/001.p/44"
    expected = partial.read_bytes()
    partial.unlink()
    assert tile_reader(read_log_of(folder), 300)({TileAddress(0, 1)}) == {TileAddress(0, 1): expected}


def test_a_tile_that_is_not_there_is_left_out(folder: Path) -> None:
    (folder / "tile/0/000").unlink()
    read = tile_reader(read_log_of(folder), 700)
    assert read({TileAddress(0, 0), TileAddress(0, 9), TileAddress(7, 0)}) == {}
    with pytest.raises(NotVerified):
        root_at(100, read)


@pytest.mark.skipif(not TESSERA.is_dir(), reason="the shared Tessera log is absent")
def test_every_head_of_a_public_log_continues_every_earlier_one() -> None:
    """Source: transparency-dev/tessera testdata, 120 pairs of signed checkpoints and their tiles."""
    heads = []
    for size in range(16):
        read = note.parse((TESSERA / f"checkpoint.{size}").read_bytes())
        note.verify(read, [note.Verifier.from_vkey(TESSERA_KEY)])
        heads.append(Checkpoint.from_text(read.text))
    for old, new in itertools.combinations(heads, 2):
        tiles = tile_reader(read_log_of(TESSERA), new.size)
        assert compare_by_tiles(old, new, tiles) is Relation.CONSISTENT
        assert compare_by_tiles(new, old, tiles) is Relation.ROLLBACK


@pytest.mark.skipif(not TESSERA.is_dir(), reason="the shared Tessera log is absent")
def test_another_root_beside_a_public_log_is_a_fork() -> None:
    head = Checkpoint.from_text(note.parse((TESSERA / "checkpoint.15").read_bytes()).text)
    tiles = tile_reader(read_log_of(TESSERA), 15)
    for size in range(1, 15):
        assert compare_by_tiles(Checkpoint(head.origin, size, bytes(32)), head, tiles) is Relation.FORK
