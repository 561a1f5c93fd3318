"""Questions about changed records, chains, trust lists, labels and receipts, without end, from one seed.

Most changes are signed again by whom the record names, so that the signature holds and the change itself must
be found; chains are linked and logged again for the same reason.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.simulators.mutants_evidence import EvidenceMutants
from tests.simulators.mutants_records import RecordMutants
from tests.simulators.mutants_trust import TrustMutants
from tests.simulators.questions import PARTS, Question, coded
from tests.simulators.workbench import BASE
from traceability.evidence import Evidence

__all__ = ["Mutants"]


class Mutants(RecordMutants, EvidenceMutants, TrustMutants):
    """Gives questions; the same seed gives the same ones."""

    def base(self) -> Question:
        """Gives the question that must come first: the honest village."""
        trust = coded(self.village.trust_note())
        return {"ask": "context", "name": BASE, "trust": trust, "roots": self.roots, **_parts(self.evidence)}

    def draw(self, count: int) -> Iterator[Question]:
        """Gives about `count` questions of all families."""
        families: list[Callable[[], list[Question]]] = [
            self._bytes_changed, self._bytes_changed, self._member_changed, self._member_changed,
            self._member_changed, self._member_changed, self._respelled, self._proof_changed,
            self._json_made, self._chain_changed,
            self._chain_changed, self._chain_changed, self._evidence_changed, self._evidence_changed,
            self._told_anew, self._forked, self._corrected, self._corrected_twice, self._trust_changed,
            self._trust_changed, self._trust_text_changed, self._label_changed, self._label_changed,
            self._paper_linked, self._seal_made, self._serials_changed, self._receipt_changed,
            self._receipt_changed, self._note_changed, self._policy_changed, self._text_changed,
            self._status_list_changed, self._status_list_changed, self._notice_given, self._notice_given,
            self._bits_changed,
        ]  # fmt: skip
        made = 0
        while made < count:
            for question in self.chance.choice(families)():
                made += 1
                yield question


def _parts(evidence: Evidence) -> dict[str, dict[str, Any]]:
    def write(data: Any) -> Any:
        return coded(data) if isinstance(data, bytes) else [coded(one) for one in data]

    return {part: {name: write(data) for name, data in getattr(evidence, part).items()} for part in PARTS}
