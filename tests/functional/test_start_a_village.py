"""docs/start-a-village.md, run as it is written: from an empty folder to a page that tells who vouches."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from shop.app import create_app
from shop.config import Settings
from shop.wiring import build_services
from tests.simulators.documents import ROOT, page

pytestmark = pytest.mark.slow

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


def run(folder: Path, *lines: str, stdin: int = subprocess.DEVNULL) -> "subprocess.CompletedProcess[str]":
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
        stdin=stdin,
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
    said = "Được công nhận theo một tờ giấy do Hiệp hội làng nghề Mẫu chép lại"
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


def label_page(village: Path, client: FlaskClient, name: str, language: str = "en") -> str:
    text = (village / f"label-{name}.txt").read_text(encoding="ascii").strip()
    return read(client, text.removeprefix(f"HTTPS://{HOST.upper()}"), language)


def test_the_products_page_names_its_signed_materials_and_no_empty_part(client: FlaskClient) -> None:
    page = client.get("/products/gio-mau").text
    assert "<li>Mây, Quảng Nam, 100 %</li>" in page
    assert "Cách làm" not in page
    assert "Giữ gìn" not in page


def test_a_village_with_a_title_is_not_said_to_lack_one(client: FlaskClient) -> None:
    page = client.get("/villages/lang-mau").text
    assert page.count("<dt>Danh hiệu") == 1


def test_a_revoked_papers_page_sends_to_whoever_signed_it(client: FlaskClient) -> None:
    page = client.get("/verify?record=giay-chep-nham").text
    assert "Hỏi Hiệp hội làng nghề Mẫu vì sao." in page
    assert "Hỏi xưởng" not in page


def test_a_recalled_lots_label_says_so_and_why(village: Path, client: FlaskClient) -> None:
    assert "Recall" in label_page(village, client, "recalled")
    assert "Mây bị mốc; xưởng nhận lại và đổi." in label_page(village, client, "recalled", "vi")


def test_a_corrected_lots_label_leads_to_the_newer_passport(village: Path, client: FlaskClient) -> None:
    shown = label_page(village, client, "corrected", "vi")
    assert "Đính chính" in shown
    assert "Bản trước ghi nhầm ngày làm." in shown
    newer = client.get("/records/lot-giomau-l3-2", base_url=f"https://{HOST}").get_json(force=True)
    assert newer["credentialSubject"]["productionDate"] == "2026-10-02"


def issue(village: Path, kind: str, name: str, form: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    (village / "papers" / name).write_text(json.dumps(form), encoding="utf-8")
    return run(village, *SETTINGS, f"langnghe issue {kind} papers/{name} --yes")


def test_a_correction_is_corrected_again_and_keeps_its_events(village: Path, client: FlaskClient) -> None:
    form = json.loads((village / "papers/lot-3-corrected.json").read_text("utf-8"))
    done = issue(village, "lot", "again.json", {**form, "corrects": "lot-giomau-l3-2", "units": 13})
    assert "again.json: units: expected as many as were signed for, such as 12; got 13" in done.stderr
    del form["events"]
    done = issue(village, "lot", "again.json", {**form, "corrects": "lot-giomau-l3-2"})
    assert done.returncode == 0, done.stderr
    newest = client.get("/records/lot-giomau-l3-3", base_url=f"https://{HOST}").get_json(force=True)
    assert [link["id"] for link in newest["relatedResource"] if "/event-" in link["id"]]
    assert "Đính chính" in label_page(village, client, "corrected", "vi")


def test_only_units_of_the_lot_are_recalled(village: Path) -> None:
    form = {"about": "lot-giomau-l1", "action": "recall", "reason": "Mốc.", "serials": ["0" * 12]}
    done = issue(village, "notice", "units.json", form)
    assert done.returncode == 2
    assert "units.json: serials[0]: expected a serial of this lot" in done.stderr


def test_a_notice_about_anothers_record_is_refused(village: Path) -> None:
    form = {"about": "lot-giomau-l1", "action": "recall", "reason": "Mốc.", "issuer": "hiep-hoi-lang-mau"}
    assert "KEY_NOT_AUTHORISED" in issue(village, "notice", "foreign.json", form).stderr


def test_a_revoked_records_page_says_so(client: FlaskClient) -> None:
    answer = client.get("/verify?record=giay-chep-nham&lang=en", base_url=f"https://{HOST}")
    assert "has revoked this record" in answer.get_data(as_text=True)


def test_what_was_taken_back_is_known_offline_from_the_newer_bundle_on(village: Path) -> None:
    for name, status, outcome in (("recalled", 1, "REVOKED"), ("corrected", 1, "CAUTION")):
        done = run(village, f'langnghe label verify "$(cat label-{name}.txt)" --bundle later-bundle')
        assert (done.returncode, outcome in done.stdout) == (status, True), done.stdout


SETTINGS = [line for line in console_lines() if line.startswith("export ")]
NEW_PAPER = "sed 's/giay-chep-nham/giay-khac/' papers/wrong-paper.json > papers/other-paper.json"


def test_without_a_terminal_nothing_is_signed_unasked(village: Path) -> None:
    done = run(
        village, *SETTINGS, NEW_PAPER, "langnghe issue transcription papers/other-paper.json < /dev/null"
    )
    assert done.returncode == 2
    assert "NOT_CONFIRMED: there is no terminal to ask on; give --yes" in done.stderr
    assert "to be signed by Hiệp hội làng nghề Mẫu (hiep-hoi-lang-mau, association):" in done.stdout
    assert (
        "about https://ocop.lang-mau.example/workshops/xuong-mau: Xưởng mẫu có thêm một nơi làm."
        in done.stdout
    )
    assert not (village / "instance/issued/giay-khac.json").exists()


@pytest.mark.parametrize(("answer", "status"), [("n", 2), ("y", 0)])
def test_a_person_is_asked_and_may_say_no(village: Path, answer: str, status: int) -> None:
    name = f"giay-hoi-{answer}"
    form = (village / "papers/wrong-paper.json").read_text("utf-8").replace("giay-chep-nham", name)
    (village / "papers" / f"{name}.json").write_text(form, "utf-8")
    asked, terminal = os.openpty()
    os.write(asked, f"{answer}\n".encode())
    done = run(village, *SETTINGS, f"langnghe issue transcription papers/{name}.json", stdin=terminal)
    os.close(asked)
    os.close(terminal)
    assert done.returncode == status, done.stderr
    assert "stays in the log for ever. Sign it?" in done.stderr
    assert (village / f"instance/issued/{name}.json").exists() is (status == 0)


def test_no_signed_record_names_the_operator(village: Path) -> None:
    for path in (village / "instance" / "issued").glob("*.json"):
        assert "Nguyễn" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (
            "langnghe init --association x --association-name X --village x --operator x --contact x",
            "ALREADY_FOUNDED",
        ),
        ("langnghe issue village papers/village.json --yes", "RECORD_EXISTS"),
        ("langnghe issue lot papers/lot.json --yes", "RECORD_EXISTS"),
        ("langnghe issue lot papers/lot-3-corrected.json --yes", "corrects: expected the newest passport"),
        ("langnghe issue revoke giay-chep-nham --yes", "REVOKED"),
        ("langnghe issue revoke giay-la --yes", "NO_RECORD"),
        ("langnghe issue notice papers/recall.json --yes", "RECORD_EXISTS"),
        (
            "langnghe issue lot papers/recall.json --yes",
            "recall.json: about: unknown field; known here: workshop",
        ),
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
