"""Which fields a rule set demands, and how far a lot's records fill them: ok, weak, missing, not applicable.

The rule sets are data, `profiles/*.json`: each field names its legal source and how sure that source is.
A path is a list of steps: text is a member, `*` every item of a list, a list of texts each of these members.
Signatures are not looked at here; that is the work of `verify.py`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from traceability.clock import parse_instant
from traceability.errors import Reason, Refused, Unreadable
from traceability.records.canonical import Document, parse

__all__ = [
    "Condition",
    "Field",
    "FieldReport",
    "Place",
    "Profile",
    "WeakRule",
    "Wording",
    "check_profile",
    "load_profile",
    "profile_names",
    "record_kind",
]

Path = tuple[str | tuple[str, ...], ...]

NEEDS: Final = frozenset({"required", "if_exists", "per_event", "per_later_event", "outside_record"})
CONFIDENCES: Final = frozenset({"high", "medium", "low"})
RULES: Final = frozenset({"always", "empty", "matches", "lacks"})
PROFILE_MAX_BYTES: Final = 262_144

# Records of other makers carry no kind of ours; their UNTP type says which of our fields may be in them.
_KIND_OF_TYPE: Final = {
    "DigitalProductPassport": "LotPassport",
    "DigitalTraceabilityEvent": "TraceEvent",
    "DigitalFacilityRecord": "WorkshopRecord",
    "DigitalConformityCredential": "Certificate",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """One sentence or name in Vietnamese and in English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class WeakRule:
    """When a value that is there is not good enough.

    Attributes:
        kind: `always`; `empty`, nothing stands at `path`; `matches` or `lacks`, a value at `path` (or the
            field's own, without one) has or has not the regular expression `pattern` in it.
    """

    kind: str
    why: Wording
    pattern: str = ""
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: in records of this kind, at all of these paths together."""

    record: str
    paths: tuple[Path, ...]
    weak: tuple[WeakRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """The field is asked for only in events where one of these texts stands at the path."""

    path: Path
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One demanded field.

    Attributes:
        need: `required`; `if_exists`; `per_event` and `per_later_event` (all events, all but the first);
            `outside_record`, a demand that no record can meet or fail.
        places: the first one that holds something counts.
        note: what to say where the field is missing or does not apply.
        may_be_empty: an empty list is a statement too.
    """

    name: str
    label: Wording
    need: str
    places: tuple[Place, ...]
    source: str
    confidence: str
    condition: Condition | None = None
    note: Wording | None = None
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """One rule set, its title, and the text that it comes from."""

    name: str
    title: Wording
    source: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FieldReport:
    """How one field is filled.

    Attributes:
        status: `ok`, `weak`, `missing` or `not_applicable`. Only required fields and fields of events are
            ever `missing`.
        value: what was found, for people; empty where nothing was.
        detail: why it is weak, missing or not applicable, where there is something to say.
    """

    field: str
    label: Wording
    need: str
    status: str
    value: str
    detail: Wording | None
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one place gave: a value, and why it is weak."""

    value: str
    why: Wording | None = None


def profile_names() -> tuple[str, ...]:
    """Gives the names of the rule sets, sorted."""
    folder = files("traceability.records").joinpath("profiles")
    names = (item.name for item in folder.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def load_profile(name: str) -> Profile:
    """Reads a rule set.

    Raises:
        Refused: UNKNOWN_PROFILE, for a name that `profile_names` does not give.
        Unreadable: BAD_VALUE, when the data file is damaged.
    """
    names = profile_names()
    if name not in names:
        raise Refused(Reason.UNKNOWN_PROFILE, f"no profile {name[:60]!a}; known: {', '.join(names)}")
    data = files("traceability.records").joinpath("profiles", f"{name}.json").read_bytes()
    return _read_profile(parse(data, max_bytes=PROFILE_MAX_BYTES))


def check_profile(profile: Profile, records: Sequence[Document]) -> tuple[FieldReport, ...]:
    """Reports every field of a rule set, in the rule set's order.

    Args:
        profile: from `load_profile`.
        records: parsed records of one lot in any order, proofs included or not.
    """
    events = sorted((item for item in records if record_kind(item) == "TraceEvent"), key=_event_time)
    others = [item for item in records if record_kind(item) != "TraceEvent"]
    return tuple(_report(field, [*others, *events], events) for field in profile.fields)


def record_kind(document: Document) -> str:
    """Gives our name for the kind of a parsed record; empty where it is none that is known."""
    kinds = list(_walk(document, ("credentialSubject", "ln:origin", "recordType")))
    kinds += _walk(document, ("credentialSubject", "*", "ln:origin", "recordType"))
    kinds += [_KIND_OF_TYPE.get(name, "") for name in _walk(document, ("type", "*")) if isinstance(name, str)]
    return next((kind for kind in kinds if isinstance(kind, str) and kind), "")


def _report(field: Field, records: Sequence[Document], events: Sequence[Document]) -> FieldReport:
    if field.need == "outside_record":
        status, value, detail = "not_applicable", "", field.note
    elif field.need in {"per_event", "per_later_event"}:
        status, value, detail = _judge_events(field, events)
    else:
        status, value, detail = _judge(field, records)
        if status == "missing" and field.need == "if_exists":
            status = "not_applicable"
    return FieldReport(
        field.name, field.label, field.need, status, value, detail, field.source, field.confidence
    )


def _judge(field: Field, records: Sequence[Document]) -> tuple[str, str, Wording | None]:
    """Judges the first place that holds something, over all records of its kind."""
    for place in field.places:
        found = [
            _find(place, item, field.may_be_empty) for item in records if record_kind(item) == place.record
        ]
        findings = [finding for finding in found if finding is not None]
        if findings:
            why = next((finding.why for finding in findings if finding.why), None)
            value = "; ".join(dict.fromkeys(finding.value for finding in findings))
            return ("weak" if why else "ok"), value, why
    return "missing", "", field.note


def _judge_events(field: Field, events: Sequence[Document]) -> tuple[str, str, Wording | None]:
    """Judges each event alone; the worst counts."""
    asked = [event for event in events if _is_asked(field.condition, event)]
    if field.need == "per_later_event":
        asked = [event for event in asked if event is not events[0]]
    if not asked:
        # Without any event the demand is unmet; with events that it does not touch it does not apply.
        return ("not_applicable" if events else "missing"), "", None
    judged = [_judge(field, [event]) for event in asked]
    value = "; ".join(dict.fromkeys(value for _, value, _ in judged if value))
    missing = sum(1 for status, _, _ in judged if status == "missing")
    if missing:
        counted = Wording(
            f"thiếu ở {missing} trên {len(asked)} công đoạn", f"missing in {missing} of {len(asked)} steps"
        )
        return "missing", value, field.note or counted
    why = next((why for _, _, why in judged if why), None)
    return ("weak" if why else "ok"), value, why


def _is_asked(condition: Condition | None, event: Document) -> bool:
    return condition is None or any(value in condition.one_of for value in _walk(event, condition.path))


def _find(place: Place, document: Document, may_be_empty: bool) -> _Finding | None:
    """Gives what stands at all paths of the place, or None where one of them leads nowhere."""
    shown: list[str] = []
    for path in place.paths:
        values = [value for value in _walk(document, path) if may_be_empty or _is_something(value)]
        if not values:
            return None
        shown.append(", ".join(map(_show, values)))
    why = next((rule.why for rule in place.weak if _is_weak(rule, place, document)), None)
    return _Finding(", ".join(shown), why)


def _is_weak(rule: WeakRule, place: Place, document: Document) -> bool:
    if rule.kind == "always":
        return True
    paths = (rule.path,) if rule.path else place.paths
    values = [value for path in paths for value in _walk(document, path) if _is_something(value)]
    if rule.kind == "empty":
        return not values
    has_pattern = [re.search(rule.pattern, _show(value)) is not None for value in values]
    return any(has_pattern) if rule.kind == "matches" else not all(has_pattern)


def _walk(value: Any, path: Path) -> Iterator[Any]:
    """Gives every value that the path leads to; a step that does not fit leads nowhere."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if step == "*":
        items = value if isinstance(value, list) else []
    else:
        names = (step,) if isinstance(step, str) else step
        items = [value[name] for name in names if name in value] if isinstance(value, dict) else []
    for item in items:
        yield from _walk(item, rest)


def _is_something(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(_show(item) for item in value.values() if _is_something(item))
    if isinstance(value, list):
        return "; ".join(map(_show, value)) or "0"
    return str(value)


def _event_time(event: Document) -> datetime:
    """Gives the instant of an event; one whose time cannot be read comes before all others."""
    try:
        return parse_instant(next(_walk(event, ("credentialSubject", "*", "eventTime")), None))
    except Unreadable:
        return datetime.min.replace(tzinfo=UTC)


# Reading the data files


def _read_profile(value: Document) -> Profile:
    try:
        fields = tuple(_read_field(item) for item in value["fields"])
        return Profile(value["name"], _read_wording(value["title"]), value["source"], fields)
    except (KeyError, TypeError, AttributeError, re.error) as error:
        raise Unreadable(Reason.BAD_VALUE, f"the profile is damaged: {error}") from error


def _read_field(value: Document) -> Field:
    if value["need"] not in NEEDS or value["confidence"] not in CONFIDENCES:
        raise KeyError(f"{value['field']}: need or confidence is not known")
    condition = value.get("condition")
    note = value.get("note")
    return Field(
        name=value["field"],
        label=_read_wording(value["label"]),
        need=value["need"],
        places=tuple(_read_place(item) for item in value["places"]),
        source=value["source"],
        confidence=value["confidence"],
        condition=Condition(_read_path(condition["path"]), tuple(condition["one_of"])) if condition else None,
        note=_read_wording(note) if note else None,
        may_be_empty=value.get("may_be_empty", False),
    )


def _read_place(value: Document) -> Place:
    weak = tuple(_read_rule(item) for item in value.get("weak", []))
    return Place(value["record"], tuple(map(_read_path, value["paths"])), weak)


def _read_rule(value: Document) -> WeakRule:
    if value["kind"] not in RULES:
        raise KeyError(f"{value['kind']}: no kind of rule that is known")
    pattern = value.get("pattern", "")
    re.compile(pattern)
    return WeakRule(value["kind"], _read_wording(value["why"]), pattern, _read_path(value.get("path", [])))


def _read_path(value: list[Any]) -> Path:
    return tuple(tuple(step) if isinstance(step, list) else step for step in value)


def _read_wording(value: Document) -> Wording:
    return Wording(value["vi"], value["en"])
