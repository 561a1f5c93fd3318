"""Step 6's judgement: where the records of a chain stand in the log, by the receipts at hand.

What is compared is always the entry computed from the record itself, never one that came with the receipt.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from traceability.entry import record_entry, record_entry_id
from traceability.errors import NotVerified, Reason
from traceability.evidence import Evidence, SignedRecord
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.quorum import Policy, TrustedHead

__all__ = ["LogBook", "LogPlace", "demand_one_tree"]


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where an entry stands.

    Attributes:
        index: from 0.
        head: the signed checkpoint that proves it, and who cosigned that.
    """

    index: int
    head: TrustedHead


@dataclass(frozen=True)
class LogBook:
    """The receipts at hand, read under one policy.

    Attributes:
        evidence: receipts by entry id, and the reader that remembers what they prove.
        policy: accepted logs and needed witnesses; None where the trust list names no log.
    """

    evidence: Evidence
    policy: Policy | None

    def place(self, item: SignedRecord) -> LogPlace:
        """Gives where a record stands in the log.

        Raises:
            NotVerified: NOT_LOGGED, without a receipt or a log; BAD_RECEIPT, when the receipt is of something
                else; KEY_UNKNOWN, BAD_SIGNATURE or QUORUM_MISSING over its checkpoint.
            Unreadable: BAD_RECEIPT, TOO_LARGE or BAD_NOTE.
        """
        receipt = self.evidence.receipts.get(record_entry_id(item))
        if self.policy is None:
            raise NotVerified(Reason.NOT_LOGGED, "the trust list names no log")
        if receipt is None:
            raise NotVerified(Reason.NOT_LOGGED, "no receipt of the log is at hand")
        index, head = self.evidence.reader.receipt(receipt, leaf_hash(record_entry(item).body), self.policy)
        return LogPlace(index, head)


def demand_one_tree(places: Iterable[LogPlace]) -> None:
    """Checks that no two checkpoints tell of different trees of one size.

    Raises:
        NotVerified: FORK.
    """
    roots: dict[tuple[str, int], bytes] = {}
    for place in places:
        head = place.head.checkpoint
        if roots.setdefault((head.origin, head.size), head.root) != head.root:
            raise NotVerified(Reason.FORK, f"two trees of {head.size} entries were signed by {head.origin}")
