"""How tests read the documents: sections, table rows, code spans, code blocks and the worked example."""

import re
from functools import cache
from pathlib import Path

__all__ = ["PAGES", "ROOT", "blocks", "codes", "example", "page", "rows", "section"]

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))


@cache
def page(name: str) -> str:
    """Gives the text of a document, by its path from the project's root."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Gives what stands under a heading line, up to the next heading of any depth."""
    assert f"\n{heading}\n" in text, f"no heading {heading}"
    return re.split(r"\n#+ ", text.split(f"\n{heading}\n", 1)[1], maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """Gives the cells of every table line that begins with a code span."""
    lines = (line for line in text.splitlines() if line.startswith("| `"))
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def codes(cell: str) -> list[str]:
    """Gives the code spans of a cell."""
    return re.findall(r"`([^`]+)`", cell)


def blocks(text: str, language: str) -> list[str]:
    """Gives the fenced code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@cache
def example(name: str) -> str:
    """Gives a block of the worked example in docs/record-format.md."""
    pattern = rf"<!-- example: {name} -->\n```\w+\n(.*?)\n```"
    found: list[str] = re.findall(pattern, page("docs/record-format.md"), re.DOTALL)
    assert len(found) == 1, f"{name} stands {len(found)} times"
    return found[0]
