"""The shop's commands: make the demo's data, run the shop."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import click

from shop.app import create_app
from shop.config import Settings, lan_address, load_settings
from shop.demo.build import build_demo
from shop.demo.public_files import restore_public_files
from shop.operating.one_line import in_one_line
from shop.operating.running import serving
from shop.passwords import Passwords
from shop.serve import run
from shop.services.exporting.static import write_export
from shop.web.static_pages import export_source
from shop.wiring import build_services, open_migrated
from traceability.labels.qr import matrix

__all__ = ["demo", "export_static", "serve"]

FILES_A_STEP: Final = 50
QUIET_ZONE: Final = 2  # modules; a screen has light around it anyway


@click.command()
@in_one_line
def demo() -> None:
    """Make the demo's data, unless it is there: real villages, fictional workshops, fresh keys."""
    settings = load_settings()
    if not settings.is_demo:
        raise click.UsageError("LANGNGHE_MODE is production: the demo's keys and parties are not for it")
    made = _make_demo(settings)
    click.echo(f"demo data {'made' if made else 'is there already'}: {settings.data_dir}")


@click.command()
@in_one_line
def serve() -> None:
    """Run the shop until Ctrl-C; in demo mode the demo's data is made first if it is missing."""
    settings = load_settings()
    if settings.is_demo:
        _make_demo(settings)
    with serving(settings.data_dir):
        _serve(settings)


def _serve(settings: Settings) -> None:
    # Opened and closed here once, so that a wrong setting is one line and not a crashing worker.
    build_services(settings, scans_wait_s=None).close()
    address = f"http://{lan_address()}:{settings.port}" if settings.lan else settings.public_base_url
    click.echo(f"langnghe: {address}  (Ctrl-C stops)")
    if settings.lan:
        _print_qr(address)
        click.echo("A photo of a label works from a phone; camera and offline checks need https.")
    host = "0.0.0.0" if settings.lan else "127.0.0.1"  # noqa: S104  # LAN=1 asks for it
    run(lambda: create_app(settings), host=host, port=settings.port)


@click.command("export-static")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@in_one_line
def export_static(*, folder: Path) -> None:
    """Write the whole public record into DIR, with the pages and a checker that needs no server.

    DIR is empty, not there yet, or holds an earlier export, which is brought up to date. Every file is listed
    in files.txt, and manifest.txt has the log's signature over that list: `langnghe log audit DIR` checks it.
    """
    settings = load_settings()
    made_at = datetime.now(UTC).replace(microsecond=0)
    with closing(build_services(settings, scans_wait_s=None)) as services:
        source = export_source(services, create_app(settings, services), made_at=made_at)
        with _counted() as on_file:
            summary = write_export(folder, source, on_file=on_file)
    click.echo(f"{folder}: {summary.files} files under a head of {summary.size} entries")
    if summary.left_out:
        waiting = "records are not under a trusted head yet and were left out"
        click.echo(f"langnghe: {summary.left_out} {waiting}", err=True)


@contextmanager
def _counted() -> Iterator[Callable[[str], None]]:
    """Gives what shows, on a terminal alone, how many files were written so far."""
    counter = count(1)

    def show(path: str) -> None:
        number = next(counter)
        if number % FILES_A_STEP == 0 and sys.stderr.isatty():
            click.echo(f"\r{number} files", nl=False, err=True)

    yield show
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)


def _make_demo(settings: Settings) -> bool:
    passphrase = settings.key_passphrase.get_secret_value() if settings.key_passphrase else None
    with closing(open_migrated(settings)) as database:
        made = build_demo(
            database,
            host=settings.identity_host,
            folder=settings.data_dir,
            passphrase=passphrase,
            now=datetime.now(UTC),
            heads=settings.heads_dir,
            passwords=Passwords(settings.password_memory_kib),
        )
        for name in restore_public_files(database, folder=settings.data_dir) if not made else ():
            click.echo(f"langnghe: {name} was missing and was written again", err=True)
    return made


def _print_qr(text: str) -> None:
    """Prints a QR code with half blocks: two rows of modules a line, dark on light."""
    modules = [[False] * QUIET_ZONE + list(row) + [False] * QUIET_ZONE for row in matrix(text)]
    blank = [False] * len(modules[0])
    rows = [blank] * QUIET_ZONE + modules + [blank] * (QUIET_ZONE + len(modules) % 2)
    shapes = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        click.echo("".join(shapes[pair] for pair in zip(upper, lower, strict=True)))
