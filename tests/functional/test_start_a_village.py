"""docs/start-a-village.md, run as it is written: from an empty folder to a page that tells who vouches."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from shop.app import create_app
from shop.config import Settings
from shop.wiring import build_services
from tests.simulators.documents import ROOT, page

WALK = page("docs/start-a-village.md")
HOST = "ocop.lang-mau.example"


def console_lines() -> list[str]:
    """Gives every shown command, in order."""
    shown = re.findall(r"```console\n(.*?)```", WALK, re.S)
    return [line.removeprefix("$ ") for block in shown for line in block.splitlines()]


def forms() -> dict[str, str]:
    """Gives every form by the name that stands before it."""
    return dict(re.findall(r"`(papers/[a-z-]+\.json)`[^\n]*\n\n```json\n(.*?)```", WALK, re.S))


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder after every command of the document."""
    folder = tmp_path_factory.mktemp("village")
    (folder / "bin").mkdir()
    shim = folder / "bin" / "langnghe"
    shim.write_text(f"#!{sys.executable}\nfrom shop.cli import main\nmain(prog_name='langnghe')\n", "utf-8")
    shim.chmod(0o755)
    for name, form in forms().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(form, encoding="utf-8")
        for scan in re.findall(r'"scan": "([^"]+)"', form):
            (folder / "papers" / scan).write_bytes(f"scan of {scan}".encode())
    done = run(folder, *console_lines())
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    (folder / "output.txt").write_text(done.stdout, encoding="utf-8")
    return folder


def run(folder: Path, *lines: str) -> "subprocess.CompletedProcess[str]":
    """Runs lines in a shell as an operator does, with nothing set beforehand."""
    environment = {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextlib.contextmanager
def serving(folder: Path, **others: bool) -> Iterator[FlaskClient]:
    settings = Settings(
        mode="production",
        data_dir=folder / "instance",
        public_base_url=f"https://{HOST}",
        secret_key="s" * 40,  # type: ignore[arg-type]
        key_passphrase="a long sentence that only the operator knows",  # type: ignore[arg-type]
        **others,  # type: ignore[arg-type]
    )
    services = build_services(settings, scans_wait_s=None)
    try:
        yield create_app(settings, services).test_client()
    finally:
        services.close()


@pytest.fixture
def client(village: Path, catalogues: None) -> Iterator[FlaskClient]:
    """A visitor of the shop of that village."""
    with serving(village) as found:
        yield found


def label(village: Path) -> str:
    return (village / "label.txt").read_text(encoding="ascii").strip()


def read(client: FlaskClient, path: str, language: str) -> str:
    answer = client.get(f"{path}?lang={language}", base_url=f"https://{HOST}")
    assert answer.status_code == 200, (path, answer.status_code)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_every_form_is_used() -> None:
    used = " ".join(console_lines())
    assert forms()
    assert all(name in used for name in forms())


def test_everything_is_whole_at_the_end(village: Path) -> None:
    assert "everything is whole" in (village / "output.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        (
            "vi",
            ["chép từ giấy", "tự khai", "hiệp hội làng nghề", "Xưởng mẫu"],
            ["chứng nhận bởi", "xác nhận bởi"],
        ),
        (
            "en",
            ["copied from paper", "self-declared", "craft village association"],
            ["certified by", "attested by"],
        ),
    ],
)
def test_the_labels_page_tells_who_vouches(
    village: Path, client: FlaskClient, language: str, said: list[str], unsaid: list[str]
) -> None:
    shown = read(client, label(village).removeprefix(f"HTTPS://{HOST.upper()}"), language)
    for words in said:
        assert words.lower() in shown.lower(), words
    for words in unsaid:
        assert words.lower() not in shown.lower(), words


@pytest.mark.parametrize("path", ["/villages/lang-mau", "/workshops/xuong-mau", "/products/gio-mau", "label"])
def test_no_page_says_village_twice(village: Path, client: FlaskClient, path: str) -> None:
    shown = read(
        client, path if path != "label" else label(village).removeprefix(f"HTTPS://{HOST.upper()}"), "vi"
    )
    assert "Làng Mẫu" in shown
    assert not re.search("làng làng|làng nghề làng", shown.lower())


def test_a_copied_paper_shows_what_it_says(village: Path, client: FlaskClient) -> None:
    of_label = label(village).removeprefix(f"HTTPS://{HOST.upper()}")
    for path in ("/verify?record=giay-ocop-gio-mau", of_label):
        page = client.get(path, base_url=f"https://{HOST}", headers={"Accept-Language": "vi"}).text
        papers = page.split("Giấy tờ được chép lại")[1].split("</section>")[0]
        assert "Giỏ mẫu đạt OCOP 3 sao." in papers
        assert "zQm" in papers
        assert "Nơi cấp ghi trên giấy chưa ký gì ở đây" in papers


def test_a_title_from_paper_is_not_told_as_a_fact(client: FlaskClient) -> None:
    page = read(client, "/villages/lang-mau", "vi")
    said = "Được công nhận theo một tờ giấy do Hiệp hội làng nghề Làng Mẫu chép lại"
    assert f"{said}; chưa cơ quan nào ký ở đây." in page
    assert "Đã được công nhận" not in page
    assert "20/05/2010" in page
    assert "20 May 2010" in read(client, "/villages/lang-mau", "en")


def test_home_tells_of_this_place_alone(client: FlaskClient) -> None:
    page = read(client, "/", "en")
    assert "1,350" not in page
    assert "the workshop declares, the association copies from paper." in page
    assert "See the product" in page


def test_operator_is_printed_where_it_is_for_the_public(village: Path, catalogues: None) -> None:
    with serving(village) as found:
        assert "Nguyễn Văn Mẫu" not in read(found, "/", "vi")
    with serving(village, operator_public=True) as found:
        assert "Chủ sở hữu sàn: Nguyễn Văn Mẫu. Liên hệ: so-tay@lang-mau.example." in read(found, "/", "vi")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/products",
        "/villages",
        "/verify",
        "/villages/lang-mau",
        "/workshops/xuong-mau",
        "/products/gio-mau",
    ],
)
def test_no_page_is_dead(client: FlaskClient, path: str, language: str) -> None:
    assert "mẫu" in read(client, path, language).lower() or path == "/verify"


def test_the_record_verifies_without_the_server(village: Path) -> None:
    done = run(village, f"langnghe label verify '{label(village)}' --bundle bundle")
    assert (done.returncode, "VERIFIED" in done.stdout) == (0, True), done.stdout


def test_a_changed_label_does_not(village: Path) -> None:
    text = label(village)
    other = text[:-1] + ("0" if text[-1] != "0" else "1")
    done = run(village, f"langnghe label verify '{other}' --bundle bundle")
    assert done.returncode == 1


def test_no_signed_record_names_the_operator(village: Path) -> None:
    for path in (village / "instance" / "issued").glob("*.json"):
        assert "Nguyễn" not in path.read_text(encoding="utf-8")


SETTINGS = [line for line in console_lines() if line.startswith("export ")]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "langnghe init --association x --association-name X --village x --operator x --contact x",
            "ALREADY_FOUNDED",
        ),
        ("langnghe issue village papers/village.json", "RECORD_EXISTS"),
        ("langnghe issue lot papers/lot.json", "RECORD_EXISTS"),
        ("langnghe demo", "production"),
        ("langnghe trust publish root-1/signed-1.txt", "KEY_UNKNOWN"),
        ("langnghe record add instance/roots.txt", "NOT_JSON"),
        ("PUBLIC_BASE_URL=https://other.example langnghe fsck", "IDENTITY_CHANGED"),
    ],
)
def test_what_would_do_harm_is_refused_in_one_line(village: Path, line: str, code: str) -> None:
    done = run(village, *SETTINGS, line)
    assert done.returncode in {1, 2}
    assert re.search(code, done.stderr + done.stdout)
    assert "Traceback" not in done.stderr
