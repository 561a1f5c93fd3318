"""A figure: ours against a reference, measured in alternating rounds, with the machine's noise beside it."""

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Figure", "alternate", "rate_of"]

Measure = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One ratio, ours / reference: of rates, where bigger is better, or of times, where smaller is.

    Attributes:
        key: its name in bench.json.
        bar: what it must reach at least; a ratio of times, at most.
        ours: our rates of all rounds, per second, or our times in seconds.
        reference: the reference's of the same rounds.
        is_time: whether these are times.
        ours_at_most: what the median of our times may be, in seconds.
    """

    key: str
    bar: float
    ours: tuple[float, ...]
    reference: tuple[float, ...]
    is_time: bool = False
    ours_at_most: float = math.inf

    @property
    def is_met(self) -> bool:
        """Whether the bar is reached."""
        if self.is_time:
            return self.ratio <= self.bar and statistics.median(self.ours) <= self.ours_at_most
        return self.ratio >= self.bar

    @property
    def medians(self) -> str:
        """Ours and the reference's, for people: a second, or in milliseconds."""
        pair = (statistics.median(self.ours), statistics.median(self.reference))
        form = (lambda value: f"{value * 1_000:.3f} ms") if self.is_time else "{:,.0f}".format
        return " / ".join(map(form, pair))

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
