"""The pages of a static export: drawn by the shop's own views and templates, then made to stand alone."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import Flask, render_template

from shop.errors import ConfigurationError
from shop.services.export_evidence import ExportedLot, ExportEvidence
from shop.services.script_bundle import join_scripts
from shop.services.static_export import Source
from shop.services.values import Filters
from shop.web.current import EXTENSION
from shop.web.jinja import LANGUAGES
from shop.web.static_links import CHECK, file_of, relink
from shop.wiring import Services, open_log_key
from traceability.errors import Reason

__all__ = ["StaticPages", "export_source"]

OK: Final = 200
CHECKER: Final = "static/checker.js"
NAME: Final = "langnghe"

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
        self._client = app.test_client()
        app.jinja_env.globals["exported_at"] = made_at

    def draw(self, lots: Sequence[ExportedLot]) -> Iterator[File]:
        """Gives every page in both languages, with all that pages are drawn with.

        Raises:
            ConfigurationError: BAD_PAGE, when the shop does not draw one of them.
            NotFound: NO_FILE, when a page leads to what the export has not.
        """
        wanted: set[str] = set()
        for address in self._addresses():
            yield self._page(address, self._get(address).decode(), wanted)
        yield from self._checking_pages(lots, wanted)
        for path in (*sorted(path for path in wanted if path.startswith("labels/")), *self._bytes()):
            yield path, self._get(f"/{path}")
        yield from self._static_files()

    def _addresses(self) -> Iterator[str]:
        """Gives the address of each page that the shop has too, in each language."""
        catalogue = self._services.catalogue
        pages = catalogue.products(Filters(), now=self._made_at).page.pages
        paths = ["/", "/about", "/products", "/villages"]
        paths += [f"/{kind}s/{slug}" for kind, slug in catalogue.addresses()]
        listed = [f"/products?page={number}&" for number in range(2, pages + 1)]
        for language in LANGUAGES:
            yield from (f"{path}?lang={language}" for path in paths)
            yield from (f"{path}lang={language}" for path in listed)

    def _checking_pages(self, lots: Sequence[ExportedLot], wanted: set[str]) -> Iterator[File]:
        for language in LANGUAGES:
            yield self._checking_page(CHECK, language, wanted, "static/check.html")
            for lot in lots:
                text = f"HTTPS://{self._host.upper()}/{lot.path}"
                page = self._services.scans.look_up(text, now=self._made_at, is_scan=False)
                values = {"page": page, "lot": lot, "code": text}
                yield self._checking_page(f"/{lot.path}", language, wanted, "static/lot.html", **values)

    def _checking_page(
        self, path: str, language: str, wanted: set[str], template: str, **values: Any
    ) -> File:
        address = f"{path}?lang={language}"
        reasons = [str(reason) for reason in Reason]
        with self._app.test_request_context(address):
            html = render_template(template, reasons=reasons, **values)
        return self._page(address, html, wanted)

    def _page(self, address: str, html: str, wanted: set[str]) -> File:
        here = file_of(address, host=self._host)
        page, targets = relink(html, here, host=self._host)
        wanted |= targets
        return here, page.encode()

    def _bytes(self) -> Iterable[str]:
        """Gives the paths of the public bytes that are no records: keys of issuers, and our own terms."""
        slugs = {key.method.controller.rpartition(":")[2] for key in self._services.records.trust.keys}
        return ("contexts/v1", *(f"issuers/{slug}/did.json" for slug in sorted(slugs)))

    def _static_files(self) -> Iterator[File]:
        """Gives styles and pictures, the verifier as modules, and the checker in one script."""
        folder = Path(self._app.static_folder or "")
        for path in sorted(folder.rglob("*.*")):
            if path.is_file():
                data = _with_drawings(path) if path.suffix == ".css" else path.read_bytes()
                yield f"static/{path.relative_to(folder).as_posix()}", data
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
