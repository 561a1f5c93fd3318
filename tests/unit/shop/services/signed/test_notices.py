"""The notices that a page tells: of the chain, and of the lot's other passports."""

from shop.services.signed.notices import notices
from tests.simulators.corrections import every_label, with_notice
from tests.simulators.village import NOW
from traceability.verify import verify_label


def told(kind: str, *, is_other: bool) -> list[str]:
    """The actions on the page of a label of the corrected and recalled lot."""
    village, evidence = with_notice("recall")
    text = every_label(village)[kind].to_uri()
    verdict = verify_label(text, trust=village.trust, evidence=evidence, at=NOW)
    assert verdict.chain is not None
    others = [village.records["passport"]] if is_other else []
    views = notices(verdict.chain, verdict.checks, later=evidence.later, translations={}, others=others)
    return [view.action for view in views]


def test_a_page_tells_why_a_lot_is_recalled_whose_passport_was_corrected() -> None:
    assert told("new", is_other=True) == ["recall"]
    assert told("new", is_other=False) == []


def test_a_page_of_the_first_passport_tells_of_its_correction_too() -> None:
    assert sorted(told("old", is_other=False)) == ["correction", "recall"]
