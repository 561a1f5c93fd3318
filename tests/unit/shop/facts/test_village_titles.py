"""What a village is called: "làng nghề" only by recognition, and "làng" only once."""

import pytest

from shop.facts.titles import bare_name, village_title
from traceability.records.facility import Recognition


def recognition(kind: str | None, status: str) -> Recognition:
    return Recognition(kind, None, None, None, status)


@pytest.mark.parametrize(
    ("kind", "vi", "en"),
    [
        ("craft_village", "Làng nghề Mẫu", "Craft village of Mẫu"),
        ("traditional_craft_village", "Làng nghề truyền thống Mẫu", "Traditional craft village of Mẫu"),
        ("traditional_craft", "Làng Mẫu", "Village of Mẫu"),
        (None, "Làng Mẫu", "Village of Mẫu"),
    ],
)
def test_a_recognised_village_has_its_title(kind: str | None, vi: str, en: str) -> None:
    assert village_title("Mẫu", recognition(kind, "recognised")) == (vi, en)


@pytest.mark.parametrize("kind", [None, "craft_village", "traditional_craft_village"])
@pytest.mark.parametrize("status", ["unknown", "under_review", "withdrawn"])
def test_no_other_village_has_one(kind: str | None, status: str) -> None:
    assert village_title("Mẫu", recognition(kind, status)) == ("Làng Mẫu", "Village of Mẫu")


@pytest.mark.parametrize(
    "name", ["Mẫu", "Làng Mẫu", "làng Mẫu", "Làng nghề Mẫu", "LÀNG NGHỀ TRUYỀN THỐNG Mẫu"]
)
def test_the_word_for_village_stands_once(name: str) -> None:
    assert village_title(name, recognition("craft_village", "recognised"))[0] == "Làng nghề Mẫu"


@pytest.mark.parametrize("name", ["Mẫu", "Làngs", "Cốm làng Vòng", "Làng"])
def test_other_names_are_left_alone(name: str) -> None:
    assert bare_name(name) == name
