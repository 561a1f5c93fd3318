"""Issues and verifies signed provenance records for craft village products.

These names are the front door; issuing is in `traceability.issue`.
"""

from traceability.errors import TraceabilityError
from traceability.evidence import Evidence
from traceability.signing.trust import TrustList
from traceability.verdict import Outcome, Verdict
from traceability.verify import verify_label, verify_record

__all__ = [
    "Evidence",
    "Outcome",
    "TraceabilityError",
    "TrustList",
    "Verdict",
    "verify_label",
    "verify_record",
]
