"""`langnghe log cosign`: a witness by exchange of files."""

from pathlib import Path

import click

from traceability.cli import printable
from traceability.cli.log_sources import trusting
from traceability.cli.output import print_json
from traceability.cli.sources import open_signer, read_input, utc_now, write_output
from traceability.errors import Reason
from traceability.ledger.heads import HeadFolder
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.witness import Answer, Cosigner, Status
from traceability.limits import WITNESS_REQUEST_MAX_BYTES
from traceability.verdict import Check, CheckStatus, Verdict, verdict_to_json
from traceability.verify import LOG

__all__ = ["cosign"]


@click.command()
@click.argument("file")
@click.option(
    "--key", "key_uri", required=True, help="The witness's private key: file:PATH, a path, or env:NAME."
)
@click.option("--name", required=True, help="The witness's name.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder that remembers the last head of each log. Losing it means a new key.",
)
@trusting
@click.option("--out", default="-", help="File to write the answer to; stdout if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def cosign(
    ctx: click.Context,
    *,
    file: str,
    key_uri: str,
    name: str,
    state: Path,
    policy: Policy,
    out: str,
    as_json: bool,
) -> None:
    """Cosign the checkpoint of FILE, an add-checkpoint request (- for stdin), if it continues the last one.

    The head is remembered before the answer is written. A refusal prints its reason and exits with 1.
    """
    request = read_input(file, WITNESS_REQUEST_MAX_BYTES)
    cosigner = Cosigner(name, open_signer(key_uri), logs=_keys_by_origin(policy), memory=HeadFolder(state))
    answer = cosigner.answer(request, now=utc_now())
    is_cosigned = answer.status is Status.COSIGNED
    if is_cosigned and not (as_json and out == "-"):
        write_output(out, answer.body)
    if as_json:
        print_json(_object(file, answer))
    elif not is_cosigned:
        click.echo(f"{answer.reason}: {_detail(answer)}", err=True)
    ctx.exit(0 if is_cosigned else 1)


def _keys_by_origin(policy: Policy) -> dict[str, list[Verifier]]:
    origins = dict.fromkeys(log.name for log in policy.logs)
    return {origin: [log for log in policy.logs if log.name == origin] for origin in origins}


def _detail(answer: Answer) -> str:
    text = printable(answer.body.decode("utf-8", "replace").strip())
    is_size = answer.status is Status.OTHER_SIZE
    sentence = f"the size cosigned last is {text}" if is_size else text
    return f"{sentence} ({answer.status.value})"


def _object(name: str, answer: Answer) -> dict[str, object]:
    is_cosigned = answer.status is Status.COSIGNED
    status = CheckStatus.PASSED if is_cosigned else CheckStatus.FAILED
    detail = "the checkpoint continues the one cosigned last" if is_cosigned else _detail(answer)
    reason = None if is_cosigned else answer.reason or Reason.BAD_NOTE
    value = verdict_to_json(Verdict((Check(LOG, status, detail, reason),)), name)
    return {**value, "status": answer.status.value, "answer": answer.body.decode("utf-8", "replace")}
