"""How verdicts and reports are printed: one JSON object a line, or a text for people."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from traceability.cli import Failure, printable
from traceability.cli.seen_lists import demand_newest
from traceability.clock import VIET_NAM_TIME, parse_instant
from traceability.errors import NotVerified, Reason
from traceability.evidence import SignedRecord
from traceability.ledger import note as notes
from traceability.ledger.note import Verifier
from traceability.policy import level_of, open_trust_list
from traceability.signing.trust import TrustKey, TrustList
from traceability.verdict import Check, CheckStatus, Outcome, Verdict, verdict_to_json
from traceability.verify import TRUST

__all__ = ["Judged", "Printer", "judge_all", "print_json", "require_trust"]

_Item = TypeVar("_Item")

# Shape, colour, and the sentence in Vietnamese and in English. The shape says it without the colour.
_OUTCOMES: Final = {
    Outcome.VERIFIED: (
        "✓",
        "green",
        "Hồ sơ còn nguyên vẹn, người ký có quyền ký.",
        "The record is intact, and those who signed were entitled to.",
    ),
    Outcome.CAUTION: (
        "!",
        "yellow",
        "Hồ sơ còn nguyên vẹn, nhưng có điều cần lưu ý.",
        "The record is intact, but something needs attention.",
    ),
    Outcome.REVOKED: (
        "✗",
        "red",
        "Hồ sơ đã bị thu hồi hoặc tạm ngưng.",
        "The record was revoked, suspended or recalled.",
    ),
    Outcome.INVALID: (
        "✗",
        "red",
        "Hồ sơ không đứng vững: bị sửa, bị giả, hoặc người ký không có quyền.",
        "The record does not hold: it was changed, forged, or signed by somebody not entitled to.",
    ),
    Outcome.UNKNOWN: (
        "?",
        "yellow",
        "Chưa kết luận được: thiếu thứ cần để kiểm tra.",
        "No conclusion: something that the check needs is missing or out of date.",
    ),
}
_PROOF_ONLY: Final = (
    "Chữ ký khớp với khóa đã đưa; chuỗi hồ sơ và quyền ký chưa được kiểm tra.",
    "The signature fits the given key; the chain and the right to sign were not checked.",
)
NOT_PROVEN: Final = (
    "Not proven: a signature shows that the record was not changed, not that the object at hand is the one"
    " it describes; a label can be copied."
)
# As `format_instant` gives it.
_INSTANT: Final = re.compile(r"\b(?:19|[2-8]\d)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ", re.ASCII)
_MARKS: Final = {
    CheckStatus.FAILED: "✗",
    CheckStatus.CAUTION: "!",
    CheckStatus.NOTE: "·",
    CheckStatus.SKIPPED: "-",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one input: a verdict, or why it could not be read (`code` None: no such file).

    Both stand here for a record that is no JSON at all: its verdict goes into JSON, the error to stderr.
    """

    name: str
    verdict: Verdict | None = None
    error: str | None = None
    code: Reason | None = None


class Printer:
    """Prints what was judged, and remembers the exit status that it adds up to."""

    def __init__(self, *, as_json: bool, is_brief: bool = False, trust: TrustList | None = None) -> None:
        """Prepares.

        Args:
            as_json: one object a line instead of text.
            is_brief: one line a verdict instead of a whole report, and a sum at the end.
            trust: names the signers of a chain.
        """
        self._as_json, self._is_brief, self._trust = as_json, is_brief, trust
        self._counts = {outcome: 0 for outcome in Outcome}
        self.exit_code = 0

    def show(self, judged: Judged) -> None:
        """Prints one result; what could not be read is one line on stderr."""
        verdict = judged.verdict
        if verdict is None or judged.error is not None:
            self._show_error(judged)
            return
        self._counts[verdict.outcome] += 1
        self.exit_code = max(self.exit_code, 0 if verdict.outcome is Outcome.VERIFIED else 1)
        if self._as_json:
            print_json(self._object(judged))
        elif self._is_brief:
            _print_line(judged.name, verdict)
        else:
            self._print_report(judged.name, verdict)

    def _show_error(self, judged: Judged) -> None:
        self.exit_code = 2
        code = f"{judged.code}: " if judged.code else ""
        Failure(f"{judged.name}: {code}{judged.error or 'not judged'}").show()
        if self._as_json:
            print_json(self._object(judged))

    def show_sum(self) -> None:
        """Prints how many had which outcome, after brief lines."""
        if self._is_brief and not self._as_json:
            counted = ", ".join(f"{outcome} {count}" for outcome, count in self._counts.items() if count)
            click.echo(f"{sum(self._counts.values())} codes: {counted}\n{NOT_PROVEN}")

    def _object(self, judged: Judged) -> dict[str, Any]:
        verdict = judged.verdict
        if verdict is None:
            reasons = [judged.code] if judged.code else []
            return {"input": judged.name, "outcome": Outcome.UNKNOWN, "reasons": reasons, "checks": []}
        value = verdict_to_json(verdict, judged.name)
        if verdict.chain is not None:
            value["chain"] = [self._link(item, verdict) for item in verdict.chain.in_story_order()]
        return value

    def _link(self, item: SignedRecord, verdict: Verdict) -> dict[str, str | None]:
        """Gives what a chain's line says; signer, role and level only where the signature was accepted."""
        key = None if _failed(item, verdict) else self._key(item)
        return {
            "id": item.envelope.id,
            "type": item.record.KIND,
            "issuer": item.envelope.issuer.did,
            "signer": key.name if key else None,
            "role": key.role if key else None,
            "level": level_of(item.record, key.role) if key else None,
            "date": item.happened_at.astimezone(VIET_NAM_TIME).date().isoformat(),
            "signed": item.claim.created.astimezone(VIET_NAM_TIME).date().isoformat(),
        }

    def _key(self, item: SignedRecord) -> TrustKey | None:
        keys = self._trust.keys if self._trust is not None else ()
        return next((key for key in keys if key.method.id == item.claim.method_id), None)

    def _print_report(self, name: str, verdict: Verdict) -> None:
        shape, colour, vi, en = _OUTCOMES[verdict.outcome]
        if verdict.outcome is Outcome.VERIFIED and verdict.chain is None:
            vi, en = _PROOF_ONLY
        click.secho(f"{shape} {verdict.outcome.upper()}", fg=colour, bold=True, nl=False)
        click.echo(f"  {printable(name)}\n  {vi}\n  {en}")
        if verdict.chain is not None:
            click.echo("chain:")
            for item in verdict.chain.in_story_order():
                click.echo(f"  {self._chain_line(item, verdict)}")
        _print_checks(verdict)
        click.echo(NOT_PROVEN)

    def _chain_line(self, item: SignedRecord, verdict: Verdict) -> str:
        link = self._link(item, verdict)
        who = f"{link['signer']}, {link['role']}, {link['level']}" if link["signer"] else "not accepted"
        mark = " " if link["signer"] else "✗"
        what = f"{link['type']}: {item.envelope.name}"
        return printable(f"{mark} {link['date']}  {what}  [{who}, signed {link['signed']}]")


def judge_all(items: Sequence[_Item], judge: Callable[[_Item], Sequence[Judged]], printer: Printer) -> None:
    """Judges and prints each item; on a terminal a progress bar comes first, and the results after it."""
    stream = sys.stderr
    if len(items) < 2 or not stream.isatty():
        for item in items:
            for judged in judge(item):
                printer.show(judged)
        return
    with click.progressbar(items, file=stream, show_pos=True) as progress:
        found = [judged for item in progress for judged in judge(item)]
    for judged in found:
        printer.show(judged)


def require_trust(name: str, data: bytes, roots: Sequence[Verifier], *, as_json: bool) -> TrustList:
    """Opens a trust list. One that the roots did not sign is itself shown as what failed, with exit status 1.

    Raises:
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
    """
    try:
        trust = open_trust_list(data, roots)
        demand_newest(trust, roots)
        _warn_of_few(roots, signed=len(notes.parse(data).signatures))
        return trust
    except NotVerified as error:
        check = Check(TRUST, CheckStatus.FAILED, f"the trust list: {error}", error.code)
        Printer(as_json=as_json).show(Judged(name, Verdict((check,))))
        click.get_current_context().exit(1)


def _warn_of_few(roots: Sequence[Verifier], *, signed: int) -> None:
    """Says where the fingerprint cannot be the published one: each line of the file goes into that."""
    if len(roots) < signed:
        few = f"{signed} roots signed the list, and {len(roots)} was given"
        click.echo(f"warning: {few}: give the whole roots.txt, or the fingerprint differs", err=True)


def print_json(value: dict[str, Any]) -> None:
    """Prints one object on one line, in UTF-8 wherever it goes (RFC 8259 8.1).

    What some readers take for the end of a line, or could steer a terminal, is escaped.
    """
    text = json.dumps(value, ensure_ascii=False)
    escaped = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    click.echo(escaped.encode("utf-8"))


def _failed(item: SignedRecord, verdict: Verdict) -> bool:
    return any(
        check.status is CheckStatus.FAILED and check.subject == item.envelope.id and check.id[0] in "34"
        for check in verdict.checks
    )


def _print_checks(verdict: Verdict) -> None:
    open_checks = [check for check in verdict.checks if check.status is not CheckStatus.PASSED]
    for heading, checks in (
        ("findings:", [check for check in open_checks if check.status is not CheckStatus.SKIPPED]),
        ("not checked:", [check for check in open_checks if check.status is CheckStatus.SKIPPED]),
    ):
        if checks:
            click.echo(heading)
        for line in _check_lines(checks):
            click.echo(f"  {line}")


def _check_lines(checks: Iterable[Check]) -> Iterable[str]:
    for check in checks:
        subject = f"  ({check.subject})" if check.subject else ""
        detail = _INSTANT.sub(_in_viet_nam, check.detail)
        yield printable(f"{_MARKS[check.status]} {check.id}  {check.reason}: {detail}{subject}")


def _in_viet_nam(found: re.Match[str]) -> str:
    """Gives a time in the zone that the chain's days are told in."""
    return parse_instant(found[0]).astimezone(VIET_NAM_TIME).isoformat()


def _print_line(name: str, verdict: Verdict) -> None:
    shape, colour, _, _ = _OUTCOMES[verdict.outcome]
    click.secho(f"{shape} {verdict.outcome}", fg=colour, nl=False)
    click.echo(f"  {printable(name)}  {' '.join(verdict.reasons)}".rstrip())
