"""Dong: Vietnamese money, whole numbers only."""

from dataclasses import dataclass

__all__ = ["Dong"]


@dataclass(frozen=True, slots=True, order=True)
class Dong:
    """An amount in whole Vietnamese dong, never negative."""

    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"an amount of money is not negative, got {self.amount}")
