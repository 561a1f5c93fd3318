"""A log over any store: append, sign the head, give receipts.

Appending and signing are two steps. A head is signed only over what is committed, and only after it was
compared with the last head that is remembered outside the store.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from traceability.errors import Reason, Refused
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import HeadMemory, SignedHead
from traceability.ledger.merkle import leaf_hashes, verify_inclusion
from traceability.ledger.note import Note, Verifier
from traceability.ledger.receipt import Receipt
from traceability.ledger.store import Entry, LedgerStore, LedgerView, LedgerWriter, Position
from traceability.ledger.tile_proofs import prove_consistency, prove_inclusions, root_at
from traceability.ledger.tiles import grow_tiles, open_tiles
from traceability.ledger.witness import AddCheckpoint
from traceability.limits import LOG_BATCH_MAX
from traceability.signing.keys import Signer

__all__ = ["Log", "append", "prove_entries"]

# For whoever else signs; a clock that went back goes further than this.
CHECKPOINT_WAIT_MAX: Final = timedelta(seconds=30)


def append(writer: LedgerWriter, entries: Sequence[Entry]) -> tuple[int, ...]:
    """Adds entries inside a write that the caller has begun, so that other rows can commit with them.

    Idempotent by entry id: the same bytes again keep their index.

    Args:
        writer: from `LedgerStore.write`, or a store's own way to join a transaction.
        entries: at most 10,000, in the order that the log is to have.

    Returns:
        The index of each entry. It may be told to nobody before the transaction is committed.

    Raises:
        Refused: LOG_CONFLICT, when an id is in the log, or in this batch, with other bytes; BAD_VALUE, when
            the batch is too large. Nothing was added.
    """
    if len(entries) > LOG_BATCH_MAX:
        raise Refused(Reason.BAD_VALUE, f"got {len(entries)} entries, at most {LOG_BATCH_MAX} expected")
    leaves = leaf_hashes(entry.body for entry in entries)
    start = writer.size()
    try:
        # Nearly always every id is new; asking for each beforehand would cost as much as adding it.
        _write(writer, start, entries, leaves)
        return tuple(range(start, start + len(entries)))
    except Refused as error:
        if error.code is not Reason.LOG_CONFLICT:
            raise
    ids = [entry.id for entry in entries]
    places = writer.positions(ids)
    new, new_leaves = _without_known(entries, leaves, places, start)
    _write(writer, start, new, new_leaves)
    return tuple(places[key].index for key in ids)


def prove_entries(view: LedgerView, entry_ids: Collection[str], head: SignedHead) -> dict[str, Receipt]:
    """Gives the receipt of each of these entries under a head; those that are not under it are left out.

    Args:
        view: of the log that signed the head.
        entry_ids: any number of them costs two look-ups.
        head: with the cosignatures that the receipts are to carry.

    Raises:
        NotVerified: BAD_RECEIPT, when a stored tile is missing, or is not what the head was signed over: a
            damaged log gives no receipt rather than a wrong one.
    """
    size, root = head.checkpoint.size, head.checkpoint.root
    places = {key: one for key, one in view.positions(entry_ids).items() if one.index < size}
    proofs = prove_inclusions([one.index for one in places.values()], size, view.tiles)
    for place, proof in zip(places.values(), proofs, strict=True):
        verify_inclusion(place.index, size, leaf_hash=place.leaf, proof=proof, root=root)
    return {
        key: Receipt(place.index, proof, head.note)
        for (key, place), proof in zip(places.items(), proofs, strict=True)
    }


def _write(writer: LedgerWriter, start: int, entries: Sequence[Entry], leaves: Sequence[bytes]) -> None:
    if entries:
        writer.add_entries(start, entries, leaves)
        writer.put_tiles(grow_tiles(start, leaves, writer.tiles(open_tiles(start))))


def _without_known(
    entries: Sequence[Entry], leaves: Sequence[bytes], places: dict[str, Position], start: int
) -> tuple[list[Entry], list[bytes]]:
    """Gives the entries that are not in the log yet, each once, and notes in `places` where they will be."""
    new: list[Entry] = []
    new_leaves: list[bytes] = []
    for entry, leaf in zip(entries, leaves, strict=True):
        place = places.get(entry.id)
        if place is None:
            places[entry.id] = Position(start + len(new), leaf)
            new.append(entry)
            new_leaves.append(leaf)
        elif place.leaf != leaf:
            raise Refused(Reason.LOG_CONFLICT, f"entry {entry.id!a} is at {place.index} with other bytes")
    return new, new_leaves


class Log:
    """One log.

    Args:
        store: belongs to this log alone.
        origin: of the log, and the name of its key.
        signer: of the log.
        memory: remembers the last signed head outside the store, on other storage.

    Raises:
        Refused: BAD_VALUE, for an origin that cannot name a key.
    """

    def __init__(self, store: LedgerStore, *, origin: str, signer: Signer, memory: HeadMemory) -> None:
        self.store, self._signer, self._memory = store, signer, memory
        self.verifier = Verifier(origin, signer.public_key)

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.verifier.name

    def append_batch(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Adds entries in one transaction of their own. See `append`.

        Returns:
            The index of each entry; they are committed.
        """
        with self.store.write() as writer:
            return append(writer, entries)

    def check(self) -> None:
        """Checks that the store continues the head that is remembered outside it. Signs nothing.

        Raises:
            Refused: ROLLBACK or FORK, see `checkpoint`.
            Unreadable: BAD_NOTE, when what is remembered is damaged.
            KeyUnavailable: KEY_UNAVAILABLE, when it cannot be reached.
            NotVerified: BAD_RECEIPT, when a stored tile is missing or too short.
        """
        with self._memory.hold(self.origin) as held, self.store.read() as view:
            _demand_growth(view, held.head)

    def checkpoint(self, now: datetime) -> SignedHead:
        """Signs the present head, unless it is the one signed last, which is given again.

        Args:
            now: aware.

        Returns:
            The head; it is remembered outside the store, and kept in the store.

        Raises:
            Refused: ROLLBACK, when the store, or the clock, is behind the last signed head, or nothing is
                remembered of heads that the store holds; FORK, when the store does not continue that head.
                Nothing was signed.
            Unreadable: BAD_NOTE, when what is remembered is damaged.
            KeyUnavailable: KEY_UNAVAILABLE, when it cannot be reached.
        """
        # 1. Whoever else signs for this origin waits; the store is read only after the memory.
        with self._memory.hold(self.origin) as held:
            with self.store.read() as view:
                _demand_growth(view, held.head)
                signed_at = _not_before(held.head, now)
                size = view.size()
                checkpoint = Checkpoint(self.origin, size, root_at(size, view.tiles))
                is_kept = _is_kept(view, checkpoint)
            # 2. The head is remembered before it can leave this process.
            head = held.head
            if head is None or head.checkpoint != checkpoint:
                head = SignedHead(self._sign(checkpoint), signed_at)
                held.store(head)
            # 3. The store keeps it. After a crash before this, the next call comes here again.
            if not is_kept:
                with self.store.write() as writer:
                    writer.add_head(head)
        return head

    def adopt(self, head: SignedHead) -> None:
        """Remembers a head that was signed elsewhere, in place of what is remembered.

        This disarms the check of `checkpoint` and is for one case only: an operator accepts a rollback, or
        moves the log to other storage, and says so in public.
        """
        with self._memory.hold(self.origin) as held:
            notes.verify(head.note, [self.verifier])
            held.store(head)

    def receipts(self, entry_ids: Collection[str], head: SignedHead | None = None) -> dict[str, Receipt]:
        """Gives the receipt of each of these entries.

        Args:
            entry_ids: those that are not under the head are left out.
            head: a signed head of this log, the latest one if None; with cosignatures, if there are any.
        """
        with self.store.read() as view:
            head = head or view.latest_head()
            return prove_entries(view, entry_ids, head) if head is not None else {}

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Gives the inclusion proof of an entry in the tree of `size` entries, from a few stored tiles.

        Raises:
            Refused: BAD_VALUE, when that tree has no such entry.
            NotVerified: BAD_RECEIPT, when a stored tile is missing or too short.
        """
        with self.store.read() as view:
            return prove_inclusions([index], size, view.tiles)[0]

    def prove_growth(self, old: int, size: int) -> tuple[bytes, ...]:
        """Gives the consistency proof between two sizes of this log.

        Raises:
            Refused: BAD_VALUE, when `old` is above `size`.
            NotVerified: BAD_RECEIPT, when a stored tile is missing or too short.
        """
        with self.store.read() as view:
            return prove_consistency(old, size, view.tiles)

    def request_cosignature(self, old: int, head: SignedHead) -> AddCheckpoint:
        """Gives the request to a witness that cosigned `old` entries last, 0 for never."""
        return AddCheckpoint(old, self.prove_growth(old, head.checkpoint.size), head.note)

    def _sign(self, checkpoint: Checkpoint) -> Note:
        return notes.parse(notes.sign(checkpoint.to_text(), [(self.origin, self._signer)]))


def _demand_growth(view: LedgerView, last: SignedHead | None) -> None:
    """Refuses to go back or to fork: `last` is from outside, everything else from the store."""
    if last is None:
        if view.latest_head() is not None:
            message = "the store holds signed heads, but none is remembered outside it"
            raise Refused(Reason.ROLLBACK, message)
        return
    old, size = last.checkpoint, view.size()
    if size < old.size:
        message = f"the store has {size} entries, but a head of {old.size} was signed"
        raise Refused(Reason.ROLLBACK, message)
    if root_at(old.size, view.tiles) != old.root:
        message = f"the store does not continue the head of {old.size} entries that was signed"
        raise Refused(Reason.FORK, message)


def _not_before(last: SignedHead | None, now: datetime) -> datetime:
    """Gives the time of a new head. Whoever waited here read the clock before the last head was signed."""
    if last is None or now >= last.signed_at:
        return now
    if last.signed_at - now > CHECKPOINT_WAIT_MAX:
        message = f"it is {now.isoformat()}, but a head was signed at {last.signed_at.isoformat()}"
        raise Refused(Reason.ROLLBACK, message)
    return last.signed_at


def _is_kept(view: LedgerView, checkpoint: Checkpoint) -> bool:
    latest = view.latest_head()
    return latest is not None and latest.checkpoint == checkpoint
