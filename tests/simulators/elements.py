"""What a page is made of, to compare pages that must differ in their words alone."""

from html.parser import HTMLParser

__all__ = ["Elements"]


class Elements(HTMLParser):
    """Counts elements and their attributes, which stored text must not change."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _ in attributes))))
        self.addresses += [value or "" for name, value in attributes if name in {"href", "src", "action"}]
