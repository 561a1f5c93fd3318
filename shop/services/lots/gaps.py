"""What a lot's records still miss of what laws and schemes ask for, in the rule sets' own words."""

from collections.abc import Sequence
from dataclasses import dataclass

from shop.services.texts import Text
from traceability.records.canonical import Document
from traceability.records.profiles import Wording, check_profile, load_profile, profile_names

__all__ = ["Gap", "GapList", "legal_gaps"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One field that a rule set asks for.

    Attributes:
        field: the rule set's own name for it, by which pages say where it can be mended.
        is_missing: whether nothing is there; else what is there is not good enough.
        detail: why, where there is something to say.
        source: the article that asks for it.
        confidence: how sure that source is: high, medium, low.
    """

    field: str
    label: Text
    is_missing: bool
    detail: Text | None
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class GapList:
    """One rule set: how many of the fields that it asks for are there, and those that are not."""

    title: Text
    source: str
    good: int
    gaps: tuple[Gap, ...]


def legal_gaps(documents: Sequence[Document]) -> tuple[GapList, ...]:
    """Gives what each rule set finds missing or weak.

    Args:
        documents: of the lot, its steps, its workshop and village; signed or not.
    """
    return tuple(_gaps(name, documents) for name in profile_names())


def _gaps(name: str, documents: Sequence[Document]) -> GapList:
    profile = load_profile(name)
    reports = check_profile(profile, documents)
    return GapList(
        title=_text(profile.title),
        source=profile.source,
        good=sum(report.status == "ok" for report in reports),
        gaps=tuple(
            Gap(
                field=report.field,
                label=_text(report.label),
                is_missing=report.status == "missing",
                detail=_text(report.detail) if report.detail is not None else None,
                source=report.source,
                confidence=report.confidence,
            )
            for report in reports
            if report.status in {"missing", "weak"}
        ),
    )


def _text(words: Wording) -> Text:
    return Text(words.vi, words.en)
