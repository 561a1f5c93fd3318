"""The pages of a static export: drawn by the shop's own views and templates, then made to stand alone."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask, render_template

from shop.errors import ConfigurationError
from shop.log_wiring import open_log_key
from shop.services.exporting.evidence import ExportedLot, ExportEvidence
from shop.services.exporting.script_bundle import join_scripts
from shop.services.exporting.static import Source
from shop.web.current import EXTENSION
from shop.web.jinja import LANGUAGES
from shop.web.static_links import CHECK, file_of, relink
from shop.wiring import Services
from traceability.clock import day_in_viet_nam
from traceability.errors import Reason

__all__ = ["StaticPages", "export_source"]

OK: Final = 200
CHECKER: Final = "static/checker.js"
NAME: Final = "langnghe"

# What is drawn because a page leads to it; lots and the checker are drawn in any case.
_FOLLOWED: Final = re.compile(r"labels/|issuers/|contexts/|(?:en/)?(?!en/|check/|01/|P/).*\.html$")
# What only signed-in people use; the checker needs none of it.
_OF_DESKS: Final = ("pocket/", "vendor/", "css/pocket.css")
_DRAWING: Final = re.compile(r"url\(([\w./-]+\.svg)\)")

File = tuple[str, bytes]


def export_source(services: Services, app: Flask, *, made_at: datetime) -> Source:
    """Gives what an export of this instance is made from, as it is now.

    Args:
        services: of the instance.
        app: over them, and for this export alone.
        made_at: aware, whole seconds.

    Raises:
        ConfigurationError: NO_HEAD, before the log has a trusted head; NO_LOG_KEY or LOG_KEY_LOCKED.
    """
    head = services.ledger.latest()
    if head is None:
        raise ConfigurationError("NO_HEAD", "the log has no head yet that its witnesses have cosigned")
    evidence = ExportEvidence(
        services.database,
        head.head,
        host=services.settings.identity_host,
        trust_note=services.records.trust_note,
        roots=services.records.roots,
    )
    pages, signer = StaticPages(app, made_at=made_at), open_log_key(services.settings)
    return Source(evidence, services.ledger, head, pages.draw, signer, made_at)


class StaticPages:
    """The pages over one application.

    Args:
        app: over the instance that is exported; it is told that it draws for an export.
        made_at: the moment of the export, which every page names.
    """

    def __init__(self, app: Flask, *, made_at: datetime) -> None:
        self._app, self._made_at = app, made_at
        self._services: Services = app.extensions[EXTENSION]
        self._host = self._services.settings.identity_host
        head = self._services.log_pages.head()
        self._told = {
            "made_on": day_in_viet_nam(made_at),
            "shop_address": self._services.settings.public_base_url,
            "inside_witnesses": head.inside if head is not None else (),
        }
        self._client = app.test_client()
        app.jinja_env.globals["exported_at"] = made_at

    def draw(self, lots: Sequence[ExportedLot]) -> Iterator[File]:
        """Gives every page in both languages, with all that pages are drawn with.

        Raises:
            ConfigurationError: BAD_PAGE, when the shop does not draw one of them.
            NotFound: NO_FILE, when a page leads to what the export has not.
        """
        links = {path: f"/{path}" for path in self._bytes()}
        yield from self._checking_pages(lots, links)
        for address in self._seeds():
            links[file_of(address, host=self._host)] = address
        drawn: set[str] = set()
        while waiting := {path: links[path] for path in links.keys() - drawn if _FOLLOWED.match(path)}:
            for path, address in sorted(waiting.items()):
                drawn.add(path)
                data = self._get(address)
                yield self._page(address, data.decode(), links) if path.endswith(".html") else (path, data)
        yield from self._static_files()

    def _seeds(self) -> Iterator[str]:
        """Gives where people begin; every other page is one that a page leads to."""
        for language in LANGUAGES:
            yield f"/?lang={language}"
            yield from (
                f"/{kind}s/{slug}?lang={language}" for kind, slug in self._services.catalogue.addresses()
            )

    def _checking_pages(self, lots: Sequence[ExportedLot], links: dict[str, str]) -> Iterator[File]:
        """Gives the pages that the shop has not: the checker, and one for each lot."""
        listed = set(self._services.catalogue.addresses())
        for language in LANGUAGES:
            yield self._checking_page(CHECK, language, links, "static/check.html")
            for lot in lots:
                text = f"HTTPS://{self._host.upper()}/{lot.path}"
                page = self._services.scans.look_up(text, now=self._made_at, is_scan=False)
                is_listed = page.product is not None and ("product", page.product.slug) in listed
                values = {"page": page, "code": text, "is_listed": is_listed}
                yield self._checking_page(f"/{lot.path}", language, links, "static/lot.html", **values)

    def _checking_page(
        self, path: str, language: str, links: dict[str, str], template: str, **values: Any
    ) -> File:
        address = f"{path}?lang={language}"
        reasons = [str(reason) for reason in Reason]
        with self._app.test_request_context(address):
            html = render_template(template, reasons=reasons, **self._told, **values)
        return self._page(address, html, links)

    def _page(self, address: str, html: str, links: dict[str, str]) -> File:
        """Gives a page that stands alone, and notes what it leads to."""
        here = file_of(address, host=self._host)
        page, found = relink(html, here, host=self._host)
        links |= found
        return here, page.encode()

    def _bytes(self) -> Iterable[str]:
        """Gives the paths of the public bytes that are no records: keys of issuers, and our own terms."""
        slugs = {key.method.controller.rpartition(":")[2] for key in self._services.records.trust.keys}
        return ("contexts/v1", *(f"issuers/{slug}/did.json" for slug in sorted(slugs)))

    def _static_files(self) -> Iterator[File]:
        """Gives styles and pictures, the verifier as modules, and the checker in one script."""
        folder = Path(self._app.static_folder or "")
        for path in sorted(folder.rglob("*.*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and not name.startswith(_OF_DESKS):
                data = _with_drawings(path) if path.suffix == ".css" else path.read_bytes()
                yield f"static/{name}", data
        yield CHECKER, join_scripts(folder, "checker/main.js", name=NAME).encode()

    def _get(self, address: str) -> bytes:
        response = self._client.get(address, base_url="http://127.0.0.1")
        if response.status_code != OK:
            raise ConfigurationError("BAD_PAGE", f"{address}: the shop answered {response.status_code}")
        return bytes(response.data)


def _with_drawings(sheet: Path) -> bytes:
    """Gives a style sheet with its drawings inside: a browser lets no file use another one as a mask."""

    def put_in(match: re.Match[str]) -> str:
        drawing = b64encode((sheet.parent / match[1]).read_bytes()).decode("ascii")
        return f'url("data:image/svg+xml;base64,{drawing}")'

    return _DRAWING.sub(put_in, sheet.read_text(encoding="utf-8")).encode()
