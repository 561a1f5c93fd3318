"""`python -m bench`: prints a table of ratios and writes bench.json; what was not measured is absent.

Names of figures as arguments measure only those. The exit status is 1 when a bar was missed.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bench.figures import Figure
from bench.instance import Instance, make_instance
from bench.ledger import measure_append, measure_proof
from bench.pages import measure_page
from bench.verification import measure_record, measure_seal

OUTPUT: Final = Path("bench.json")
MEASURES: Final[Mapping[str, Callable[[Instance], Figure]]] = {
    "record_verify_vs_floor": measure_record,
    "seal_verify_vs_raw": measure_seal,
    "log_append_vs_floor": measure_append,
    "inclusion_proof_1m_vs_10k": measure_proof,
    "verify_page_vs_bare": measure_page,
}


def main(names: list[str]) -> int:
    """Measures and prints; gives the exit status."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"bench: no figure {unknown[0]}; there are {', '.join(MEASURES)}", file=sys.stderr)
        return 2
    print(
        f"{'ours / reference':<26} {'ratio':>6} {'bar':>6} {'min..max':>13}   medians, a second or as times"
    )
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        instance = make_instance(Path(folder))
        for name in names or MEASURES:
            figures.append(MEASURES[name](instance))
            print(_row(figures[-1]), flush=True)
    text = json.dumps({figure.key: round(figure.ratio, 4) for figure in figures}, indent=2)
    OUTPUT.write_text(text + "\n", encoding="utf-8")
    print("min..max is the ratio's spread over the rounds: the machine's noise")
    return int(any(not figure.is_met for figure in figures))


def _row(figure: Figure) -> str:
    ratios, word = figure.ratios, "" if figure.is_met else "  MISSED"
    spread, sign = f"{min(ratios):.2f}..{max(ratios):.2f}", "<" if figure.is_time else ">"
    bar = f"{sign}{figure.bar:.2f}"
    return f"{figure.key:<26} {figure.ratio:>6.2f} {bar:>6} {spread:>13}   {figure.medians}{word}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
