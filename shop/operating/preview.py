"""What is about to be signed, in words, and whether the person at the terminal wants it so."""

import sys
from collections.abc import Iterator, Sequence

import click

from shop.errors import BadInput
from traceability.cli import printable
from traceability.clock import day_in_viet_nam
from traceability.evidence import Reader, SignedRecord
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustKey
from traceability.validity import last_day

__all__ = ["demand_consent", "show_preview"]


def show_preview(records: Sequence[bytes], entry: TrustKey) -> None:
    """Prints who signs, and of each record what it is about and its day."""
    slug = entry.method.controller.rpartition(":")[2]
    click.echo(printable(f"to be signed by {entry.name} ({slug}, {entry.role}):"))
    for data in records:
        item = Reader(1).read(data)
        click.echo(printable(f"  {item.record.KIND}  {item.envelope.id}"))
        for line in (item.envelope.name, *_told(item)):
            click.echo(printable(f"    {line}"))


def demand_consent(*, yes: bool) -> None:
    """Asks; without a terminal to ask on, only `--yes` goes on.

    Raises:
        BadInput: NOT_CONFIRMED; nothing was stored.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        said = "there is no terminal to ask on; give --yes to sign what is shown above"
        raise BadInput("NOT_CONFIRMED", said)
    if not click.confirm("What is signed stays in the log for ever. Sign it?", err=True):
        raise BadInput("NOT_CONFIRMED", "nothing was signed")


def _told(item: SignedRecord) -> Iterator[str]:
    """Gives what matters of a record in lines; its day as people in Viet Nam say it."""
    match item.record:
        case LotPassport() as lot:
            yield f"about {lot.lot_id}: {lot.unit_count} units, made on {lot.made_on}"
        case TraceEvent() as event:
            yield f"{event.kind} on {day_in_viet_nam(event.time)}: {event.detail}"
            yield from map(
                "a photo or voice note, of which only the digest is signed: {}".format, event.evidence
            )
        case Transcription() as paper:
            yield f"about {paper.about_id}: {paper.claim}"
            number, day = paper.decision or "no number", paper.paper_date or "no date"
            yield f"of {paper.paper_issuer}, {number}, {day}"
        case Notice() as notice:
            yield from _of_notice(notice)
        case Certificate() as paper:
            yield f"about {paper.product_id or paper.facility_id}, seen on {paper.assessed_on}"
            yield f"{paper.finding or paper.title}; until {last_day(paper) or 'no day'}"
        case StatusList() as found:
            yield f"version {found.version}, on {day_in_viet_nam(item.claim.created)}"
        case place:
            yield f"about {place.facility_id}, on {day_in_viet_nam(item.claim.created)}"


def _of_notice(notice: Notice) -> Iterator[str]:
    yield f"{notice.action} about {notice.about}: {notice.reason}"
    if notice.serials:
        yield f"of {len(notice.serials)} units: {', '.join(notice.serials)}"
    if notice.supersedes is not None:
        yield f"in its place: {notice.supersedes}"
