"""For inspectors: the report of what they signed and sent, as a page and as a PDF."""

from datetime import date, timedelta
from io import BytesIO
from typing import Final

from flask import Blueprint, render_template, request, send_file

from shop.errors import BadInput
from shop.services.access.actors import INSPECTOR
from shop.services.inspecting.finding_list import FINDINGS_MAX, FindingReport, Span
from shop.services.inspecting.report_pages import draw_report
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_page, asked_words
from shop.web.current import now, services
from shop.web.inspector.report_words import report_sheet
from traceability.clock import day_in_viet_nam, parse_day
from traceability.errors import Unreadable

__all__ = ["blueprint"]

blueprint = Blueprint("inspector_report", __name__, url_prefix="/inspector")

USUAL_DAYS: Final = timedelta(days=30)
ROWS_A_PAGE: Final = 20
FIRST_YEAR: Final = 2_000
LAST_YEAR: Final = 9_000


@blueprint.get("/report")
@needs(INSPECTOR)
def home() -> Answer:
    """Her findings, the latest first; `from`, `to` (days), `workshop` (slug), `page`."""
    span = _span()
    try:
        report = _report(span)
    except BadInput as error:
        page = render_template(
            "inspector/report.html", report=None, error=error.code, span=span, most=FINDINGS_MAX
        )
        return page, WRONG
    pages = max(1, -(-len(report.findings) // ROWS_A_PAGE))
    number = min(asked_page(), pages)
    rows = report.findings[::-1][(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    return render_template(
        "inspector/report.html", report=report, span=span, rows=rows, number=number, pages=pages
    )


@blueprint.get("/report.pdf")
@needs(INSPECTOR)
def file() -> Answer:
    """All of them as a PDF to print or to send."""
    span, drawn = _span(), BytesIO()
    settings = services().settings
    sheet = report_sheet(
        _report(span), host=settings.identity_host, is_demo=settings.is_demo, made_on=day_in_viet_nam(now())
    )
    draw_report(sheet, drawn)
    drawn.seek(0)
    name = f"bao-cao-{span.first}-{span.last}.pdf"
    response = send_file(drawn, "application/pdf", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _report(span: Span) -> FindingReport:
    return services().desks.finding_list.report(actor(), span, workshop=asked_words("workshop"))


def _span() -> Span:
    """Gives the days that were asked for, in their order; without them the last thirty."""
    today = day_in_viet_nam(now())
    last = _day("to", today)
    first = _day("from", last - USUAL_DAYS)
    return Span(min(first, last), max(first, last))


def _day(name: str, otherwise: date) -> date:
    try:
        found = parse_day(request.args.get(name, ""))
    except Unreadable:
        return otherwise
    # The calendar's ends have no day before or after them.
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else otherwise
