"""`langnghe key`: make a key pair, show its public half."""

import json
from pathlib import Path

import click

from traceability.cli.sources import open_signer, passphrase
from traceability.ledger.note import Verifier
from traceability.signing.did import did_document
from traceability.signing.keys import Ed25519Signer, PublicKey, write_private_key
from traceability.signing.proof import VerificationMethod

__all__ = ["key"]


@click.group()
def key() -> None:
    """Make a key pair; show its public half."""


@key.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the key in its vkey; the file's name without ending if left out.")
def new(path: Path, name: str | None) -> None:
    """Make an Ed25519 key, its private half encrypted in PATH; a file that exists is never overwritten.

    The passphrase comes from LANGNGHE_KEY_PASSPHRASE, else it is asked for twice.
    """
    signer = Ed25519Signer.generate()
    # The name is judged before anything is written, so that no key is left behind without its vkey.
    verifier = Verifier(name or path.stem, signer.public_key)
    write_private_key(path, signer, passphrase(confirm=True))
    _print_public(verifier)


@key.command()
@click.argument("uri")
@click.option("--name", help="Name of the key in its vkey; the file's or variable's name if left out.")
@click.option("--did", help="Print the document of this did:web too, with the key as #key-1.")
def show(uri: str, name: str | None, did: str | None) -> None:
    """Print the public half of the key at URI: file:PATH, a path, or env:NAME (the seed as 64 hex digits)."""
    public = open_signer(uri).public_key
    document = _document(did, public) if did is not None else None
    _print_public(Verifier(name or _default_name(uri), public))
    if document is not None:
        click.echo(document)


def _default_name(uri: str) -> str:
    scheme, separator, rest = uri.partition(":")
    if separator and scheme == "env":
        return rest
    return Path(rest if separator and scheme == "file" else uri).stem


def _document(did: str, public: PublicKey) -> str:
    document = did_document(did, [VerificationMethod(f"{did}#key-1", did, public)])
    return json.dumps(document, ensure_ascii=False, indent=1)


def _print_public(verifier: Verifier) -> None:
    click.echo(f"vkey: {verifier.vkey}")
    click.echo(f"multibase: {verifier.key.multibase}")
