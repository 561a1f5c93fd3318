"""Links of the shop's pages, as they are in a static export."""

import pytest

from shop.errors import NotFound
from shop.web.static_links import file_of, relink

HOST = "shop.example"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", "index.html"),
        ("/?lang=en", "en/index.html"),
        ("/about?lang=vi#demo", "about.html#demo"),
        ("/products?lang=en", "en/products/index.html"),
        ("/products?page=2&lang=en", "en/products/page-2.html"),
        ("/products?page=1", "products/index.html"),
        ("/log?lang=en", "en/entries/index.html"),
        ("/log?page=3", "entries/page-3.html"),
        ("/log?issuer=xuong-1&lang=en", "en/entries/xuong-1/page-1.html"),
        ("/log?issuer=xuong-1&page=2", "entries/xuong-1/page-2.html"),
        ("/villages/bat-trang?lang=vi", "villages/bat-trang.html"),
        ("/verify", "check/index.html"),
        ("/verify?record=lot-1&lang=en", "en/check/index.html#record=lot-1"),
        ("/01/09520000000011/10/L1?lang=vi", "01/09520000000011/10/L1/index.html"),
        ("/P/ABCD/10/L1?lang=en", "en/P/ABCD/10/L1/index.html"),
        ("/P/ABCD/10/L1/21/X1", "check/index.html#code=HTTPS://SHOP.EXAMPLE/P/ABCD/10/L1/21/X1"),
        ("/S/AB2/P/ABCD/10/L1/21/X1", "check/index.html#code=HTTPS://SHOP.EXAMPLE/S/AB2/P/ABCD/10/L1/21/X1"),
        ("/trust", "trust.txt"),
        ("/records/lot-1", "records/lot-1.json"),
        ("/records/lot-1.receipt", "receipts/lot-1.tlog-proof"),
        ("/status/xuong-1/2", "status/xuong-1_2.json"),
        ("/issuers/a/did.json", "issuers/a/did.json"),
        ("/static/css/site.css?v=1", "static/css/site.css"),
        ("/log/checkpoint", "log/checkpoint"),
    ],
)
def test_a_path_becomes_a_file(address: str, expected: str) -> None:
    assert file_of(address, host=HOST) == expected


@pytest.mark.parametrize(
    "address",
    [
        "/cart",
        "/products?stars=3",
        "/products?page=2&stars=3",
        "/records/a.zip",
        "/verify/x",
        "/villages/../x",
        "/log?issuer=../x",
        "/products?page=0",
        "/products?page=x",
    ],
)
def test_what_an_export_has_not_is_an_error(address: str) -> None:
    with pytest.raises(NotFound) as caught:
        file_of(address, host=HOST)
    assert caught.value.code == "NO_FILE"


def test_links_become_relative_to_their_page() -> None:
    html = '<a href="/?lang=en">x</a><img src="/static/img/a.svg?v=1"><div data-root="/">'
    page, found = relink(html, "en/products/a.html", host=HOST)
    assert page == (
        '<a href="../index.html">x</a><img src="../../static/img/a.svg"><div data-root="../../index.html">'
    )
    assert found == {
        "en/index.html": "/?lang=en",
        "static/img/a.svg": "/static/img/a.svg?v=1",
        "index.html": "/",
    }


def test_a_link_inside_of_the_page_stays() -> None:
    html = '<a href="#main">x</a><a href="https://elsewhere.example/">y</a>'
    assert relink(html, "a.html", host=HOST) == (html, {})
