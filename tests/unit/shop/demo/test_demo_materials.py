"""Materials, goods bought in, events and sizes of the demo's products tell one story."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

CATALOGUE = Path(__file__).parents[4] / "shop" / "demo" / "catalogue.json"
# HS headings of goods that somebody has made already, and of mixed glazes; all other headings are raw.
MADE_HEADINGS = set(
    "3207 4412 4414 4419 4420 4421 4802 5004 5007 5204 5205 5208 5309 5404 5407 5607 5806 5808 "
    "6913 7106 7317 9601".split()
)
CLOTH_HEADINGS = {"5007", "6204", "6211", "6213", "6214", "6302"}
SIZE_KEYS = {"length_mm", "width_mm", "height_mm", "thickness_mm", "weight_g"}
SIZE_UNITS = {"mm": 1, "cm": 10, "g": 1, "kg": 1000}

# Any: these rows are JSON as read; the tests are what gives them their shape.
Row = dict[str, Any]


def declared(product: Row, lot: Row) -> Row:
    """Returns the goods bought in for one lot, by their Vietnamese name."""
    return {row["name"]["vi"]: row for row in (product | lot)["bought_in"]}


def received(lot: Row) -> Row:
    """Returns what a lot's workshop took in or drew from its own store, by its Vietnamese name."""
    rows = [event["outputs"] for event in lot["events"] if event["kind"] == "material_received"]
    return {row["name"]["vi"]: row for outputs in rows for row in outputs}


def is_own_work(material: Row) -> bool:
    """Tells whether a material's origin says that the workshop made it."""
    return re.match("(Làm|Pha|Rút) tại ", material["origin"]["vi"]) is not None


def stated_sizes(text: str) -> set[int]:
    """Returns the sizes and weights in a Vietnamese text, in mm and g, without the gold in a product."""
    found = re.findall(r"(\d+(?:,\d+)?) ?(mm|cm|kg|g)\b(?! vàng)", text)
    return {round(float(number.replace(",", ".")) * SIZE_UNITS[unit]) for number, unit in found}


@pytest.fixture(scope="module")
def products() -> list[Row]:
    return list(json.loads(CATALOGUE.read_text(encoding="utf-8"))["products"])


class TestMaterials:
    def test_every_material_was_received_or_made_here(self, products: list[Row]) -> None:
        """A lot with goods of its own bought in replaces the materials by those."""
        for product in products:
            for lot in [lot for lot in product["lots"] if "bought_in" not in lot]:
                for material in product["materials"]:
                    row = received(lot).get(material["name"]["vi"])
                    assert row or is_own_work(material), (lot["number"], material["name"])
                    assert not row or row["name"] == material["name"], lot["number"]

    def test_everything_from_a_supplier_is_a_material_or_declared(self, products: list[Row]) -> None:
        for product in products:
            materials = {material["name"]["vi"] for material in product["materials"]}
            for lot in product["lots"]:
                bought = {name for name, row in received(lot).items() if row["supplier"]}
                assert bought <= materials | set(declared(product, lot)), lot["number"]

    def test_a_made_material_is_own_work_or_declared(self, products: list[Row]) -> None:
        """Bought cloth, thread, blanks, leaf and mixed glaze are goods; clay, wood and raw silk are not."""
        for product in products:
            goods = {row["name"]["vi"] for row in product["bought_in"]}
            for material in product["materials"]:
                is_made = material["hs"]["code"] in MADE_HEADINGS
                is_bought = material["origin"]["vi"].startswith("Mua của ")
                if (is_made or is_bought) and not is_own_work(material):
                    assert material["name"]["vi"] in goods, (product["slug"], material["name"])

    def test_leaf_from_elsewhere_is_declared(self, products: list[Row]) -> None:
        for product in products:
            for lot in product["lots"]:
                leaf = {name for name, row in received(lot).items() if "Quỳ" in name and row["supplier"]}
                assert leaf <= set(declared(product, lot)), lot["number"]

    def test_declared_goods_agree_with_what_was_received(self, products: list[Row]) -> None:
        for product in products:
            countries = {material["name"]["vi"]: material["country"] for material in product["materials"]}
            for lot in product["lots"]:
                for name, row in declared(product, lot).items():
                    assert received(lot)[name]["supplier"] == row["supplier"], lot["number"]
                    assert received(lot)[name]["name"] == row["name"], lot["number"]
                    assert row["country"] == countries.get(name, "VN"), lot["number"]


class TestGoodsBoughtIn:
    def test_bought_in_goods_of_one_lot_are_told_in_that_lot(self, products: list[Row]) -> None:
        told = [lot for product in products for lot in product["lots"] if lot.get("bought_in")]
        assert told
        for lot in told:
            assert any("mua" in event["detail"]["vi"].lower() for event in lot["events"]), lot["number"]

    def test_bought_in_goods_among_the_inputs_are_declared_and_the_reverse(self, products: list[Row]) -> None:
        for product in products:
            for lot in product["lots"]:
                rows = [row for event in lot["events"] for row in event["inputs"] if row["is_bought_in"]]
                names = [row["name"] for row in declared(product, lot).values()]
                assert [row["name"] for row in rows] == names, lot["number"]


class TestSizesAndNumbers:
    def test_every_product_has_its_weight_and_known_sizes(self, products: list[Row]) -> None:
        for product in products:
            assert product["dimensions"]["weight_g"] > 0, product["slug"]
            assert set(product["dimensions"]) <= SIZE_KEYS, product["slug"]

    def test_cloth_is_long_and_not_high(self, products: list[Row]) -> None:
        cloth = [product for product in products if product["hs"]["code"] in CLOTH_HEADINGS]
        assert cloth
        for product in cloth:
            assert set(product["dimensions"]) == {"length_mm", "width_mm", "weight_g"}, product["slug"]

    def test_sizes_in_the_summary_stand_in_the_dimensions(self, products: list[Row]) -> None:
        for product in products:
            known = set(product["dimensions"].values())
            assert stated_sizes(product["summary"]["vi"]) <= known, product["slug"]

    @pytest.mark.parametrize(
        ("text", "sizes"),
        [
            ("Cốm 200 g", {200}),
            ("khổ 90 cm, dày 2 mm", {900, 2}),
            ("Bó 1 kg", {1000}),
            ("có 0,4 g vàng", set()),
        ],
    )
    def test_sizes_are_read_from_a_text(self, text: str, sizes: set[int]) -> None:
        assert stated_sizes(text) == sizes

    def test_nothing_in_stock_is_made_to_measure(self, products: list[Row]) -> None:
        for product in products:
            assert "số đo" not in product["summary"]["vi"], product["slug"]

    def test_stock_is_not_more_than_was_made(self, products: list[Row]) -> None:
        for product in products:
            assert product["stock"] <= sum(lot["units"] for lot in product["lots"]), product["slug"]

    def test_the_last_output_is_the_product_in_the_units_of_the_lot(self, products: list[Row]) -> None:
        for product in products:
            for lot in product["lots"]:
                (row,) = lot["events"][-1]["outputs"]
                assert (row["name"], row["quantity"], row["uom"]) == (product["name"], lot["units"], "H87")
