"""A signed-in visitor who follows every link and reads every form of a desk."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient

__all__ = ["DESKS", "Form", "Site", "crawl"]

DESKS: Final = re.compile(r"/(account|artisan|association|inspector|admin)(/|$)")
PAGES_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Form:
    """One form: where it is sent, and what it holds when nobody typed anything."""

    action: str
    fields: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Site:
    """What one person can reach: addresses that answered 200, and the forms on them."""

    pages: set[str] = field(default_factory=set)
    forms: set[Form] = field(default_factory=set)


def crawl(client: FlaskClient, *starts: str) -> Site:
    """Visits every page of the desks that links and forms lead to, beginning with some."""
    site, waiting = Site(), [*starts, "/account/"]
    seen = set(waiting)
    while waiting and len(site.pages) < PAGES_MAX:
        address = waiting.pop()
        with client.get(address) as answer:
            if answer.status_code != 200:
                continue
            site.pages.add(address)
            if answer.mimetype != "text/html":
                continue
            page = _Page(address)
            page.feed(answer.text)
        site.forms.update(page.forms())
        # The same pages in the other language would only double the work.
        links = {link for link in page.links if DESKS.match(urlsplit(link).path) and "lang=" not in link}
        fresh = sorted(links - seen)
        seen.update(fresh)
        waiting.extend(fresh)
    return site


class _Page(HTMLParser):
    """Collects links, pictures, recordings and forms."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._form: tuple[str, list[tuple[str, str]]] | None = None
        self._forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(urljoin(self._address, values["href"]).partition("#")[0])
        if tag in ("img", "audio") and values.get("src", "").startswith("/"):
            self.links.append(values["src"])
        if tag == "form":
            action = urljoin(self._address, values.get("action") or self._address)
            if values.get("method", "get").lower() == "post":
                self._form = (action.partition("#")[0], [])
                self._forms.append(self._form)
            else:
                self._form = None
                self.links.append(action)
        if tag in ("input", "button", "select", "textarea") and self._form and values.get("name"):
            self._form[1].append((values["name"], values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def forms(self) -> Iterator[Form]:
        """Gives the forms that are posted, without their tokens."""
        for action, fields in self._forms:
            yield Form(action, tuple(pair for pair in fields if pair[0] != "csrf_token"))
