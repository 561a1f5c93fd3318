"""Where a page of the shop lies in a static export, and what its links become there.

Every link of an export is relative and names a file, so that it opens from a disk, below any address, and
from any server. A link that leads to nothing in the export is an error and not a dead end.
"""

import posixpath
import re
from html import escape, unescape
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from shop.errors import NotFound

__all__ = ["CHECK", "file_of", "relink"]

CHECK: Final = "/check"  # the page that checks without us; the shop itself has none of this path

_LINK: Final = re.compile(r'\b(href|src|data-root)="(/[^"]*)"')
_SLUG: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
# Paths of pages for people, which there are in two languages, and the files that they become.
_PAGES: Final = (
    (re.compile(r"/"), "index.html"),
    (re.compile(r"/about"), "about.html"),
    (re.compile(r"/log"), "entries/index.html"),  # the folder `log` is the log's own
    (re.compile(rf"/log((?:/{_SLUG})?/page-[0-9]+)"), r"entries\1.html"),
    (re.compile(r"/(products|villages|check)"), r"\1/index.html"),
    (re.compile(rf"/((?:products|villages|workshops)/{_SLUG})"), r"\1.html"),
    (re.compile(r"/((?:01/[0-9]{14}|P/[A-Z0-9]{4,14})/10/[A-Z0-9-]{1,20})"), r"\1/index.html"),
)
# Paths of bytes, which have no language.
_FILES: Final = (
    (re.compile(r"/trust"), "trust.txt"),
    (re.compile(r"/roots\.txt"), "roots.txt"),
    (re.compile(rf"/records/({_SLUG})\.receipt"), r"receipts/\1.tlog-proof"),
    (re.compile(rf"/status/({_SLUG})/([1-9][0-9]*)"), r"status/\1_\2.json"),
    (re.compile(rf"/records/((?!.*\.(?:zip|jwt|pdf)$){_SLUG}?)(?:\.json)?"), r"records/\1.json"),
    (re.compile(r"/((?:static|issuers|log|labels|contexts)/[A-Za-z0-9./_-]+)"), r"\1"),
)
# Lists of more than one page: each page is a file.
_LISTS: Final = re.compile(r"/(?:products|log)")
_ASKED: Final = {
    "page": re.compile(r"[1-9][0-9]{0,8}"),
    "issuer": re.compile(_SLUG),
    "village": re.compile(_SLUG),
}
_SEALED: Final = re.compile(r"/(?:S/[A-Z2-7]+/)?(?:01|P)/[A-Z0-9]+/10/[A-Z0-9-]+/21/[A-Z0-9-]+")


def file_of(address: str, *, host: str) -> str:
    """Gives the file of an export that a path of the shop leads to, with what follows its `#`.

    Args:
        address: path, query and fragment as our pages write them.
        host: the identity host, which the text of a label begins with.

    Raises:
        NotFound: NO_FILE.
    """
    parts = urlsplit(address)
    asked = dict(parse_qsl(parts.query))
    folder = "en/" if asked.pop("lang", "vi") == "en" else ""
    path = unquote(parts.path)
    if path == "/verify" or _SEALED.fullmatch(path):
        if path != "/verify":
            asked = {"code": f"HTTPS://{host.upper()}{path}"}
        wanted = "&".join(f"{key}={quote(value, safe='/:')}" for key, value in asked.items())
        return f"{folder}check/index.html" + (f"#{wanted}" if wanted else "")
    path = _page_of_list(path, asked)
    tail = f"#{parts.fragment}" if parts.fragment else ""
    for pattern, target in _PAGES:
        if not asked and (match := pattern.fullmatch(path)):
            return folder + match.expand(target) + tail
    for pattern, target in _FILES:
        if match := pattern.fullmatch(path):
            return match.expand(target) + tail
    raise NotFound("NO_FILE", f"an export has nothing for {address[:200]!a}")


def _page_of_list(path: str, asked: dict[str, str]) -> str:
    """Gives a path of its own to each page of a list, and takes what named the page out of `asked`."""
    if _LISTS.fullmatch(path) and all(known.fullmatch(asked.get(key, "1")) for key, known in _ASKED.items()):
        number, issuer, village = (asked.pop(key, "") for key in ("page", "issuer", "village"))
        number = number or "1"
        if issuer or village:
            return f"{path}/{issuer or 'village.' + village}/page-{number}"
        return f"{path}/page-{number}" if number != "1" else path
    return path


def relink(html: str, here: str, *, host: str) -> tuple[str, dict[str, str]]:
    """Makes a page's links relative; gives the page, and the addresses that it leads to by their files.

    Args:
        html: as the shop drew it.
        here: the file of the page.
        host: the identity host.

    Raises:
        NotFound: NO_FILE.
    """
    found: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        address = unescape(match[2])
        path, mark, tail = file_of(address, host=host).partition("#")
        found[path] = address.partition("#")[0]
        link = posixpath.relpath(path, posixpath.dirname(here) or ".")
        return f'{match[1]}="{escape(link + mark + tail)}"'

    return _LINK.sub(replace, html), found
