"""Which steps somebody has given a notice about: no correction of a lot may leave such a step behind."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.lots import Record, RecordLink
from shop.errors import BadInput
from shop.services.signed.rows import local_id
from traceability.evidence import Reader, SignedRecord
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice

__all__ = ["demand_kept_steps", "noticed_steps"]


def noticed_steps(session: Session, steps: Collection[str]) -> frozenset[str]:
    """Gives those of some steps that a notice is about, by their local ids; corrections are passed over.

    What the notice says does not matter, nor whether it was withdrawn: it was said of this very step.
    """
    found = session.execute(
        select(RecordLink.target, Record.body)
        .join(Record, Record.id == RecordLink.source)
        .where(RecordLink.target.in_(steps), ~RecordLink.names_successor, Record.type == Notice.KIND)
    )
    return frozenset(step for step, body in found if _binds(body))


def demand_kept_steps(session: Session, item: SignedRecord) -> None:
    """Refuses a correction whose newer record no longer links to a step that a notice is about.

    Args:
        session: of a transaction that has stored the records and holds the log: then a notice that comes at
            the same time is either seen here, or taken in after the correction.
        item: any record.

    Raises:
        BadInput: STEP_NOTICED.
    """
    notice = item.record
    if not isinstance(notice, Notice) or notice.supersedes is None:
        return
    kept = select(RecordLink.target).where(RecordLink.source == local_id(notice.supersedes))
    gone = session.scalars(
        select(RecordLink.target)
        .join(Record, Record.id == RecordLink.target)
        .where(RecordLink.source == local_id(notice.about), Record.type == TraceEvent.KIND)
        .where(RecordLink.target.not_in(kept))
    ).all()
    noticed = noticed_steps(session, gone)
    if noticed:
        told = ", ".join(sorted(noticed))
        raise BadInput("STEP_NOTICED", f"{item.envelope.id}: a notice is about what it leaves out: {told}")


def _binds(body: bytes) -> bool:
    record = Reader(1).read(body).record
    return isinstance(record, Notice) and record.action != "correction"
