"""What an artisan writes of her workshop when she applies, read strictly; and what an office adds to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shop.db.catalogue import LEGAL_FORMS, SITE_KINDS
from shop.errors import BadFields, BadInput
from shop.facts.files import crafts
from shop.services.access.sign_in_names import normal_name
from shop.services.texts import Text
from shop.services.typed.texts import FormReader

__all__ = ["APPLICATION_FIELDS", "ApplicationFields", "Paper", "read_application", "read_paper"]

NAME_MAX: Final = 120
PLACE_MAX: Final = 160
STORY_MAX: Final = 3_000
CLAIM_MAX: Final = 300

APPLICATION_FIELDS: Final = (
    "name_vi", "name_en", "village", "craft", "legal_form", "site_kind", "outside", "place",
    "story_vi", "story_en", "phone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ApplicationFields:
    """What is asked for: a record of this workshop.

    Attributes:
        village: its slug; whether there is such a village is for the service to say.
        is_outside: the workshop works outside the village.
        phone: for questions, in E.164; forgotten when the application is decided. Empty where none is given.
    """

    name: Text
    village: str
    craft: str
    legal_form: str
    site_kind: str
    is_outside: bool
    place: str
    story: Text
    phone: str

    def to_document(self) -> dict[str, Any]:
        """Gives the fields as they are typed, for the request's document."""
        return {
            "name_vi": self.name.vi,
            "name_en": self.name.en,
            "village": self.village,
            "craft": self.craft,
            "legal_form": self.legal_form,
            "site_kind": self.site_kind,
            "outside": "yes" if self.is_outside else "",
            "place": self.place,
            "story_vi": self.story.vi,
            "story_en": self.story.en,
            "phone": self.phone,
        }


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper about a workshop that an association copies: what it says, who issued it, number and day."""

    title: str
    claim: str
    issuer: str
    decision: str | None
    day: date | None


def read_application(texts: Mapping[str, str]) -> ApplicationFields:
    """Reads an application as it was typed.

    Raises:
        BadFields: MISSING, TOO_LONG, BAD_CHARACTER, NEEDS_VIETNAMESE, UNKNOWN_CHOICE, BAD_PHONE or PERSONAL.
    """
    form = FormReader(texts)
    fields = ApplicationFields(
        name=form.both("name", most=NAME_MAX, is_required=True),
        village=form.line("village", most=80, is_required=True),
        craft=form.choice("craft", crafts()),
        legal_form=form.choice("legal_form", frozenset(LEGAL_FORMS)),
        site_kind=form.choice("site_kind", frozenset(SITE_KINDS)),
        is_outside=form.is_set("outside"),
        place=form.line("place", most=PLACE_MAX, is_required=True),
        story=form.paragraphs("story", most=STORY_MAX),
        phone=_phone(form),
    )
    form.demand_impersonal("name_vi", "name_en", "place")
    if form.mistakes:
        raise BadFields(form.mistakes)
    return fields


def read_paper(texts: Mapping[str, str]) -> Paper:
    """Reads `title`, `claim`, `paper_issuer`, and, where the paper has them, `decision` and `paper_date`.

    Raises:
        BadFields: MISSING, TOO_LONG, BAD_CHARACTER, BAD_DAY or PERSONAL.
    """
    form = FormReader(texts)
    day = _day(form)
    paper = Paper(
        title=form.line("title", most=NAME_MAX, is_required=True),
        claim=form.line("claim", most=CLAIM_MAX, is_required=True),
        issuer=form.line("paper_issuer", most=NAME_MAX, is_required=True),
        decision=form.line("decision", most=NAME_MAX) or None,
        day=day,
    )
    form.demand_impersonal("title", "claim", "paper_issuer", "decision")
    if form.mistakes:
        raise BadFields(form.mistakes)
    return paper


def _phone(form: FormReader) -> str:
    typed = form.line("phone", most=40)
    if not typed:
        return ""
    try:
        found = normal_name(typed)
    except BadInput:
        found = ""
    if not found.startswith("+"):
        form.refuse("phone", "BAD_PHONE")
    return found


def _day(form: FormReader) -> date | None:
    typed = form.line("paper_date", most=10)
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        form.refuse("paper_date", "BAD_DAY")
        return None
