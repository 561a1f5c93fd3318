"""Every page of the storefront: answers, both languages, filters, and what is said about samples."""

import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update

from shop.app import create_app
from shop.db.catalogue import Product
from shop.wiring import Services
from tests.conftest import Demo, count_page_statements

PAGES = (
    "/",
    "/products",
    "/products?sort=price&page=2",
    "/products?village=bat-trang&craft=gom-su&min=100.000&max=9.000.000",
    "/products?village=nowhere",
    "/products/binh-hoa-men-lam",
    "/products/tranh-theu-hoa-sung",
    "/villages",
    "/villages/bat-trang",
    "/workshops/xuong-mau-1",
    "/about",
    "/verify",
)
FILES = {
    "/trust": "text/plain",
    "/contexts/v1": "application/ld+json",
    "/healthz": "application/json",
    "/robots.txt": "text/plain",
    "/sitemap.xml": "application/xml",
    "/issuers/xuong-mau-1/did.json": "application/json",
    "/records/village-bat-trang": "application/vc",
}


class Outline(HTMLParser):
    """What a test wants of a page: its links, its headings, its language and its title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.headings: list[str] = []
        self.language = ""
        self.title = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self._inside = tag
        if tag == "html":
            self.language = values.get("lang") or ""
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag == "h1":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title += data
        if self._inside == "h1":
            self.headings[-1] += data


def outline(client: FlaskClient, path: str, **headers: str) -> Outline:
    response = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == 200, path
    return Outline(response.text)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_one_heading_a_title_and_a_language(client: FlaskClient, path: str) -> None:
    page = outline(client, path)
    assert len(page.headings) == 1
    assert page.title.strip()
    assert page.language == "vi"


@pytest.mark.parametrize("path", PAGES)
def test_page_exists_in_english(client: FlaskClient, path: str) -> None:
    page = outline(client, path + ("&" if "?" in path else "?") + "lang=en")
    assert page.language == "en"
    assert page.title != outline(client, path).title or path.startswith(("/villages/", "/workshops/"))


@pytest.mark.parametrize("path", PAGES)
def test_page_says_that_its_data_are_a_sample(client: FlaskClient, path: str) -> None:
    assert "Dữ liệu mẫu" in client.get(path).text


@pytest.mark.parametrize(("path", "kind"), FILES.items())
def test_file_for_machines(client: FlaskClient, path: str, kind: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.mimetype == kind
    assert response.data


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_head_has_no_body(client: FlaskClient, path: str) -> None:
    response = client.head(path)
    assert response.status_code == 200
    assert response.data == b""


@pytest.mark.parametrize("path", PAGES)
def test_links_of_a_page_all_lead_somewhere(client: FlaskClient, path: str) -> None:
    for link in outline(client, path).links:
        if link.startswith("/"):
            assert client.get(link).status_code in {200, 302}, link
        else:
            assert re.match(r"https://|geo:|#|\?|mailto:", link), link


@pytest.mark.parametrize("path", ["/", "/products", "/products/binh-hoa-men-lam", "/villages/bat-trang"])
def test_links_keep_the_chosen_language(client: FlaskClient, path: str) -> None:
    page = outline(client, f"{path}?lang=en")
    speaking = [
        link
        for link in page.links
        if re.match(r"/(products|villages|workshops|about|verify|S/|01/|P/|$)", link)
        and "lang=vi" not in link
    ]
    assert len(speaking) > 5
    assert [link for link in speaking if "lang=en" not in link] == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("fr,en;q=0.5", "en"),
        ("de", "vi"),
        ("", "vi"),
        ("*", "vi"),
    ],
)
def test_browser_language_is_followed(client: FlaskClient, accepted: str, language: str) -> None:
    assert outline(client, "/", Accept_Language=accepted).language == language


def test_chosen_language_wins_over_the_browsers(client: FlaskClient) -> None:
    assert outline(client, "/?lang=vi", Accept_Language="en").language == "vi"


@pytest.mark.parametrize("lang", ["xx", "EN", "", "en'", "vi,en"])
def test_unknown_language_is_vietnamese(client: FlaskClient, lang: str) -> None:
    assert outline(client, f"/?lang={lang}").language == "vi"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/products/none",
        "/villages/none",
        "/workshops/none",
        "/records/none",
        "/issuers/none/did.json",
        "/console",
        "/administrator",
        "/static/../config.py",
        "/static/none.css",
        "/.git/config",
        "/P/NOSUCH1",
    ],
)
def test_unknown_address_is_a_page_that_helps(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "<h1>" in response.text
    assert 'href="/verify' in response.text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_error_page_speaks_both_languages(client: FlaskClient, lang: str) -> None:
    page = Outline(client.get(f"/nowhere?lang={lang}").text)
    assert page.language == lang
    assert len(page.headings) == 1


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=abc",
        "min=-1",
        "min=1e9",
        "max=99999999999999999999",
        "stars=9",
        "stars=0",
        "stars=٣",
        "sort=;drop",
        "village=" + "x" * 3000,
        "craft=%ff",
        "min=5&max=1",
        "village=a&village=b",
    ],
)
def test_filters_that_make_no_sense_still_give_a_list(client: FlaskClient, query: str) -> None:
    assert client.get(f"/products?{query}").status_code == 200


def test_prices_may_be_typed_as_people_write_them(client: FlaskClient) -> None:
    typed = client.get("/products?min=1.000.000").text
    plain = client.get("/products?min=1000000").text
    assert re.findall("/products/[a-z-]+", typed) == re.findall("/products/[a-z-]+", plain)
    assert re.findall("/products/[a-z-]+", plain) != re.findall(
        "/products/[a-z-]+", client.get("/products").text
    )


def test_expired_certificate_is_said_on_the_product_page(client: FlaskClient) -> None:
    assert "đã hết hạn" in client.get("/products/tranh-theu-hoa-sung").text
    assert "expired" in client.get("/products/tranh-theu-hoa-sung?lang=en").text


def test_certificate_before_its_time_is_said_on_the_product_page(client: FlaskClient) -> None:
    assert "chưa tới ngày hiệu lực" in client.get("/products/huong-tram-que").text


def test_workshop_outside_its_village_is_said_on_its_page(client: FlaskClient) -> None:
    assert "ngoài làng" in client.get("/workshops/xuong-mau-17").text


def test_unknown_facts_are_called_unknown(client: FlaskClient) -> None:
    assert "chưa rõ" in client.get("/villages/bat-trang").text


def test_pages_never_call_a_thing_genuine(client: FlaskClient) -> None:
    for path in PAGES:
        vietnamese, english = (
            client.get(path).text.lower(),
            client.get(f"{path.split('?')[0]}?lang=en").text.lower(),
        )
        assert "hàng thật" not in vietnamese
        assert "chính hãng" not in vietnamese
        assert "genuine" not in english


def test_sitemap_names_pages_that_answer(client: FlaskClient) -> None:
    addresses = re.findall("<loc>http://127.0.0.1:8000([^<]*)</loc>", client.get("/sitemap.xml").text)
    assert len(addresses) > 100
    for address in addresses[::10]:
        assert client.get(address).status_code == 200


def test_robots_keep_out_of_single_labels(client: FlaskClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert "Disallow: /S/" in lines
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in lines


def test_health_names_the_database(client: FlaskClient) -> None:
    found = client.get("/healthz").json
    assert found is not None
    assert found["status"] == "ok"
    assert found["database"] == "sqlite"


@pytest.mark.parametrize("path", [*PAGES, *FILES])
def test_page_takes_at_most_five_statements(client: FlaskClient, path: str) -> None:
    services: Services = client.application.extensions["langnghe"]
    with count_page_statements(services.database) as statements:
        client.get(path)
    assert len(statements) <= 5, statements


def test_reading_every_page_writes_nothing(client: FlaskClient) -> None:
    services: Services = client.application.extensions["langnghe"]
    with services.database.engine.connect() as watcher:
        before = watcher.execute(text("PRAGMA data_version")).scalar()
        watcher.rollback()
        for path in (*PAGES, *FILES):
            client.get(path)
        assert watcher.execute(text("PRAGMA data_version")).scalar() == before


def test_versioned_style_sheet_may_be_kept_for_a_year(client: FlaskClient) -> None:
    address = re.search(r'href="(/static/css/site\.css\?v=[0-9a-f]{10})"', client.get("/").text)
    assert address is not None
    with client.get(address[1]) as response:
        assert response.status_code == 200
        assert "max-age=31536000" in response.headers["Cache-Control"]


@pytest.mark.parametrize("query", ["", "?v=", "?v=0", "?v=0123456789"])
def test_file_without_its_version_is_asked_for_again(client: FlaskClient, query: str) -> None:
    with client.get(f"/static/css/site.css{query}") as response:
        assert "max-age" not in response.headers.get("Cache-Control", "")


def test_a_recalled_lot_is_marked_and_not_offered_as_the_newest(
    own_demo: Demo, own_services: Services
) -> None:
    slug = "mau-thu-mau1"
    with own_services.database.write() as session:
        session.execute(update(Product).where(Product.slug == slug).values(is_listed=True))
    client = create_app(own_demo.settings(), own_services).test_client()
    page = client.get(f"/products/{slug}").text
    assert "× đang bị gọi về" in page
    assert "Lô mới nhất" not in page
    assert "Xem ai nói gì về lô này" not in page
    assert "× is being recalled" in client.get(f"/products/{slug}?lang=en").text


def test_heritage_is_told_apart_from_the_registers_title(client: FlaskClient) -> None:
    page = client.get("/villages/bat-trang").text
    assert "<dt>Danh hiệu</dt>" in page
    assert "<dt>Danh hiệu khác và di sản</dt>" in page
    assert "<dt>Other titles and heritage</dt>" in client.get("/villages/bat-trang?lang=en").text


def test_prices_may_have_words(client: FlaskClient) -> None:
    worded, plain = (client.get(f"/products?min={typed}").text for typed in ("1,2 triệu", "1200000"))
    assert re.findall("/products/[a-z-]+", worded) == re.findall("/products/[a-z-]+", plain)
    assert "is-wrong" not in worded
