"""Forms: what cannot be taken is named by its path, with what is expected there and an example."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shop.errors import BadInput
from shop.services.issuing.checks import check_form
from shop.services.issuing.shapes import Leaf, Many, Shape, shape_of
from traceability.records.canonical import digest_multibase

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
KINDS = ("transcription", "village", "workshop", "lot", "certificate", "notice")
LOT: dict[str, Any] = {
    "workshop": "workshop-xuong-mau", "lot": "L9", "units": 12, "madeOn": "2026-10-01",
    "product": {
        "code": "GIOMAU", "slug": "gio-mau", "name": {"vi": "Giỏ mẫu"}, "craft": "may-tre-dan",
        "hs": {"code": "4602", "name": "Basketwork"}, "price": 150000, "stock": 12,
    },
    "materials": [
        {"name": "Mây", "origin": "Mẫu", "country": "VN", "percent": 100,
         "hs": {"code": "1401", "name": "Rattans"}}
    ],
    "events": [
        {"kind": "made", "name": "Đan giỏ", "time": "2026-10-01T08:00:00+07:00", "detail": "Đan và cạp.",
         "inputs": [{"name": "Mây chẻ", "amount": 20, "uom": "KGM"}],
         "outputs": [{"amount": 12, "uom": "H87"}]}
    ],
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    "kind": "attestation", "workshop": "workshop-xuong-mau", "title": "Xác nhận", "finding": "Đan tại xưởng.",
    "product": {"code": "GIOMAU", "name": "Giỏ mẫu"}, "assessedOn": "2026-09-20",
    "scheme": {"id": "xac-nhan", "name": "Xác nhận", "version": "1"},
}  # fmt: skip
NOTICE = {"about": "lot-giomau-l2", "action": "recall", "reason": "Mốc."}
REMOVED = object()
PHOTO = digest_multibase(b"photo")


def changed(form: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """Gives a form with one member changed, added or removed."""
    form = copy.deepcopy(form)
    at: Any = form
    for step in path[:-1]:
        at = at[step]
    if to is REMOVED:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return form


def refusal(kind: str, form: dict[str, Any]) -> str:
    with pytest.raises(BadInput) as caught:
        check_form(kind, form, NOW)
    assert caught.value.code == "BAD_FORM"
    return str(caught.value)


def test_a_good_certificate_is_taken() -> None:
    check_form("certificate", CERTIFICATE, NOW)


@pytest.mark.parametrize(
    ("path", "to", "told"),
    [
        (("kind",), "ocop", "kind: expected one of attestation, inspection"),
        (("assessedOn",), "2026-11-23", "assessedOn: expected a day as YYYY-MM-DD, not in the future"),
        (("validUntil",), "2026-09-19", "validUntil: expected a day after assessedOn"),
        (("finding",), REMOVED, "finding: expected a text"),
        (("product", "code"), REMOVED, "product.code: expected"),
        (("stars",), 5, "stars: unknown field"),
    ],
)
def test_a_certificate_that_cannot_be_taken(path: tuple[str, ...], to: Any, told: str) -> None:
    assert refusal("certificate", changed(CERTIFICATE, *path, to=to)).startswith(told)


def test_a_good_lot_is_taken() -> None:
    check_form("lot", LOT, NOW)


def test_a_code_of_digits_alone_is_refused() -> None:
    form = changed(LOT, "product", "code", to="09520000000011")
    assert refusal("lot", form).startswith("product.code: expected 4 to 14 capital letters")


@pytest.mark.parametrize(
    ("kind", "form", "path"),
    [
        ("lot", LOT, ("events", 0, "detail")),
        ("lot", LOT, ("events", 0, "inputs", 0, "supplier")),
        ("lot", LOT, ("materials", 0, "origin")),
        ("lot", LOT, ("warnings",)),
        ("certificate", CERTIFICATE, ("finding",)),
        ("notice", NOTICE, ("reason",)),
    ],
)
def test_a_telephone_number_is_not_signed(
    kind: str, form: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    with pytest.raises(BadInput) as caught:
        check_form(kind, changed(form, *path, to="Bà Mẫu, ĐT 0912 345 678"), NOW)
    assert caught.value.code == "PERSONAL"
    assert str(path[-1]) in str(caught.value)
    assert "345" not in str(caught.value)


def test_the_shops_own_words_may_hold_one() -> None:
    words = {"vi": "Gọi 0912 345 678.", "en": "Call 0912 345 678."}
    check_form("lot", changed(LOT, "product", "summary", to=words), NOW)


def test_a_step_with_photos_is_taken() -> None:
    photos = [digest_multibase(b"%d" % number) for number in range(8)]
    check_form("lot", changed(LOT, "events", 0, "evidence", to=photos), NOW)


def test_a_step_with_too_many_photos_is_refused() -> None:
    photos = [digest_multibase(b"%d" % number) for number in range(9)]
    said = refusal("lot", changed(LOT, "events", 0, "evidence", to=photos))
    assert "events[0].evidence: expected at most 8 digests, each of them once" in said


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["madeOn"], "01/10/2026", "madeOn: expected a day as YYYY-MM-DD, not in the future"),
        (["madeOn"], "01/10/2026", 'such as "2026-10-01"; got "01/10/2026"'),
        (["madeOn"], "2026-11-23", "madeOn: expected a day as YYYY-MM-DD, not in the future"),
        (["madeOn"], "2027-10-01", "not in the future"),
        (["events", 0, "time"], "2026-11-22T16:00:00+07:00", "with its zone, not in the future"),
        (["events", 0, "time"], "2026-10-01 08:00", "events[0].time: expected a time with its zone"),
        (["events", 0, "kind"], "fired", "events[0].kind: expected one of finished, inspected,"),
        (["events", 0, "kindd"], "made", "events[0].kindd: unknown field; known here: kind, name, time"),
        (["events", 0, "inputs"], [], "events[0].inputs: expected at least one thing"),
        (["events", 0, "kind"], "inspected", "events[0].inputs: expected nothing of a kind inspected"),
        (["events", 0, "evidence"], PHOTO, "events[0].evidence: expected a list"),
        (["events", 0, "evidence"], ["photo.jpg"], "events[0].evidence[0]: expected the SHA-256 digest of"),
        (["events", 0, "evidence"], [PHOTO, 7], "events[0].evidence[1]: expected the SHA-256 digest of"),
        (["events", 0, "evidence"], [PHOTO] * 2, "events[0].evidence: expected at most 8 digests, each of"),
        (["lot"], "Lô 9", 'letters, digits and hyphens, such as "L9"; got "Lô 9"'),
        (["units"], True, "units: expected a whole number from 1 to 50000, such as 12; got true"),
        (["units"], 0, "units: expected a whole number"),
        (["product", "name"], REMOVED, 'product.name: expected this field, such as {"vi": "'),
        (["product", "name"], "Giỏ", "product.name: expected an object"),
        (["product", "code"], REMOVED, "product.code: expected the product's own code, or its gtin"),
        (["product", "craft"], "dan-lat", "product.craft: expected one of "),
        (["product", "pric\x1be"], 1, "unknown field"),
        (["materials", 0, "percent"], 90, "materials[].percent: expected shares that add up to 100"),
        (["materials"], {}, "materials: expected a list"),
        (["expiresOn"], "2026-09-30", "expiresOn: expected a day after madeOn"),
        (["warnings"], "", "warnings: expected a text that is not empty"),
        (["corrects"], "lot-giomau-l9", "reason: expected a text that is not empty"),
        (["reason"], "vì", "reason: unknown field"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_lot_is_named_by_its_path(path: list[str | int], value: Any, said: str) -> None:
    assert said in refusal("lot", changed(LOT, *path, to=value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["action"], "destroy", "action: expected one of correction, finding, recall, revoke, suspend"),
        (["action"], "correction", "supersededBy: expected the id of the record in its place"),
        (["supersededBy"], "giay-moi", "supersededBy: expected the id of the record in its place"),
        (["serials"], ["ABC"], "serials[0]: expected the 12 characters of a serial"),
        (["reason"], REMOVED, "reason: expected a text that is not empty"),
    ],
)
def test_a_mistake_in_a_notice_is_named_by_its_path(path: list[str | int], value: Any, said: str) -> None:
    assert said in refusal("notice", changed(NOTICE, *path, to=value))


def test_a_village_of_the_projects_facts_gives_no_name_of_its_own() -> None:
    form = {"slug": "la-phu", "recognition": {"status": "unknown"}}
    check_form("village", form, NOW)
    assert "name: unknown field" in refusal("village", {**form, "name": "Làng khác"})
    assert "name: expected a text" in refusal("village", {**form, "slug": "lang-khac"})


def leaves(wanted: Leaf | Many | Shape) -> Iterator[Leaf]:
    if isinstance(wanted, Leaf):
        yield wanted
        return
    for inner in (wanted.item,) if isinstance(wanted, Many) else wanted.values():
        yield from leaves(inner)


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_taken(kind: str) -> None:
    found = list(leaves(shape_of(kind, {"corrects": "lot-x"} if kind == "lot" else {})))
    assert len(found) > 5
    for leaf in found:
        assert leaf.accepts(leaf.example, NOW), leaf.expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, 1, 1.5, True, "", [], {}, [[]]], ids=json.dumps)
def test_any_value_in_any_place_is_taken_or_refused(kind: str, value: Any) -> None:
    for leaf in leaves(shape_of(kind, {})):
        assert leaf.accepts(value, NOW) in {True, False}
    refusal(kind, {name.removesuffix("?"): value for name in shape_of(kind, {})})
