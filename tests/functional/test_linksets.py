"""Label paths as a GS1 resolver: linksets, links by type, and what resolvers say of themselves."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft7Validator
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.config import DEMO_HOST
from shop.db.scans import Scan
from shop.wiring import Services
from tests.conftest import VECTORS
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.records.canonical import parse

LINKSET = "application/linkset+json"
DEFAULT = "https://ref.gs1.org/voc/defaultLink"
SCHEMA = VECTORS / "untp" / "0.7.0" / "schema" / "LinksetSchema.json"


@cache
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")))


def levels(response: TestResponse) -> dict[str, dict[str, Any]]:
    """Gives the contexts of a linkset by their anchor."""
    assert response.mimetype == LINKSET
    return {level["anchor"]: level for level in parse(response.data)["linkset"]}


def forms(label: LabelCode) -> dict[str, LabelCode]:
    """Every level of a label's path."""
    unit = label.without_seal()
    lot = replace(unit, serial=None)
    return {"sealed": label, "unit": unit, "lot": lot, "product": replace(lot, lot=None)}


@pytest.mark.parametrize("asked", ["?linkType=linkset", "?linkType=all", ""])
@pytest.mark.parametrize("form", ["sealed", "unit", "lot", "product"])
def test_every_level_answers_with_its_linkset(
    client: FlaskClient, label: LabelCode, asked: str, form: str
) -> None:
    accept = {"Accept": LINKSET} if not asked else {}
    response = client.get(forms(label)[form].path + asked, headers=accept)
    assert response.status_code == 200
    expected = {"sealed": 3, "unit": 3, "lot": 2, "product": 1}[form]
    found = levels(response)
    assert len(found) >= expected
    assert f"https://{DEMO_HOST}/01/{label.gtin}" in found
    assert all(DEFAULT in level for anchor, level in found.items() if "/01/" in anchor)


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the shared UNTP schemas are absent")
@pytest.mark.parametrize("form", ["sealed", "lot", "product"])
def test_every_lots_linkset_satisfies_the_schema_of_untp(
    client: FlaskClient, labels: list[str], form: str
) -> None:
    for text in labels:
        response = client.get(f"{forms(parse_label(text))[form].path}?linkType=linkset")
        schema().validate(parse(response.data))


def test_every_link_to_a_record_leads_to_one_that_is_served(client: FlaskClient, label: LabelCode) -> None:
    found = levels(client.get(f"{label.path}?linkType=all"))
    hrefs = [
        link["href"]
        for level in found.values()
        for kind in ("dpp", "dte", "dcc")
        for link in level.get(kind, [])
    ]
    assert len(hrefs) > 3
    for href in hrefs:
        assert href.startswith(f"https://{DEMO_HOST}/records/")
        assert client.get(href.removeprefix(f"https://{DEMO_HOST}")).status_code == 200


def test_a_linkset_may_be_read_by_pages_of_other_sites(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path, headers={"Accept": LINKSET})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in response.vary


def test_a_page_names_its_linkset(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path)
    assert response.mimetype == "text/html"
    assert response.headers["Link"] == f'<{label.path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'


@pytest.mark.parametrize("accept", ["text/html", "*/*", f"text/html, {LINKSET};q=0.5", "image/png"])
def test_a_browser_gets_the_page(client: FlaskClient, label: LabelCode, accept: str) -> None:
    assert client.get(label.path, headers={"Accept": accept}).mimetype == "text/html"


def test_a_client_that_wants_json_gets_the_verdict(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path, headers={"Accept": "application/json"})
    assert response.mimetype == "application/json"
    assert "outcome" in response.get_json()


@pytest.mark.parametrize("link_type", ["gs1:defaultLink", DEFAULT, "gs1:traceability", ""])
def test_the_default_link_is_the_page_itself(client: FlaskClient, label: LabelCode, link_type: str) -> None:
    response = client.get(label.path, query_string={"linkType": link_type})
    assert (response.status_code, response.mimetype) == (200, "text/html")


@pytest.mark.parametrize("spelling", ["dpp", "untp:dpp"])
def test_a_link_type_leads_to_its_link(client: FlaskClient, label: LabelCode, spelling: str) -> None:
    response = client.get(label.path, query_string={"linkType": spelling})
    assert response.status_code == 307
    assert client.get(response.headers["Location"]).mimetype == "application/vc"


@pytest.mark.parametrize("spelling", ["gs1:pip", "https://ref.gs1.org/voc/pip"])
@pytest.mark.parametrize("form", ["sealed", "product"])
def test_the_products_page_is_a_link(client: FlaskClient, label: LabelCode, spelling: str, form: str) -> None:
    response = client.get(forms(label)[form].path, query_string={"linkType": spelling})
    assert response.status_code == 307
    assert response.headers["Location"].startswith("/products/")


def test_several_links_of_a_type_are_a_choice(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path, query_string={"linkType": "dte"})
    assert response.status_code == 300
    assert any(len(level.get("dte", [])) > 1 for level in levels(response).values())


@pytest.mark.parametrize(
    "link_type",
    [
        "gs1:recipeInfo",
        "anchor",
        "description",
        "//evil.example",
        "https://evil.example/",
        "linkset ",
        "x" * 3_000,
    ],
    ids=["gs1", "anchor", "description", "other-host", "other-site", "space", "long"],
)
def test_a_link_type_that_a_label_has_not_is_not_found(
    client: FlaskClient, label: LabelCode, link_type: str
) -> None:
    response = client.get(label.path, query_string={"linkType": link_type})
    assert response.status_code == 404
    assert "Location" not in response.headers


@pytest.mark.parametrize("asked", ["linkset", "dpp"])
def test_what_is_unknown_has_no_linkset(client: FlaskClient, label: LabelCode, asked: str) -> None:
    unit = label.without_seal()
    unknown = [
        replace(unit, serial="ZZZZZZZZZZZZ"),
        replace(unit, lot="NO-SUCH"),
        replace(unit, lot=None, serial=None, gtin="09521234543213"),
    ]
    for code in unknown:
        assert client.get(code.path, query_string={"linkType": asked}).status_code == 404


def test_a_path_that_is_no_label_is_a_bad_request(client: FlaskClient) -> None:
    assert client.get("/01/123?linkType=linkset").status_code == 400
    assert client.get("/01/123", headers={"Accept": LINKSET}).status_code == 400


def test_asking_for_links_counts_as_no_scan(client: FlaskClient, label: LabelCode) -> None:
    services: Services = client.application.extensions["langnghe"]

    def counted() -> int:
        services.scans.counter.flush()
        with services.database.read() as session:
            return session.scalar(select(func.coalesce(func.sum(Scan.count), 0))) or 0

    before = counted()
    client.get(f"{label.path}?linkType=linkset")
    client.get(f"{label.path}?linkType=dpp")
    client.get(label.path, headers={"Accept": LINKSET})
    assert counted() == before


def test_the_resolver_says_what_it_is(client: FlaskClient) -> None:
    response = client.get("/.well-known/gs1resolver")
    value = response.get_json()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert value["resolverRoot"] == f"https://{DEMO_HOST}"
    assert value["supportedPrimaryKeys"] == ["01"]


def test_a_record_is_not_served_as_a_token(client: FlaskClient) -> None:
    """A token is signed anew, and the private keys are not in the shop's process."""
    assert client.get("/records/village-bat-trang").status_code == 200
    assert client.get("/records/village-bat-trang.jwt").status_code == 404
