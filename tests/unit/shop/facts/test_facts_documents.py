"""Village documents: every fact keeps its words, date, confidence and sources."""

import copy
import json
import re
from typing import Any

import pytest

from shop.facts import files
from shop.facts.documents import village_document
from shop.facts.units import administrative_units

VILLAGES: dict[str, Any] = {village["slug"]: village for village in files.villages()["villages"]}


def _texts(value: Any) -> list[dict[str, str]]:
    """Gives every text in two languages inside a document."""
    if isinstance(value, dict):
        if set(value) == {"vi", "en"}:
            return [value]
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return []


@pytest.mark.parametrize("slug", VILLAGES)
def test_document_is_json(slug: str) -> None:
    document = village_document(VILLAGES[slug])
    assert json.loads(json.dumps(document, ensure_ascii=False)) == document


@pytest.mark.parametrize("slug", VILLAGES)
def test_every_text_has_both_languages(slug: str) -> None:
    texts = _texts(village_document(VILLAGES[slug]))
    assert texts
    assert all(bool(text["vi"]) == bool(text["en"]) for text in texts)


@pytest.mark.parametrize("slug", VILLAGES)
def test_every_fact_keeps_its_sources(slug: str) -> None:
    document = village_document(VILLAGES[slug])
    given = VILLAGES[slug]["facts"]
    assert [len(fact["sources"]) for fact in document["facts"]] == [len(fact["sources"]) for fact in given]
    assert [fact["confidence"] for fact in document["facts"]] == [fact["confidence"] for fact in given]


@pytest.mark.parametrize("slug", VILLAGES)
def test_sources_link_to_https_or_nowhere(slug: str) -> None:
    document = village_document(VILLAGES[slug])
    facts = [*document["facts"], *document["heritage"], document["founding"], document["network"]]
    addresses = {source["url"] for fact in facts if fact for source in fact["sources"]}
    assert all(address is None or address.startswith("https://") for address in addresses)
    assert all(address is None or " " not in address for address in addresses)


def test_a_source_that_is_not_public_says_so() -> None:
    titles = files.words()["common"]["sources"]
    for key, source in files.villages()["sources"].items():
        if source["kind"] == "document":
            assert titles[key]["vi"].endswith("; tệp không công bố"), key
            assert titles[key]["en"].endswith("; the file is not public"), key


def test_a_copy_of_an_article_is_called_a_copy() -> None:
    titles = files.words()["common"]["sources"]
    for key, source in files.villages()["sources"].items():
        if re.search(r"tek4tv|labweb|beta\.|aisleco|kampuspedia", source.get("url", "")):
            assert "bản sao" in titles[key]["vi"], key
            assert "copy" in titles[key]["en"], key


@pytest.mark.parametrize("slug", ["bat-trang", "van-phuc"])
def test_the_ceremony_has_a_source_written_after_it(slug: str) -> None:
    sources, named = (
        files.villages()["sources"],
        VILLAGES[slug]["field_sources"]["network"]["sources"],
    )
    assert "lễ đón nhận ngày 14/2/2025" in files.words()["villages"][slug]["network"]["vi"]
    assert "held" in sources["wcc_held"]["note"]
    dates = {"wcc_held": "2025-02-14"} | {key: sources[key]["date"] for key in named if key != "wcc_held"}
    assert named == sorted(dates, key=lambda key: dates[key])


def test_other_names_are_neither_the_name_again_nor_a_misspelling() -> None:
    for slug, village in VILLAGES.items():
        useful = [
            name
            for name in village["alt_names"]
            if "misspelling" not in name and name.removeprefix("làng ") not in village["name_vi"]
        ]
        assert len(files.words()["villages"][slug]["alt_names"]) == len(useful), slug


def test_every_name_reads_well_after_the_word_village() -> None:
    for slug, village in VILLAGES.items():
        shown = files.words()["villages"][slug].get("name", {"vi": village["name_vi"]})["vi"]
        assert "làng" not in shown.lower(), slug
        assert shown in village["name_vi"], slug


def test_unknown_recognition_is_not_invented() -> None:
    known = village_document(VILLAGES["bat-trang"])["recognition"]
    assert known == {"type": None, "title": None, "date": None, "decision": None, "status": "unknown"}


def test_status_is_the_one_of_the_facts() -> None:
    for slug, village in VILLAGES.items():
        assert village_document(village)["recognition"]["status"] == village["recognition"]["status"], slug


def test_point_of_a_commune_says_that_it_is_not_the_village() -> None:
    documents = [village_document(village) for village in VILLAGES.values()]
    assert all(document["point_note"]["vi"] for document in documents if document["point"])


def test_fact_without_words_is_an_error() -> None:
    village = copy.deepcopy(VILLAGES["bat-trang"])
    village["facts"].append(village["facts"][0])
    with pytest.raises(ValueError, match="zip"):
        village_document(village)


def test_village_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        village_document(VILLAGES["bat-trang"] | {"slug": "nowhere"})


@pytest.mark.parametrize("slug", VILLAGES)
def test_units_end_with_the_commune_of_today(slug: str) -> None:
    units = administrative_units(VILLAGES[slug])
    assert units[-1].code is not None
    assert units[-1].code.startswith("vn:01/")
    assert all(unit.code is None for unit in units[:-1])
    assert 2 <= len(units) <= 3
