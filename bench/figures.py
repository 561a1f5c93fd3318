"""A figure: ours against a reference, measured in alternating rounds, with the machine's noise beside it."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Figure", "alternate", "rate_of"]

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio of rates, ours / reference: bigger is better.

    Attributes:
        key: its name in bench.json.
        bar: what it must reach at least.
        ours: our rates of all rounds, per second.
        reference: the reference's rates of the same rounds.
    """

    key: str
    bar: float
    ours: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios; what slows a whole round down does not move it."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each round."""
        return tuple(ours / reference for ours, reference in zip(self.ours, self.reference, strict=True))


def alternate(key: str, *, bar: float, ours: Measure, reference: Measure, rounds: int) -> Figure:
    """Measures both in turns, beginning with the other one each round; the first round only warms up."""
    pairs = []
    for number in range(rounds + 1):
        if number % 2:
            first, second = ours(), reference()
        else:
            second, first = reference(), ours()
        pairs.append((first, second))
    kept = pairs[1:]
    return Figure(key, bar, tuple(pair[0] for pair in kept), tuple(pair[1] for pair in kept))


def rate_of(action: Callable[[], object], *, seconds: float) -> Measure:
    """Gives a measure of how often a second `action` runs, over about `seconds` of processor time."""

    def measure() -> float:
        count, started, batch = 0, time.process_time(), 64
        while True:
            for _ in range(batch):
                action()
            count += batch
            spent = time.process_time() - started
            if spent >= seconds:
                return count / spent

    return measure
