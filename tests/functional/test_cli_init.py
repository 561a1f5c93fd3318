"""`langnghe init`: an empty production instance, made once, and pages that say what is missing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shop.app import create_app
from shop.cli import main
from shop.config import Settings
from shop.wiring import build_services
from traceability.ceremony import read_draft
from traceability.ledger.note import Verifier
from traceability.signing.keys import load_signer

HOST = "ocop.lang-mau.example"
PASSPHRASE = "for these tests only"
WORDS = (
    "init", "--association", "hiep-hoi", "--association-name", "Hiệp hội Làng Mẫu", "--village", "lang-mau",
    "--operator", "Người vận hành", "--contact", "x@lang-mau.example",
)  # fmt: skip

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the command line in production mode over one data folder."""

    def call(*words: str, typed: str | None = None, **variables: str | None) -> Result:
        environment: dict[str, str | None] = {
            "LANGNGHE_MODE": "production",
            "LANGNGHE_DATA_DIR": str(tmp_path / "instance"),
            "PUBLIC_BASE_URL": f"https://{HOST}",
            "IDENTITY_HOST": None,
            "DATABASE_URL": None,
            "SECRET_KEY": "s" * 40,
            "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
            **variables,
        }
        return CliRunner().invoke(main, words, env=environment, input=typed)

    return call


def test_keys_and_an_unsigned_draft_are_made_and_nothing_else(run: Run, tmp_path: Path) -> None:
    result = run(*WORDS)
    assert result.exit_code == 0, result.output
    keys = sorted(path.name for path in (tmp_path / "instance" / "keys").iterdir())
    assert keys == ["hiep-hoi.record.pem", "log.pem"]
    assert "LANGNGHE_OPERATOR_PUBLIC=1 prints name and contact" in result.output
    draft = read_draft((tmp_path / "instance" / "trust-draft.json").read_bytes())
    assert [(key.role, key.scope) for key in draft.keys] == [
        ("association", (f"https://{HOST}/villages/lang-mau",))
    ]
    assert not (tmp_path / "instance" / "roots.txt").exists()


def test_workshops_get_keys_on_request(run: Run, tmp_path: Path) -> None:
    assert run(*WORDS, "--workshop", "xuong-mau=Xưởng mẫu").exit_code == 0
    draft = read_draft((tmp_path / "instance" / "trust-draft.json").read_bytes())
    assert [(key.role, key.use) for key in draft.keys[1:]] == [("workshop", "record"), ("workshop", "seal")]


def test_what_is_not_given_is_asked_for(run: Run, tmp_path: Path) -> None:
    result = run("init", typed="hiep-hoi\nHiệp hội\nlang-mau\nNgười\nx@y.example\n")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "instance" / "trust-draft.json").exists()


def test_a_second_call_changes_nothing(run: Run, tmp_path: Path) -> None:
    run(*WORDS)
    folder = tmp_path / "instance"
    before = {path.name: path.read_bytes() for path in (*folder.glob("keys/*"), folder / "trust-draft.json")}
    result = run(*WORDS)
    assert (result.exit_code, result.output.count("kept:")) == (0, 3)
    after = {path.name: path.read_bytes() for path in (*folder.glob("keys/*"), folder / "trust-draft.json")}
    assert after == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"--association": "khac"}, "ALREADY_FOUNDED"),
        ({"--operator": "Người khác"}, "ALREADY_FOUNDED"),
        ({"--association": "Hiệp Hội"}, "BAD_SETTING"),
        ({"--village": "../x"}, "BAD_SETTING"),
    ],
)
def test_another_founding_is_refused(run: Run, change: dict[str, str], code: str) -> None:
    run(*WORDS)
    words = list(WORDS)
    for option, value in change.items():
        words[words.index(option) + 1] = value
    result = run(*words)
    assert (result.exit_code, code in result.stderr) == (2, True), result.output


@pytest.mark.parametrize("workshop", ["xuong", "xuong=", "=Xưởng", "Xưởng=x"])
def test_a_workshop_is_slug_and_name(run: Run, workshop: str) -> None:
    assert run(*WORDS, "--workshop", workshop).exit_code == 2


def test_another_passphrase_opens_no_key_and_makes_none(run: Run, tmp_path: Path) -> None:
    run(*WORDS)
    result = run(*WORDS, "--workshop", "xuong-mau=Xưởng mẫu", LANGNGHE_KEY_PASSPHRASE="another one")
    assert (result.exit_code, "KEY_UNAVAILABLE" in result.stderr) == (2, True)
    assert not list((tmp_path / "instance" / "keys").glob("xuong*"))


@pytest.mark.parametrize(
    "variables",
    [
        {"LANGNGHE_MODE": "demo"},
        {"PUBLIC_BASE_URL": "http://ocop.lang-mau.example"},
        {"SECRET_KEY": None},
        {"LANGNGHE_KEY_PASSPHRASE": None},
    ],
    ids=["demo", "http", "no secret", "no passphrase"],
)
def test_an_unsafe_instance_is_not_begun(run: Run, tmp_path: Path, variables: dict[str, str | None]) -> None:
    assert run(*WORDS, **variables).exit_code == 2
    assert not list((tmp_path / "instance").glob("keys/*"))


def test_without_a_trust_list_nothing_is_served(run: Run) -> None:
    run(*WORDS)
    result = run("serve")
    assert (result.exit_code, "NO_TRUST_LIST" in result.stderr) == (2, True)


def publish(run: Run, folder: Path) -> Result:
    """Holds the whole ceremony with three roots, and publishes."""
    vkeys = []
    for number in (1, 2, 3):
        key = folder / f"root-{number}.pem"
        assert run("key", "new", str(key), "--name", f"{HOST}/root-{number}").exit_code == 0
        signer = load_signer(str(key), PASSPHRASE.encode())
        vkeys.append(Verifier(f"{HOST}/root-{number}", signer.public_key).vkey)
    instance = folder / "instance"
    (instance / "roots.txt").write_text("".join(f"{vkey}\n" for vkey in vkeys), encoding="utf-8")
    words = ("--yes", "--out", str(folder / "trust.txt"))
    draft = str(instance / "trust-draft.json")
    assert run("trust", "sign", draft, "--key", str(folder / "root-1.pem"), *words).exit_code == 0
    first = run("trust", "publish", str(folder / "trust.txt"))
    assert (first.exit_code, "KEY_UNKNOWN" in first.stderr) == (2, True)
    more = ("--root", vkeys[0], "--root", vkeys[1], "--root", vkeys[2])
    signed = str(folder / "trust.txt")
    assert run("trust", "sign", signed, "--key", str(folder / "root-2.pem"), *more, *words).exit_code == 0
    return run("trust", "publish", signed)


def test_a_list_is_published_once_two_roots_signed_it(run: Run, tmp_path: Path) -> None:
    run(*WORDS)
    assert publish(run, tmp_path).exit_code == 0
    again = run("trust", "publish", str(tmp_path / "trust.txt"))
    assert (again.exit_code, "in force already" in again.output) == (0, True)
    assert run("fsck").exit_code == 0
    assert run(*WORDS).exit_code == 2  # founded, and a trust list is there


def test_a_lower_or_equal_number_is_a_rollback(run: Run, tmp_path: Path) -> None:
    run(*WORDS)
    assert publish(run, tmp_path).exit_code == 0
    first, next_draft, second = (str(tmp_path / name) for name in ("trust.txt", "next.json", "second.txt"))
    roots = [f"--root={line}" for line in (tmp_path / "instance" / "roots.txt").read_text().split()]
    assert run("trust", "draft", first, "--out", next_draft).exit_code == 0
    words = ("--previous", first, "--yes", *roots)
    for name, out, key in ((next_draft, second, "root-1"), (second, second, "root-3")):
        signed = run("trust", "sign", name, "--key", str(tmp_path / f"{key}.pem"), "--out", out, *words)
        assert signed.exit_code == 0, signed.output
    assert run("trust", "publish", second).exit_code == 0
    again = run("trust", "publish", first)
    assert (again.exit_code, "ROLLBACK" in again.stderr) == (2, True)
    assert run("fsck").exit_code == 0


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_an_empty_instance_says_what_is_missing(
    run: Run, tmp_path: Path, language: str, catalogues: None
) -> None:
    run(*WORDS)
    assert publish(run, tmp_path).exit_code == 0
    settings = Settings(
        mode="production",
        data_dir=tmp_path / "instance",
        public_base_url=f"https://{HOST}",
        secret_key="s" * 40,  # type: ignore[arg-type]
        key_passphrase=PASSPHRASE,  # type: ignore[arg-type]
    )
    services = build_services(settings, scans_wait_s=None)
    try:
        client = create_app(settings, services).test_client()
        for path in ("/", "/products", "/villages"):
            shown = client.get(f"{path}?lang={language}", base_url=f"https://{HOST}").get_data(as_text=True)
            assert re.search(r'class="empty', shown), path
        for path in ("/verify", "/about", "/trust", "/log/checkpoint", "/sitemap.xml", "/healthz"):
            assert client.get(path, base_url=f"https://{HOST}").status_code == 200, path
        unknown = client.get("/P/GIOMAU/10/L1/21/000000000000", base_url=f"https://{HOST}")
        assert unknown.status_code == 404
    finally:
        services.close()
