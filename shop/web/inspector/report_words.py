"""An inspector's report in the visitor's language; what she signed stays in its own words."""

from datetime import date
from typing import Final

from flask_babel import gettext as _

from shop.services.inspecting.finding_list import Finding, FindingReport, ReportKey
from shop.services.inspecting.report_pages import ReportEntry, ReportSheet
from shop.web.jinja import day, moment
from traceability.clock import day_in_viet_nam

__all__ = ["report_sheet"]

DEMO_MARK: Final = "Dữ liệu mẫu / Demo data"
REASON_PRINTED: Final = 600  # characters; the whole is behind the entry's code
KEY_GROUP: Final = 6  # as the pocket shows a key's fingerprint, to be compared letter by letter


def report_sheet(report: FindingReport, *, host: str, is_demo: bool, made_on: date) -> ReportSheet:
    """Gives a report in words.

    Args:
        report: of `FindingList`.
        host: whose log holds the findings.
        is_demo: whether every page says that the data are made up.
        made_on: the day of printing.
    """
    name = report.name or report.did
    return ReportSheet(
        title=_("Báo cáo kiểm tra"),
        head=f"{_('Báo cáo kiểm tra')} · {name} · {_span(report)}",
        mark=DEMO_MARK if is_demo else "",
        facts=_facts(report, made_on, name),
        entries=tuple(map(_entry, report.findings)),
        empty=_("Trong những ngày này không có lời nào đã ký và đã gửi."),
        closing=_closing(host, is_demo=is_demo),
        signature=_("Người kiểm tra (ký, ghi rõ họ tên)"),
        page=_("Trang %(page)s / %(pages)s", page="{page}", pages="{pages}"),
    )


def _facts(report: FindingReport, made_on: date, name: str) -> tuple[tuple[str, str], ...]:
    keys = [(_("Khóa %(key)s", key=key.name), _key(key)) for key in report.keys]
    return (
        (_("Ký nhân danh"), name),
        (_("Mã cơ quan"), report.did),
        *keys,
        (_("Thời gian"), _span(report)),
        (_("Xưởng"), report.workshop[1] if report.workshop is not None else _("tất cả")),
        (_("Số lời đã ký"), _counts(report)),
        (_("Ngày in"), day(made_on)),
    )


def _entry(one: Finding) -> ReportEntry:
    facts = [(_("Về"), one.about), *_label(one)]
    if one.workshop is not None:
        facts.append((_("Xưởng"), one.workshop[1]))
    facts.append((_("Bản ký"), one.url))
    facts.append((_("Sổ công khai"), _place(one)))
    if day_in_viet_nam(one.signed_at) != day_in_viet_nam(one.found_at):
        facts.append((_("Ký và gửi"), moment(one.signed_at)))
    return ReportEntry(
        _verdict(one.kind), moment(one.found_at), f"“{_short(one.reason)}”", tuple(facts), one.url
    )


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_PRINTED else f"{reason[: REASON_PRINTED - 1].rstrip()}…"


def _label(one: Finding) -> list[tuple[str, str]]:
    if one.code is None or one.lot is None:
        return []
    lot = _("%(code)s, lô %(lot)s", code=one.code, lot=one.lot)
    if not one.serials:
        return [(_("Tem"), _("%(lot)s, cả lô", lot=lot))]
    serials = ", ".join(" ".join((text[:4], text[4:8], text[8:])) for text in one.serials)
    return [(_("Tem"), _("%(lot)s, số sê-ri %(serials)s", lot=lot, serials=serials))]


def _place(one: Finding) -> str:
    index = one.index if one.index is not None else "?"
    return str(_("mục %(index)s, khóa %(key)s", index=index, key=one.key))


def _verdict(kind: str) -> str:
    words = {
        "genuine": _("✓ Khớp mô tả"),
        "copy": _("! Nghi tem bị sao chép"),
        "mismatch": _("× Không khớp mô tả"),
        "recall": _("× Gọi hàng về"),
        "suspend": _("× Tạm ngưng hồ sơ"),
        "revoke": _("× Thu hồi hồ sơ"),
    }
    return str(words.get(kind, _("Nhận xét khi kiểm tra")))


def _counts(report: FindingReport) -> str:
    kinds = [one.kind for one in report.findings]
    each = [f"{_verdict(kind)}: {kinds.count(kind)}" for kind in dict.fromkeys(kinds)]
    return f"{len(kinds)} ({'; '.join(each)})" if each else "0"


def _span(report: FindingReport) -> str:
    first, last = report.span.first, report.span.last
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def _closing(host: str, *, is_demo: bool) -> tuple[str, ...]:
    made_up = (
        [_("Đây là dữ liệu mẫu: người, xưởng và hàng không có thật; máy ảnh không mở được địa chỉ mẫu.")]
        if is_demo
        else []
    )
    return (
        _("Báo cáo này là gì, và không phải là gì"),
        *made_up,
        _(
            "Báo cáo chép lại những lời mà khóa trên đã ký, đã gửi và đã vào sổ công khai của %(host)s."
            " Tờ giấy này không mang chữ ký nào: quét mã ở từng mục để mở bản ký, và tin bản ký ấy."
            " Lời dài hơn %(most)s chữ được cắt ở đây, cuối có dấu “…”.",
            host=host,
            most=REASON_PRINTED,
        ),
        _(
            "Chữ ký cho biết lời ghi do khóa ấy ký và từ đó không bị sửa. Chữ ký không cho biết món đồ"
            " có đúng là món đồ trong hồ sơ hay không: tem có thể bị chụp lại."
        ),
        _(
            "Những tem đã xem mà không ký lời nào, và những lời còn nằm trên điện thoại, không có ở đây."
            " Lời nào nay còn được tính thì trang công khai của hồ sơ cho biết."
        ),
    )


def _key(key: ReportKey) -> str:
    letters = key.public_key
    shown = " ".join(letters[at : at + KEY_GROUP] for at in range(0, len(letters), KEY_GROUP))
    if key.ended is None:
        return shown
    when, why = day(key.ended[0]), key.ended[1]
    if why == "compromised":
        words = _("thu hồi ngày %(date)s (bị đánh cắp)", date=when)
    else:
        words = _("thu hồi ngày %(date)s (thôi dùng)", date=when)
    return f"{shown}; {words}"
