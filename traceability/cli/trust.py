"""`langnghe trust`: show a trust list, check whether one may follow another, draft the next, sign it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from traceability.ceremony import (
    Change,
    add_signature,
    differences,
    read_list,
    roots_missing,
    text_fingerprint,
    write_draft,
)
from traceability.cli import Failure, LazyGroup, printable
from traceability.cli.output import print_json
from traceability.cli.sources import find_roots, open_signer, read_input, utc_now, write_output
from traceability.clock import format_instant
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger import note as notes
from traceability.ledger.note import Verifier
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.policy import check_succession, open_trust_list
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["trust"]

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_ROOT: Final = click.option("--root", "roots", multiple=True, help="Root key (vkey); repeatable.")
_OUT: Final = click.option("--out", default="-", help="File to write; stdout if left out.")
YEAR_DAYS: Final = 365


@click.group(cls=LazyGroup)
def trust() -> None:
    """Show, compare, draft and sign trust lists: who is trusted for what."""


@trust.command()
@click.argument("list_file", metavar="LIST", type=_FILE)
@_ROOT
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show(ctx: click.Context, *, list_file: Path, roots: tuple[str, ...], as_json: bool) -> None:
    """Show a LIST or a draft as a table, and who signed it. Exit status 1 where too few roots did."""
    found, note = read_list(_read(list_file))
    pinned = find_roots(roots, list_file.parent).keys if note is not None else ()
    signed, missing = roots_missing(note, pinned) if note is not None else ((), 1)
    if as_json:
        print_json(_to_json(str(list_file), found, signed, missing))
    else:
        _print_table(found)
        _print_signatures(signed, missing, is_draft=note is None)
    ctx.exit(1 if missing else 0)


@trust.command()
@click.argument("old_file", metavar="OLD", type=_FILE)
@click.argument("new_file", metavar="NEW", type=_FILE)
@_ROOT
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(
    ctx: click.Context, *, old_file: Path, new_file: Path, roots: tuple[str, ...], as_json: bool
) -> None:
    """Check that NEW may follow OLD: both signed by the roots, and nothing unsaid that OLD said."""
    pinned = find_roots(roots, new_file.parent).keys
    old_data, new_data = _read(old_file), _read(new_file)
    try:
        old, new = open_trust_list(old_data, pinned), open_trust_list(new_data, pinned)
        check_succession(old, new)
    except NotVerified as error:
        _report(ctx, str(new_file), error, as_json=as_json)
        return
    if as_json:
        checks = [{"id": "succession", "status": "passed", "reason": None, "detail": "NEW follows OLD"}]
        print_json({"input": str(new_file), "outcome": "verified", "reasons": [], "checks": checks})
        return
    _print_changes(differences(old, new))
    click.echo(f"list {new.sequence} follows list {old.sequence}")


@trust.command()
@click.argument("list_file", metavar="LIST", type=_FILE)
@_OUT
def draft(*, list_file: Path, out: str) -> None:
    """Write the next list as a draft to edit: LIST with the next number, issued now, for a year."""
    found, _ = read_list(_read(list_file))
    now = utc_now().replace(microsecond=0)
    write_output(out, write_draft(_following(found, now)))


@trust.command()
@click.argument("draft_file", metavar="DRAFT", type=_FILE)
@click.option(
    "--key", "key_uri", required=True, help="This root's private key: file:PATH, a path, or env:NAME."
)
@click.option("--name", help="This root's name, where no roots are known.")
@click.option("--previous", type=_FILE, help="The list in force; needed for every list but the first.")
@click.option("--add-to", "others", type=_FILE, multiple=True, help="The same list, signed by others.")
@_ROOT
@click.option("--yes", is_flag=True, help="Sign without asking, for scripts.")
@_OUT
def sign(
    *,
    draft_file: Path,
    key_uri: str,
    name: str | None,
    previous: Path | None,
    others: tuple[Path, ...],
    roots: tuple[str, ...],
    yes: bool,
    out: str,
) -> None:
    """Sign DRAFT as one root, after showing what it changes; join what other roots have signed.

    DRAFT may be a signed list too: then its signatures are kept.
    """
    found, note = read_list(_read(draft_file))
    pinned = _known_roots(roots, draft_file.parent, needs=name is None)
    before = _previous(found, previous, pinned)
    parts = [note] if note is not None else []
    parts += [notes.parse(_read(other), max_bytes=TRUST_LIST_MAX_BYTES) for other in others]
    _print_changes(differences(before, found), err=True)
    click.echo(f"fingerprint of the text: {text_fingerprint(found)}", err=True)
    signer = open_signer(key_uri)
    root = _root_of(signer.public_key.raw, pinned) if pinned else Verifier(name or "", signer.public_key)
    if not yes and not click.confirm(printable(f"Sign this list as {root.name}?"), err=True):
        raise Failure("not signed")
    signed = add_signature(found, root, signer, to=parts)
    names, missing = roots_missing(signed, pinned or (root,))
    write_output(out, signed.to_bytes())
    if pinned:
        _print_signatures(names, missing, is_draft=False, err=True)


def _report(ctx: click.Context, name: str, error: NotVerified, *, as_json: bool) -> None:
    if as_json:
        checks = [{"id": "succession", "status": "failed", "reason": error.code, "detail": str(error)}]
        print_json({"input": name, "outcome": "invalid", "reasons": [error.code], "checks": checks})
    else:
        click.echo(printable(f"✗ {error.code}: {error}"))
    ctx.exit(1)


def _following(found: TrustList, now: datetime) -> TrustList:
    return TrustList(
        origin=found.origin,
        sequence=found.sequence + 1,
        issued=now,
        expires=now + timedelta(days=YEAR_DAYS),
        hosts=found.hosts,
        keys=found.keys,
        log_policy=found.log_policy,
    )


def _previous(found: TrustList, previous: Path | None, roots: Sequence[Verifier]) -> TrustList | None:
    """Gives the list before, which this one must be allowed to follow."""
    if previous is None:
        if found.sequence != 1:
            raise Failure(f"this is list {found.sequence}: give the list in force with --previous")
        return None
    data = _read(previous)
    before = open_trust_list(data, roots) if roots else read_list(data)[0]
    check_succession(before, found)
    return before


def _known_roots(given: tuple[str, ...], beside: Path, *, needs: bool) -> tuple[Verifier, ...]:
    try:
        return find_roots(given, beside).keys
    except Failure:
        if needs:
            raise
        return ()


def _root_of(key: bytes, roots: Sequence[Verifier]) -> Verifier:
    for root in roots:
        if root.key.raw == key:
            return root
    raise Refused(Reason.KEY_NOT_AUTHORISED, "the key is none of the roots")


def _read(path: Path) -> bytes:
    return read_input(str(path), TRUST_LIST_MAX_BYTES)


def _print_changes(changes: Sequence[Change], *, err: bool = False) -> None:
    for change in changes:
        click.echo(printable(f"- {change.vi}"), err=err)
        if change.en != change.vi:
            click.echo(printable(f"  {change.en}"), err=err)


def _print_signatures(signed: Sequence[str], missing: int, *, is_draft: bool, err: bool = False) -> None:
    names = ", ".join(signed) or "nobody"
    state = "a draft; " if is_draft else ""
    rest = "enough" if not missing else f"{missing} more needed" if not is_draft else "not a list yet"
    click.echo(printable(f"{state}signed by {names}: {rest}"), err=err)


def _print_table(found: TrustList) -> None:
    click.echo(printable(f"{found.origin}, list {found.sequence}"))
    click.echo(f"issued {format_instant(found.issued)}, expires {format_instant(found.expires)}")
    click.echo(f"fingerprint of the text: {text_fingerprint(found)}")
    for host in found.hosts:
        end = f" until {format_instant(host.until)}" if host.until else ""
        heir = f", then {host.successor}" if host.successor else ""
        click.echo(printable(f"host  {host.name} from {format_instant(host.since)}{end}{heir}"))
    for line in (found.log_policy or "no log: nothing counts as verified").splitlines():
        click.echo(printable(f"log   {line}"))
    for key in found.keys:
        click.echo(printable(f"key   {key.role}/{key.use}  {key.name}  [{_state(key)}]  {key.method.id}"))
        click.echo(printable(f"      {key.method.key.multibase}  {key.custody}  {', '.join(key.scope)}"))


def _state(key: TrustKey) -> str:
    if key.revoked is not None:
        size = f", log size {key.revoked.log_size}" if key.revoked.log_size is not None else ""
        return f"{key.revoked.reason} {format_instant(key.revoked.time)}{size}"
    end = f" until {format_instant(key.until)}" if key.until else ""
    return f"from {format_instant(key.since)}{end}"


def _to_json(name: str, found: TrustList, signed: Sequence[str], missing: int) -> dict[str, Any]:
    body = json.loads(write_draft(found))
    return {
        "input": name,
        "outcome": "unknown" if missing else "verified",
        "reasons": [Reason.KEY_UNKNOWN] if missing else [],
        "signedBy": list(signed),
        "signaturesMissing": missing,
        "fingerprint": text_fingerprint(found),
        "list": body,
    }
