"""`langnghe log check`: does a log stand by what it signed before?"""

from collections.abc import Sequence
from typing import Any, Final

import click

from traceability.cli import Failure, printable
from traceability.cli.log_sources import open_log, read_signed_head, trusting
from traceability.cli.output import print_json
from traceability.cli.sources import read_input
from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.compare import Relation, compare, compare_by_tiles
from traceability.ledger.published import tile_reader
from traceability.ledger.quorum import Policy
from traceability.ledger.spelling import read_decimal, read_hash
from traceability.limits import WITNESS_MAX_HASHES, WITNESS_REQUEST_MAX_BYTES
from traceability.verdict import Check, CheckStatus, Verdict, verdict_to_json
from traceability.verify import LOG

__all__ = ["check"]

BY_PROOF: Final = "a wrong proof looks the same: compare by tiles (--log) before accusing anybody"


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--log", "place", help="The published log: a folder or an address, for its tiles.")
@click.option("--proof", "proof_file", help="A consistency proof: base64 hashes, one a line, or a request.")
@trusting
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(
    ctx: click.Context,
    *,
    old: str,
    new: str,
    place: str | None,
    proof_file: str | None,
    policy: Policy,
    as_json: bool,
) -> None:
    """Compare OLD and NEW, two signed checkpoints of one log: CONSISTENT, FORK or ROLLBACK.

    Tiles of the published log (--log) prove any of the three. With a proof a FORK may also be a wrong proof.
    """
    answer: tuple[Relation | Reason, str]
    if place is not None and proof_file is not None:
        raise click.UsageError("give --log or --proof, one of the two")
    try:
        kept, seen = (_read_head(name, policy) for name in (old, new))
        answer = _compare(kept, seen, place=place, proof_file=proof_file)
    except NotVerified as error:
        answer = (error.code, str(error))
    _print(f"{old} {new}", *answer, as_json=as_json)
    ctx.exit(0 if answer[0] is Relation.CONSISTENT else 1)


def _read_head(name: str, policy: Policy) -> Checkpoint:
    try:
        return read_signed_head(name, policy)
    except NotVerified as error:
        raise NotVerified(error.code, f"{name}: {error}") from error
    except Unreadable as error:
        raise Failure(f"{name}: {error.code}: {error}") from error


def _compare(
    kept: Checkpoint, seen: Checkpoint, *, place: str | None, proof_file: str | None
) -> tuple[Relation, str]:
    """Gives the relation and a sentence about it.

    Raises:
        NotVerified: BAD_RECEIPT, for a proof or tiles that prove nothing between these heads.
        UsageError: neither was given, and these heads need one.
    """
    needs_proof = 0 < min(kept.size, seen.size) < max(kept.size, seen.size)
    detail = f"{seen.origin}: {kept.size} entries before, {seen.size} now"
    if proof_file is not None:
        proof = _read_proof(proof_file, min(kept.size, seen.size))
        relation = compare(kept, seen, proof=proof)
        is_doubtful = needs_proof and relation is Relation.FORK
        return relation, f"{detail}; {BY_PROOF}" if is_doubtful else detail
    if not needs_proof:
        return compare(kept, seen, proof=()), detail
    if place is None:
        raise click.UsageError("two heads of different sizes need --log or --proof")
    try:
        with open_log(place) as read:
            tiles = tile_reader(read, max(kept.size, seen.size))
            return compare_by_tiles(kept, seen, tiles), detail
    except NotVerified as error:
        if seen.size < kept.size:
            # The larger head is the one that was kept; a log that went back has its tiles no longer.
            return Relation.ROLLBACK, f"{detail}; whether it forked as well is not known: {error}"
        raise


def _read_proof(name: str, old: int) -> Sequence[bytes]:
    """Reads the hashes of a proof, or those of an add-checkpoint request, whose head is not looked at.

    Raises:
        Failure: for anything else.
    """
    data = read_input(name, WITNESS_REQUEST_MAX_BYTES)
    lines = data.partition(b"\n\n")[0].decode("ascii", "replace").removesuffix("\n").split("\n")
    try:
        if lines[0].startswith("old "):
            size = read_decimal(lines.pop(0).removeprefix("old "))
            if size != old:
                raise Unreadable(Reason.BAD_VALUE, f"the proof is from {size} entries, not from {old}")
        if len(lines) > WITNESS_MAX_HASHES:
            raise Unreadable(Reason.TOO_LARGE, f"a proof has at most {WITNESS_MAX_HASHES} hashes")
        return tuple(map(read_hash, lines if lines != [""] else []))
    except TraceabilityError as error:
        raise Failure(f"{name}: {error.code}: {error}") from error


def _print(name: str, found: Relation | Reason, detail: str, *, as_json: bool) -> None:
    is_good = found is Relation.CONSISTENT
    if not as_json:
        click.echo(f"{found.value}\n{printable(detail)}")
        return
    relation = found if isinstance(found, Relation) else None
    reason = None if is_good else Reason(found.value)
    status = CheckStatus.PASSED if is_good else CheckStatus.FAILED
    value: dict[str, Any] = verdict_to_json(Verdict((Check(LOG, status, detail, reason),)), name)
    print_json({**value, "relation": relation.value if relation is not None else None})
