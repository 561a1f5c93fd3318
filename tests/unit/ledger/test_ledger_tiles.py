"""Tiles and bundles: paths, widths, growth, and a public log replayed file by file."""

import pytest

from tests.simulators.ledger import TESSERA, TESSERA_KEY
from traceability.errors import Refused, Unreadable
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.merkle import leaf_hash, node_hash, root
from traceability.ledger.note import Verifier
from traceability.ledger.tile_proofs import root_at
from traceability.ledger.tiles import (
    Resource,
    TileAddress,
    decode_bundle,
    encode_bundle,
    grow_tiles,
    growth,
    hash_pairs,
    open_tiles,
    resource_width,
)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (Resource(0, 0), "tile/0/000"),
        (Resource(0, 1_234_067), "tile/0/x001/x234/067"),
        (Resource(1, 999, 1), "tile/1/999.p/1"),
        (Resource(63, 1_000, 255), "tile/63/x001/000.p/255"),
        (Resource(None, 0, 15), "tile/entries/000.p/15"),
        (Resource(None, 70_000), "tile/entries/x070/000"),
    ],
)
def test_a_path_is_that_of_the_specification_and_reads_back(resource, path):
    assert resource.path == path
    assert Resource.from_path(path) == resource


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000"),
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/x000/000"),
        *("tile/0/x001/x234/67", "tile/data/000", "tile/0/001/000", "tile/0/x001", "/tile/0/000"),
        *("tile/0/000/", "tile/0/../0/000", "tile/0/٠٠٠", "tile/0/000\n"),
    ],
)
def test_a_path_that_no_file_has_is_refused(path):
    with pytest.raises(Unreadable):
        Resource.from_path(path)


@pytest.mark.parametrize(
    ("level", "n", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_resource_that_has_no_path_is_refused(level, n, width):
    with pytest.raises(Refused):
        Resource(level, n, width)


def test_the_example_of_the_specification_has_its_tiles():
    """Source: C2SP tlog-tiles: a log of 70,000 entries."""
    hashes = [one for one in growth(0, 70_000) if one.level is not None]
    assert len(hashes) == 274 + 2 + 1
    assert [one.path for one in hashes if one.width < 256] == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1",
    ]  # fmt: skip


def test_a_tile_of_width_zero_is_not_served():
    assert [one.path for one in growth(0, 256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert resource_width(0, 1, size=256) == 0


@pytest.mark.parametrize(
    ("old", "new"), [(0, 1), (1, 2), (255, 256), (256, 257), (100, 600), (65_535, 65_537)]
)
def test_growth_names_what_the_smaller_log_has_not(old, new):
    assert set(growth(0, new)) - set(growth(0, old)) == set(growth(old, new))


def test_no_growth_names_nothing():
    assert list(growth(300, 300)) == []


def test_tiles_are_the_same_however_the_batches_were_cut():
    leaves = [leaf_hash(b"%d" % number) for number in range(700)]
    whole = grow_tiles(0, leaves, {})
    tiles = {}
    for start, stop in [(0, 1), (1, 255), (255, 256), (256, 513), (513, 700)]:
        begun = {address: tiles[address] for address in open_tiles(start)}
        tiles.update(grow_tiles(start, leaves[start:stop], begun))
    assert tiles == whole
    assert whole[TileAddress(1, 0)] == root(leaves[:256]) + root(leaves[256:512])


@pytest.mark.parametrize("data", [b"", bytes(32), bytes(96), bytes(65)], ids=len)
def test_tiles_do_not_grow_from_a_tile_of_another_width(data):
    with pytest.raises(Refused):
        grow_tiles(2, [bytes(32)], {TileAddress(0, 0): data})


def test_a_last_hash_without_a_partner_is_left():
    assert hash_pairs(b"a" * 32 + b"b" * 32 + b"c" * 32) == node_hash(b"a" * 32, b"b" * 32)
    assert hash_pairs(b"") == b""


def test_a_bundle_has_the_lengths_of_its_entries():
    assert encode_bundle([b"one", b"", b"x" * 65_535])[:8] == b"\0\3one\0\0\xff"
    assert decode_bundle(encode_bundle([b"one", b"", b"x"]), width=3) == [b"one", b"", b"x"]


@pytest.mark.parametrize("entries", [[b"x" * 65_536], [b""] * 257], ids=["large", "many"])
def test_a_bundle_that_would_not_read_back_is_refused(entries):
    with pytest.raises(Refused):
        encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"", 1),
        (b"\0", 1),
        (b"\0\3on", 1),
        (b"\0\3one", 2),
        (b"\0\3one\0", 1),
        (b"\0\3one\0\0", 1),
        (b"\0\0", 0),
    ],
)
def test_a_bundle_with_another_number_of_whole_entries_is_refused(data, width):
    with pytest.raises(Unreadable):
        decode_bundle(data, width=width)


@pytest.mark.skipif(not TESSERA.is_dir(), reason="the shared Tessera log is absent")
class TestTesseraLog:
    """Source: transparency-dev/tessera testdata, a log of another implementation, checkpoints 0 to 15."""

    def entries(self):
        return decode_bundle((TESSERA / "tile/entries/000.p/15").read_bytes(), width=15)

    def test_every_file_is_one_that_we_name_and_none_is_missing(self):
        found = {
            path.relative_to(TESSERA).as_posix() for path in (TESSERA / "tile").rglob("*") if path.is_file()
        }
        assert found == {one.path for size in range(16) for one in growth(0, size)}
        assert len(found) == 30

    @pytest.mark.parametrize("size", range(1, 16))
    def test_bundle_and_tile_of_each_size_are_ours_byte_for_byte(self, size):
        entries = self.entries()[:size]
        tiles = {}
        for number, entry in enumerate(entries):
            tiles.update(grow_tiles(number, [leaf_hash(entry)], tiles))
        assert (TESSERA / f"tile/entries/000.p/{size}").read_bytes() == encode_bundle(entries)
        assert (TESSERA / f"tile/0/000.p/{size}").read_bytes() == tiles[TileAddress(0, 0)]

    @pytest.mark.parametrize("size", range(16))
    def test_each_checkpoint_is_signed_and_has_our_root(self, size):
        read = note.parse((TESSERA / f"checkpoint.{size}").read_bytes())
        note.verify(read, [Verifier.from_vkey(TESSERA_KEY)])
        leaves = [leaf_hash(entry) for entry in self.entries()[:size]]
        expected = Checkpoint("example.com/log/testdata", size, root(leaves))
        assert Checkpoint.from_text(read.text) == expected
        tiles = grow_tiles(0, leaves, {})
        assert root_at(size, lambda _: tiles) == expected.root
