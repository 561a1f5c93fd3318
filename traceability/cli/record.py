"""`langnghe record`: sign, verify, export, and the legal field report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from traceability.bundle import read_evidence
from traceability.cli import Failure, LazyGroup, printable
from traceability.cli.export import export
from traceability.cli.output import Judged, Printer, judge_all, print_json, require_trust
from traceability.cli.proofs import judge_form, judge_proof
from traceability.cli.sources import (
    FOLDER,
    INSTANT,
    ROOT_OPTION,
    find_roots,
    folder_of,
    linked_records,
    open_signer,
    read_input,
    read_keys,
    utc_now,
    warn_skipped,
    write_output,
)
from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Evidence, Reader
from traceability.export.jwt import is_jwt
from traceability.limits import (
    CHAIN_MAX_RECORDS,
    CLOCK_MAX_SKEW,
    JSON_MAX_BYTES,
    JWT_MAX_BYTES,
    TRUST_LIST_MAX_BYTES,
)
from traceability.records.canonical import Document, canonical, digest_multibase, parse
from traceability.records.envelope import read_envelope
from traceability.records.profiles import FieldReport, check_profile, load_profile
from traceability.signing.proof import VerificationMethod, attach_proof, verify_proof
from traceability.signing.trust import TrustList
from traceability.tokens import verify_jwt
from traceability.verdict import Verdict
from traceability.verify import verify_record

__all__ = ["record"]

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_UNREADABLE: Final = frozenset({Reason.NOT_JSON, Reason.TOO_LARGE})
_MARKS: Final = {"ok": "✓", "weak": "!", "missing": "✗", "not_applicable": "-"}

# Gives the verdict on a record's bytes; the name of its file says where linked records may lie.
_Judge = Callable[[str, bytes], Verdict]


@click.group(cls=LazyGroup)
def record() -> None:
    """Sign records, verify them, export them, and report which legally demanded fields they fill."""


record.add_command(export)


@record.command()
@click.argument("template")
@click.option("--key", "key_uri", required=True, help="The private key: file:PATH, a path, or env:NAME.")
@click.option("--method", help="Its verification method id; <issuer.id>#key-1 if left out.")
@click.option("--created", type=INSTANT, help="Time of signing, at most 24 hours from now; now if left out.")
@click.option("--out", default="-", help="File to write; stdout if left out.")
def sign(*, template: str, key_uri: str, method: str | None, created: datetime | None, out: str) -> None:
    """Sign TEMPLATE, a record without proof (- for stdin), and write its canonical bytes."""
    document = parse(read_input(template, JSON_MAX_BYTES))
    issuer = read_envelope(document).issuer.did
    method_id, now = method or f"{issuer}#key-1", utc_now()
    created = created or now
    if abs(created - now) > CLOCK_MAX_SKEW:
        raise Refused(Reason.BAD_TIME, "--created is more than 24 hours from now; no log would take it")
    signer = open_signer(key_uri)
    signed = canonical(attach_proof(document, signer=signer, method_id=method_id, created=created))
    # Read back as a verifier would, so that nothing leaves that does not verify: a foreign method, too large.
    methods = {method_id: VerificationMethod(method_id, issuer, signer.public_key)}
    verify_proof(signed, methods, at=created)
    try:
        Reader(1).read(signed)
    except TraceabilityError as error:
        click.echo(f"warning: no record of this project's kinds: {printable(str(error))}", err=True)
    write_output(out, signed)


@record.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--trust", "trust_file", type=_FILE, help="Trust list: the whole chain is checked.")
@ROOT_OPTION
@click.option("--keys", "keys_file", help="Keys as JSON: proof and envelope only are checked.")
@click.option("--records", "folder", type=FOLDER, help="Folder of linked records; that of FILE if left out.")
@click.option(
    "--receipts", type=FOLDER, help="Folder of receipts; `receipts` beside the records' if left out."
)
@click.option("--at", type=INSTANT, help="Time that validity is judged at, RFC 3339; now if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    files: tuple[str, ...],
    trust_file: Path | None,
    roots: tuple[str, ...],
    keys_file: str | None,
    folder: Path | None,
    receipts: Path | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Verify each FILE (- for stdin), a record or a vc+jwt token.

    Without --trust or --keys nobody is known, and nothing verified.
    """
    if trust_file is not None and keys_file is not None:
        raise click.UsageError("give --trust or --keys, not both")
    if roots and trust_file is None:
        raise click.UsageError("--root goes with --trust")
    at, trust = at or utc_now(), None
    judge: _Judge = judge_form
    if trust_file is not None:
        data = read_input(str(trust_file), TRUST_LIST_MAX_BYTES)
        found = find_roots(roots, trust_file.parent)
        trust = require_trust(str(trust_file), data, found.keys, as_json=as_json)
        judge = _chain_judge(trust, folder, receipts, at)
    elif keys_file is not None:
        judge = judge_proof(read_keys(keys_file), at)
    printer = Printer(as_json=as_json, trust=trust)
    judge_all(files, lambda name: [_judge_file(name, judge)], printer)
    ctx.exit(printer.exit_code)


@record.command()
@click.argument("file")
@click.option(
    "--profile", "profile_name", required=True, help="VN_TT02_2024, VN_DPP_ND37_2026, CRAFT_ORIGIN_V1."
)
@click.option("--records", "folder", type=FOLDER, help="Folder of linked records; that of FILE if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def profile(ctx: click.Context, *, file: str, profile_name: str, folder: Path | None, as_json: bool) -> None:
    """Report which fields of a rule set FILE and its linked records fill. Signatures are not checked here."""
    rules = load_profile(profile_name)
    start = parse(read_input(file, JSON_MAX_BYTES))
    reports = check_profile(rules, _follow_links(start, linked_records(file, folder, warn_skipped)))
    missing = [report.field for report in reports if report.status == "missing"]
    if as_json:
        fields = [asdict(report) for report in reports]
        print_json({"input": file, "profile": rules.name, "missing": missing, "fields": fields})
    else:
        click.echo(printable(f"{rules.title.vi} / {rules.title.en}"))
        for report in reports:
            _print_field(report)
        click.echo(f"{len(missing)} of {len(reports)} fields missing; signatures were not checked here")
    ctx.exit(1 if missing else 0)


def _judge_file(name: str, judge: _Judge) -> Judged:
    try:
        data = read_input(name, JWT_MAX_BYTES)
    except Failure as error:
        return Judged(name, error=error.message.removeprefix(f"{name}: "))
    if is_jwt(data):
        return Judged(name, judge(name, data.rstrip()))
    try:
        parse(data)
    except Unreadable as error:
        if error.code in _UNREADABLE:
            return Judged(name, judge_form(name, data), str(error), error.code)
    return Judged(name, judge(name, data))


def _chain_judge(trust: TrustList, folder: Path | None, receipts: Path | None, at: datetime) -> _Judge:
    known = dict[Path | None, Evidence]()

    def judge(name: str, data: bytes) -> Verdict:
        place = folder or folder_of(name)
        if place not in known:
            known[place] = (
                read_evidence(place, receipts=receipts, on_skip=warn_skipped) if place else Evidence()
            )
        verify_data = verify_jwt if is_jwt(data) else verify_record
        return verify_data(data, trust=trust, evidence=known[place], at=at)

    return judge


def _follow_links(start: Document, known: Mapping[str, bytes]) -> Sequence[Document]:
    """Gives a record and all that it links to by digest; a link that leads nowhere is named on stderr."""
    found, waiting = [start], [start]
    seen = {str(start.get("id"))}
    while waiting and len(found) < CHAIN_MAX_RECORDS:
        for link in read_envelope(waiting.pop()).links:
            if link.url in seen:
                continue
            seen.add(link.url)
            document = parse(known[link.url]) if link.url in known else None
            if document is None or digest_multibase(canonical(document)) != link.digest:
                reason = Reason.LINK_MISSING if document is None else Reason.LINK_DIGEST_MISMATCH
                click.echo(f"warning: {printable(link.url)} left out: {reason}", err=True)
                continue
            found.append(document)
            waiting.append(document)
    return found


def _print_field(report: FieldReport) -> None:
    value = report.value if len(report.value) <= 100 else f"{report.value[:99]}…"
    detail = f"({report.detail.vi} / {report.detail.en})" if report.detail else ""
    text = f"{_MARKS[report.status]} {report.status:<14} {report.label.vi} / {report.label.en}"
    found = " ".join(part for part in (value, detail) if part)
    click.echo(printable(f"{text}: {found}" if found else text))
    click.echo(printable(f"    {report.source} [{report.confidence}]"))
