"""For the operator: certificates that end, and what visitors reported."""

from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from shop.csv_tables import Column
from shop.errors import BadInput
from shop.services.actors import OPERATOR
from shop.services.certificate_watch import STATES
from shop.web.access import actor, needs
from shop.web.asked import asked_page, asked_words
from shop.web.current import now, services
from shop.web.downloads import table_file

__all__ = ["blueprint"]

blueprint = Blueprint("admin_lists", __name__, url_prefix="/admin")

Answer = str | BaseResponse | tuple[str, int]
WRONG: Final = 422
CERTIFICATES: Final = (
    Column("product", "Sản phẩm", "Product"),
    Column("workshop", "Xưởng", "Workshop"),
    Column("kind", "Loại", "Kind"),
    Column("stars", "Sao", "Stars"),
    Column("valid_from", "Từ ngày", "From"),
    Column("valid_until", "Đến hết ngày", "Until"),
    Column("days_left", "Còn (ngày)", "Days left"),
    Column("record_id", "Bản ký", "Record"),
)


@blueprint.get("/certificates")
@needs(OPERATOR)
def certificates() -> Answer:
    """Certificates, those that end first at the top; `state`, `q`, `page`."""
    asked = request.args.get("state")
    state = asked if asked in STATES else None
    page = services().desks.certificates.page(
        actor(), now=now(), state=state, search=asked_words(), number=asked_page()
    )
    return render_template("admin/certificates.html", page=page, state=state, q=asked_words())


@blueprint.get("/certificates.csv")
@needs(OPERATOR)
def certificates_file() -> Response:
    """All of them as a table."""
    rows = (
        {
            "product": one.product,
            "workshop": one.workshop,
            "kind": one.kind,
            "stars": str(one.stars or ""),
            "valid_from": one.valid_from.isoformat(),
            "valid_until": one.valid_until.isoformat() if one.valid_until else "",
            "days_left": str(one.days_left) if one.days_left is not None else "",
            "record_id": one.record_id,
        }
        for one in services().desks.certificates.export(actor(), now=now())
    )
    return table_file("certificates", CERTIFICATES, rows)


@blueprint.get("/reports")
@needs(OPERATOR)
def reports() -> Answer:
    """What visitors reported; `state`, `q`, `page`."""
    return _reports_page()


@blueprint.post("/reports/<int:report_id>/close")
@needs(OPERATOR)
def close_report(report_id: int) -> Answer:
    """Closes a case with what came of it."""
    typed = request.form.get("answer", "")
    try:
        services().desks.reports.close(actor(), report_id, typed, now=now())
    except BadInput as error:
        return _reports_page(wrong={"id": report_id, "code": error.code, "answer": typed}), WRONG
    flash(_("Đã đóng. Cách liên lạc của người báo đã được xóa."))
    return redirect(url_for("admin_lists.reports"), code=303)


def _reports_page(wrong: dict[str, object] | None = None) -> str:
    state = "closed" if request.args.get("state") == "closed" else "open"
    page = services().desks.reports.page(actor(), state=state, search=asked_words(), number=asked_page())
    return render_template("admin/reports.html", page=page, state=state, q=asked_words(), wrong=wrong or {})
