"""Content rules of the demo's data files: sourced facts, samples that say so, both languages."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHOP = Path(__file__).parents[4] / "shop"
FILES = ("villages.json", "statistics.json", "words.json", "catalogue.json")
SAMPLE_GTINS = {"09520000000011", "09520000000028", "09520000000035", "09520000000042",
                "09520000000059", "09520000000066", "09520000000073", "09520000000080"}  # fmt: skip
OCOP_VALID_DAYS = 1096  # 36 months at the longest, with a 29 February; Decision 148/QĐ-TTg.
BANDS = {3: range(50, 70), 4: range(70, 90)}  # Decision 148/QĐ-TTg.
AMENDED_SCHEME_DAYS = 504  # From 2025-07-06 to 2026-11-22, when these files were compiled.
EVENT_KINDS = {"material_received", "made", "finished", "inspected", "labelled", "packed"}
MOTIFS = set(
    "ceramics silk bamboo lacquer hat incense nacre wood embroidery metal food fern kite textile".split()
)
FORBIDDEN = ("100%", "100 %", "hàng thật", "chữ ký số", "blockchain", "genuine", "1/3", "56%", "56 %")

# Any: these rows are JSON as read; the tests are what gives them their shape.
Row = dict[str, Any]
Words = dict[str, Row]  # one entry per slug
Papers = list[tuple[Row, Row]]  # product and certificate


def raw(name: str) -> str:
    """Returns the text of one data file of the demo."""
    folder = "demo" if name == "catalogue.json" else "facts"
    return (SHOP / folder / name).read_text(encoding="utf-8")


def read(name: str) -> Row:
    """Returns one data file of the demo."""
    loaded: Row = json.loads(raw(name))
    return loaded


def walk(value: object, path: str = "$") -> Iterator[tuple[str, object]]:
    """Yields every value inside a JSON value with its path, depth first."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}.{key}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, f"{path}[{index}]")


def texts(value: object) -> list[str]:
    """Returns every string inside a JSON value."""
    return [inner for _, inner in walk(value) if isinstance(inner, str)]


def has_check_digit(gtin: str) -> bool:
    """Tells whether the last of 14 digits is the GS1 check digit of the others."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:13]))
    return len(gtin) == 14 and (10 - weighted % 10) % 10 == int(gtin[13])


def publishable(records: list[Row]) -> list[Row]:
    """Returns the figures that a page may print: those that are not flagged low-confidence."""
    return [record for record in records if record["confidence"] != "low"]


def state(certificate: Row, days_ago: int = 0) -> str:
    """Returns a certificate's state on the day that lies `days_ago` days back."""
    age = certificate["starts_days_ago"] - days_ago
    valid_days = certificate.get("valid_days", OCOP_VALID_DAYS)
    if age < 0:
        return "not_yet_valid"
    return "expired" if age > valid_days else "valid"


@pytest.fixture(scope="module")
def villages() -> Words:
    return {village["slug"]: village for village in read("villages.json")["villages"]}


@pytest.fixture(scope="module")
def words() -> Words:
    return dict(read("words.json")["villages"])


@pytest.fixture(scope="module")
def catalogue() -> Row:
    return read("catalogue.json")


@pytest.fixture(scope="module")
def products(catalogue: Row) -> list[Row]:
    return list(catalogue["products"])


@pytest.fixture(scope="module")
def lots(products: list[Row]) -> list[Row]:
    return [lot for product in products for lot in product["lots"]]


@pytest.fixture(scope="module")
def certificates(products: list[Row]) -> Papers:
    return [(product, paper) for product in products for paper in product["certificates"]]


@pytest.mark.parametrize("name", FILES)
class TestEveryFile:
    def test_text_is_nfc(self, name: str) -> None:
        assert unicodedata.is_normalized("NFC", raw(name))

    def test_no_member_stands_twice(self, name: str) -> None:
        def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
            assert len(dict(pairs)) == len(pairs), [key for key, _ in pairs]
            return dict(pairs)

        json.loads(raw(name), object_pairs_hook=once)

    def test_no_empty_text(self, name: str) -> None:
        assert all(text.strip() == text and text for text in texts(read(name)))

    def test_no_file_name_and_no_invented_people(self, name: str) -> None:
        assert ".txt" not in raw(name)
        assert "demo_entities" not in raw(name)


@pytest.mark.parametrize("name", ["words.json", "catalogue.json"])
class TestOwnWords:
    def test_both_languages_stand_side_by_side(self, name: str) -> None:
        for path, value in walk(read(name)):
            if isinstance(value, dict) and {"vi", "en"} & set(value):
                assert value["vi"], path
                assert value["en"], path

    def test_words_promise_nothing_that_a_record_cannot_show(self, name: str) -> None:
        whole = " ".join(texts(read(name))).lower()
        assert [word for word in FORBIDDEN if word in whole] == []

    def test_no_phone_number_and_no_address_of_the_web(self, name: str) -> None:
        for text in texts(read(name)):
            assert text in SAMPLE_GTINS or not re.search(r"\d[\d .-]{8,}\d|@|https?:", text), text


class TestVillages:
    def test_thirty_villages_have_words(self, villages: Words, words: Words) -> None:
        assert len(villages) == 30
        assert set(words) == set(villages)

    def test_every_source_has_a_title_in_words(self) -> None:
        assert set(read("words.json")["common"]["sources"]) == set(read("villages.json")["sources"])

    def test_every_source_that_a_field_names_exists(self, villages: Words) -> None:
        known = set(read("villages.json")["sources"])
        for village in villages.values():
            named = [field["sources"] for field in [*village["field_sources"].values(), *village["facts"]]]
            keys = {key for sources in named for key in sources if "compilers of this file" not in key}
            assert keys <= known, village["slug"]

    def test_words_follow_the_facts_one_by_one(self, villages: Words, words: Words) -> None:
        for slug, village in villages.items():
            mine = words[slug]
            assert [fact["key"] for fact in mine["facts"]] == [fact["key"] for fact in village["facts"]]
            assert len(mine["heritage"]) == len(village["heritage"])

    def test_what_is_not_known_has_no_words(self, villages: Words, words: Words) -> None:
        for slug, village in villages.items():
            mine = words[slug]
            assert (mine["founding"] is None) == (village["founding"]["text"] is None), slug
            assert (mine["network"] is None) == (village["network"] is None), slug
            assert (mine["recognition"]["title"] is None) == (village["recognition"]["title_vi"] is None)
            assert (mine["recognition"]["date"] is None) == (village["recognition"]["date"] is None)

    def test_years_and_amounts_in_words_stand_in_the_facts(self, villages: Words, words: Words) -> None:
        for slug, village in villages.items():
            facts = json.dumps(village, ensure_ascii=False).replace(",", "").replace(".", "")
            for text in texts(
                {key: words[slug][key] for key in ("story", "founding", "heritage", "network")}
            ):
                numbers = re.findall(r"\d{3,}", re.sub(r"(?<=\d)[.,](?=\d)", "", text))
                assert [number for number in numbers if number not in facts] == [], slug

    def test_a_story_has_two_or_three_sentences(self, words: Words) -> None:
        for slug, mine in words.items():
            for text in mine["story"].values():
                assert 2 <= len(re.findall(r"\.(?:\s|$)", text)) <= 3, slug


class TestStatistics:
    def test_every_figure_has_a_date_a_quote_and_a_source_in_words(self) -> None:
        for record in read("statistics.json")["records"]:
            assert record["as_of"], record["id"]
            assert record["source"]["quote_vi"], record["id"]
            assert record["source"]["title_vi"].startswith("tài liệu nguồn "), record["id"]
            assert record["source"]["title_vi"].endswith("; tệp không công bố"), record["id"]

    def test_the_national_share_is_never_publishable(self) -> None:
        shown = publishable(read("statistics.json")["records"])
        assert shown
        assert not [row for row in shown if row["key"] == "hanoi_share_of_national_villages"]
        assert not [row for row in shown if row["value"] in (0.3333, 0.56)]
        assert not [row for row in shown if re.search(r"\b1/3\b|56 ?%", row["source"]["quote_vi"])]

    def test_a_low_confidence_figure_is_left_out_and_a_sound_one_stays(self) -> None:
        rows: list[Row] = [{"confidence": "low", "value": 1}, {"confidence": "high", "value": 2}]
        assert [row["value"] for row in publishable(rows)] == [2]

    def test_every_unit_and_qualifier_has_words(self) -> None:
        common = read("words.json")["common"]
        records = read("statistics.json")["records"]
        assert {record["unit"] for record in records} <= set(common["units"])
        assert {record["qualifier"] for record in records} <= set(common["qualifiers"])


class TestWorkshops:
    def test_enough_of_them_in_enough_known_villages(self, catalogue: Row, villages: Words) -> None:
        homes = {workshop["village"] for workshop in catalogue["workshops"]}
        assert len(catalogue["workshops"]) >= 16
        assert len(homes) >= 14
        assert homes <= set(villages)

    def test_names_say_that_they_are_samples(self, catalogue: Row) -> None:
        for number, workshop in enumerate(catalogue["workshops"], 1):
            assert workshop["slug"] == f"xuong-mau-{number}"
            assert workshop["name"] == {"vi": f"Xưởng mẫu {number}", "en": f"Sample workshop {number}"}
            assert workshop["maker"] == {"vi": f"Thợ mẫu {number}", "en": f"Sample maker {number}"}

    def test_exactly_one_stands_outside_its_village_in_a_real_commune(
        self, catalogue: Row, villages: Words
    ) -> None:
        away = [row for row in catalogue["workshops"] if not row["site"]["inside_village"]]
        units = [village["admin"]["from_2025_07_01"] for village in villages.values()]
        assert len(away) == 1
        assert away[0]["site"]["kind"] == "cluster"
        assert away[0]["site"]["unit"] in [{"code": unit["code"], "name": unit["unit"]} for unit in units]
        home = villages[away[0]["village"]]["admin"]["from_2025_07_01"]
        assert away[0]["site"]["unit"]["code"] != home["code"]

    def test_suppliers_named_anywhere_exist(self, catalogue: Row) -> None:
        known = {supplier["id"] for supplier in catalogue["suppliers"]}
        named = {value for path, value in walk(catalogue["products"]) if path.endswith(".supplier")}
        assert named - {None} <= known


class TestProducts:
    def test_enough_products_from_every_workshop(self, catalogue: Row, products: list[Row]) -> None:
        assert len(products) >= 46
        makers = {product["workshop"] for product in products}
        assert makers == {workshop["slug"] for workshop in catalogue["workshops"]}

    def test_names_say_that_they_are_samples(self, products: list[Row]) -> None:
        assert all(product["name"]["vi"].endswith(" (mẫu)") for product in products)
        assert all(product["name"]["en"].endswith(" (sample)") for product in products)

    def test_slugs_are_ascii_and_unique(self, products: list[Row]) -> None:
        slugs = [product["slug"] for product in products]
        assert len(set(slugs)) == len(slugs)
        assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)

    def test_only_the_eight_sample_gtins_are_used(self, products: list[Row]) -> None:
        gtins = [product["gtin"] for product in products if product["gtin"]]
        assert sorted(gtins) == sorted(SAMPLE_GTINS)
        assert all(has_check_digit(gtin) for gtin in gtins)

    @pytest.mark.parametrize("gtin", ["09520000000012", "09520000000010", "9520000000011", "09520000000101"])
    def test_a_wrong_digit_fails_the_check(self, gtin: str) -> None:
        assert not has_check_digit(gtin)

    def test_the_others_have_their_own_unique_code(self, products: list[Row]) -> None:
        codes = [product["code"] for product in products if product["gtin"] is None]
        assert all(re.fullmatch(r"[A-Z0-9]{4,14}", code) for code in codes)
        assert len(set(codes)) == len(codes)
        assert not [product for product in products if product["gtin"] and product["code"]]

    def test_materials_sum_to_the_whole(self, products: list[Row]) -> None:
        for product in products:
            assert sum(material["percent"] for material in product["materials"]) == 100, product["slug"]

    def test_hs_headings_have_four_digits(self, products: list[Row]) -> None:
        for path, value in walk(products):
            if path.endswith(".hs") and isinstance(value, dict):
                assert re.fullmatch(r"\d{4}", value["code"]), path

    def test_motifs_are_the_drawn_ones_and_all_are_used(self, products: list[Row], words: Words) -> None:
        assert {product["motif"] for product in products} == MOTIFS
        assert {mine["motif"] for mine in words.values()} <= MOTIFS

    def test_prices_are_whole_and_some_stock_is_out_or_last(self, products: list[Row]) -> None:
        assert all(type(row["price"]) is int and row["price"] % 1000 == 0 < row["price"] for row in products)
        assert {0, 1} <= {product["stock"] for product in products}


class TestTwoLanguages:
    def test_both_languages_say_the_same_numbers(self, catalogue: Row) -> None:
        for path, value in walk(catalogue):
            if isinstance(value, dict) and set(value) == {"vi", "en"}:
                vi, en = (
                    re.findall(r"\d+", re.sub(r"(?<=\d)[.,](?=\d)", "", text)) for text in value.values()
                )
                assert sorted(vi) == sorted(en), path


class TestLots:
    def test_every_product_has_lots_and_some_have_three(self, products: list[Row], lots: list[Row]) -> None:
        counts = [len(product["lots"]) for product in products]
        assert min(counts) >= 1
        assert max(counts) == 3
        assert len(lots) >= 60

    def test_numbers_are_short_and_unique(self, lots: list[Row]) -> None:
        numbers = [lot["number"] for lot in lots]
        assert all(re.fullmatch(r"[A-Z0-9-]{1,10}", number) for number in numbers)
        assert len(set(numbers)) == len(numbers)

    def test_events_come_in_order_and_before_the_passport(self, lots: list[Row]) -> None:
        for lot in lots:
            days = [event["days_ago"] for event in lot["events"]]
            assert 3 <= len(days) <= 5, lot["number"]
            assert days == sorted(days, reverse=True), lot["number"]
            assert days[-1] >= lot["issued_days_ago"] >= 0, lot["number"]

    def test_a_lot_was_made_on_the_day_of_its_last_making_event(self, lots: list[Row]) -> None:
        for lot in lots:
            made = [event["days_ago"] for event in lot["events"] if event["kind"] in ("made", "finished")]
            assert lot["made_days_ago"] == made[-1], lot["number"]

    def test_event_kinds_are_those_of_the_glossary(self, lots: list[Row]) -> None:
        assert {event["kind"] for lot in lots for event in lot["events"]} == EVENT_KINDS

    def test_the_workshops_own_check_is_called_that(self, lots: list[Row]) -> None:
        names = [event["name"] for lot in lots for event in lot["events"] if event["kind"] == "inspected"]
        assert names
        assert all(name == {"vi": "Xưởng tự kiểm", "en": "Checked in house"} for name in names)

    def test_transformations_have_inputs_and_the_rest_outputs_alone(self, lots: list[Row]) -> None:
        """The rule of `TraceEvent`, so that every event of the demo can be issued as it stands."""
        for event in [event for lot in lots for event in lot["events"]]:
            assert event["outputs"], event["name"]
            assert bool(event["inputs"]) == (event["kind"] in ("made", "finished")), event["name"]

    def test_what_a_step_uses_up_was_received_or_made_before(self, lots: list[Row]) -> None:
        for lot in lots:
            known: set[str] = set()
            for event in lot["events"]:
                assert {row["name"]["vi"] for row in event["inputs"]} <= known, lot["number"]
                known |= {row["name"]["vi"] for row in event["outputs"]}

    def test_quantities_are_whole_and_positive(self, lots: list[Row]) -> None:
        amounts = [value for path, value in walk(lots) if path.endswith(".quantity")]
        assert all(isinstance(amount, int) and amount > 0 for amount in amounts)

    def test_short_lived_food_was_made_within_its_shelf_life(self, products: list[Row]) -> None:
        food = [product for product in products if product["ocop_group"] == "food"]
        assert food
        for product in food:
            newest = min(lot["made_days_ago"] for lot in product["lots"])
            assert newest <= 2 or product["shelf_life_days"] > 90, product["slug"]
            assert all(lot["made_days_ago"] <= product["shelf_life_days"] for lot in product["lots"])


class TestCertificates:
    def test_stars_are_varied_and_scores_inside_their_band(self, certificates: Papers) -> None:
        """No five stars: the ministry recognises those, and the demo's council is a city's."""
        stars = [paper for _, paper in certificates if paper["kind"] == "ocop"]
        assert 12 <= len(stars) <= 16
        assert {paper["stars"] for paper in stars} == {3, 4}
        assert all(paper["score"] in BANDS[paper["stars"]] for paper in stars)

    def test_the_scheme_follows_the_start(self, certificates: Papers) -> None:
        for product, paper in certificates:
            if paper["kind"] == "ocop":
                is_old = paper["starts_days_ago"] > AMENDED_SCHEME_DAYS
                assert paper["scheme"] == ("148/2023" if is_old else "148/2023+1489/2025"), product["slug"]

    def test_exactly_one_has_expired_since_its_lot_was_issued(self, certificates: Papers) -> None:
        expired = [(product, paper) for product, paper in certificates if state(paper) == "expired"]
        assert len(expired) == 1
        product, paper = expired[0]
        assert [state(paper, lot["issued_days_ago"]) for lot in product["lots"]] == ["valid"]

    def test_exactly_one_is_not_yet_valid_though_its_lots_are_issued(self, certificates: Papers) -> None:
        early = [paper for _, paper in certificates if state(paper) == "not_yet_valid"]
        assert [paper["starts_days_ago"] for paper in early] == [-30]

    def test_all_others_were_valid_when_the_last_lot_was_issued(self, certificates: Papers) -> None:
        for product, paper in certificates:
            last = min(lot["issued_days_ago"] for lot in product["lots"])
            assert state(paper, last) == "valid" or paper["starts_days_ago"] == -30, product["slug"]

    def test_only_stars_and_inspections_and_never_a_decision_number(
        self, catalogue: Row, certificates: Papers
    ) -> None:
        assert {paper["kind"] for _, paper in certificates} == {"ocop", "inspection"}
        assert not [text for text in texts(catalogue) if re.search(r"\d+\s*/\s*QĐ", text)]
        assert not [path for path, _ in walk(catalogue) if path.endswith(".decision")]
