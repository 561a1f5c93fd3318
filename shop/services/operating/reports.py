"""What visitors report about labels and records: taken in with a case number, worked off by the operator."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, UnaryExpression, func, or_, select

from shop.db.desk import REPORT_STATES
from shop.db.desk import Report as ReportRow
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.access.audit_trail import note
from shop.services.listing import EXPORT_MAX_ROWS

__all__ = ["Report", "ReportPage", "Reports", "new_case_number"]

ROWS_A_PAGE: Final = 50
WORDS_MAX: Final = 2_000  # characters
SHORT_MAX: Final = 300
CASE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another when read aloud
CASE_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Attributes:
        case_number: told to whoever reported.
        subject: the label's text or a record's local id, as it was given.
        contact: how to reach whoever reported; gone when the case is closed.
        answer: what came of it.
    """

    id: int
    case_number: str
    subject: str
    words: str
    contact: str | None
    reported_at: datetime
    is_open: bool
    closed_at: datetime | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Reports, the oldest open ones first; closed ones newest first."""

    reports: tuple[Report, ...]
    open_count: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Reports:
    """Takes reports in and lets operators work them off."""

    database: Database

    def take_in(self, *, subject: str, words: str, contact: str, now: datetime) -> str:
        """Stores a report and gives its case number.

        Args:
            subject: label text or record id, at most 300 characters.
            words: what is odd, 1 to 2,000 characters.
            contact: may be empty.
            now: aware.

        Raises:
            BadInput: NO_WORDS, WORDS_TOO_LONG, CONTACT_TOO_LONG.
        """
        words, contact = words.strip(), contact.strip()
        if not words:
            raise BadInput("NO_WORDS", "the report has no words")
        if len(words) > WORDS_MAX:
            raise BadInput("WORDS_TOO_LONG", f"got {len(words)} characters, expected at most {WORDS_MAX}")
        if len(contact) > SHORT_MAX:
            raise BadInput("CONTACT_TOO_LONG", f"got {len(contact)} characters, expected at most {SHORT_MAX}")
        case_number = new_case_number()
        with self.database.write() as session:
            session.add(
                ReportRow(
                    case_number=case_number,
                    subject=subject.strip()[:SHORT_MAX],
                    words=words,
                    contact=contact or None,
                    reported_at=now,
                    state="open",
                )
            )
        return case_number

    def page(self, actor: Actor, *, state: str = "open", search: str = "", number: int = 1) -> ReportPage:
        """Gives one page.

        Args:
            actor: an operator.
            state: `open` or `closed`; anything else counts as open.
            search: part of the subject, of the words or of the case number.
            number: from 1; behind the last page gives the last one.

        Raises:
            Forbidden: for all others.
        """
        demand_role(actor, OPERATOR)
        chosen, order = _chosen(state, search)
        with self.database.read() as session:
            total = session.scalar(select(func.count()).select_from(ReportRow).where(chosen)) or 0
            waiting = select(func.count()).select_from(ReportRow).where(ReportRow.state == "open")
            open_count = session.scalar(waiting) or 0
            pages = max(1, -(-total // ROWS_A_PAGE))
            number = min(max(1, number), pages)
            query = select(ReportRow).where(chosen).order_by(order)
            rows = session.scalars(query.limit(ROWS_A_PAGE).offset((number - 1) * ROWS_A_PAGE)).all()
        return ReportPage(tuple(map(_value, rows)), open_count, number, pages)

    def export(self, actor: Actor, *, state: str = "open", search: str = "") -> tuple[Report, ...]:
        """Gives the reports that `page` chooses, in its order; at most EXPORT_MAX_ROWS.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        chosen, order = _chosen(state, search)
        query = select(ReportRow).where(chosen).order_by(order).limit(EXPORT_MAX_ROWS)
        with self.database.read() as session:
            return tuple(map(_value, session.scalars(query)))

    def close(self, actor: Actor, report_id: int, answer: str, *, now: datetime) -> Report:
        """Closes a case and deletes the contact; closed already, it stays as it is.

        Raises:
            Forbidden: for all but operators.
            NotFound: NO_REPORT.
            BadInput: NO_ANSWER, WORDS_TOO_LONG.
        """
        demand_role(actor, OPERATOR)
        answer = answer.strip()
        if not answer:
            raise BadInput("NO_ANSWER", "a case is closed with what came of it")
        if len(answer) > WORDS_MAX:
            raise BadInput("WORDS_TOO_LONG", f"got {len(answer)} characters, expected at most {WORDS_MAX}")
        with self.database.write() as session:
            row = session.get(ReportRow, report_id, with_for_update=True)
            if row is None:
                raise NotFound("NO_REPORT", f"there is no report {report_id}")
            if row.state == "open":
                row.state, row.closed_at, row.closed_by = "closed", now, actor.account_id
                row.contact, row.answer = None, answer
                note(session, actor, "report close", f"report:{row.id}", at=now)
            return _value(row)


def _chosen(state: str, search: str) -> tuple[ColumnElement[bool], UnaryExpression[int]]:
    """Gives the condition of a list, and its order."""
    state = state if state in REPORT_STATES else "open"
    chosen = ReportRow.state == state
    if wanted := search.strip():
        columns = (ReportRow.subject, ReportRow.words, ReportRow.case_number)
        chosen = chosen & or_(*(column.icontains(wanted, autoescape=True) for column in columns))
    return chosen, ReportRow.id.asc() if state == "open" else ReportRow.id.desc()


def new_case_number() -> str:
    """Gives a case number that nobody can guess."""
    return "".join(secrets.choice(CASE_LETTERS) for _ in range(CASE_LENGTH))


def _value(row: ReportRow) -> Report:
    return Report(
        id=row.id,
        case_number=row.case_number,
        subject=row.subject,
        words=row.words,
        contact=row.contact,
        reported_at=row.reported_at,
        is_open=row.state == "open",
        closed_at=row.closed_at,
        answer=row.answer,
    )
