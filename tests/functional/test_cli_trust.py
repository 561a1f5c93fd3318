"""`langnghe trust`: what root holders see, what they refuse to sign, and how signatures come together."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.simulators.village import HOST, NOW, Village, signer, trust_key
from traceability.ceremony import read_draft, write_draft
from traceability.cli import main
from traceability.ledger import note
from traceability.policy import open_trust_list
from traceability.signing.keys import write_private_key
from traceability.signing.trust import Revocation, TrustedHost, TrustList
from traceability.signing.trust_text import write_trust_text

PASSPHRASE = "for these tests only"
VILLAGE = Village()
FIRST = VILLAGE.trust


def following(**changes: object) -> TrustList:
    """The next list, with some members changed."""
    return replace(FIRST, sequence=2, issued=NOW + timedelta(days=1), **changes)  # type: ignore[arg-type]


def signed(trust: TrustList, *roots: int) -> bytes:
    """A list that some of the roots signed."""
    keys = [(f"root-{number}.example", signer(f"root-{number}")) for number in roots]
    return note.sign(write_trust_text(trust), keys)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with three root keys, their public halves, a first list, and a draft of the next."""
    for number in (1, 2, 3):
        write_private_key(tmp_path / f"root-{number}.pem", signer(f"root-{number}"), PASSPHRASE.encode())
    write_private_key(tmp_path / "stranger.pem", signer("stranger"), PASSPHRASE.encode())
    lines = "".join(f"{root.vkey}\n" for root in VILLAGE.roots)
    (tmp_path / "roots.txt").write_text(lines, encoding="utf-8")
    (tmp_path / "list-1.txt").write_bytes(signed(FIRST, 1, 2))
    (tmp_path / "draft.json").write_bytes(write_draft(following()))
    return tmp_path


Run = Callable[..., Result]


@pytest.fixture
def run(place: Path) -> Run:
    """Runs `trust` with files of the folder; the passphrase comes from the environment."""

    def call(*arguments: str, typed: str | None = None) -> Result:
        words = [str(place / word) if (place / word).exists() or "/" in word else word for word in arguments]
        words = [str(place / word[1:]) if word.startswith("@") else word for word in words]
        return CliRunner().invoke(
            main,
            ["trust", *words],
            input=typed,
            env={"LANGNGHE_KEY_PASSPHRASE": PASSPHRASE, "XDG_CONFIG_HOME": str(place / "no-config")},
        )

    return call


def sign(run: Run, key: str, *more: str, draft: str = "draft.json", out: str = "@signed.txt") -> Result:
    """Signs a draft of the second list without being asked."""
    return run("sign", draft, "--key", key, "--previous", "list-1.txt", "--yes", "--out", out, *more)


# --- Signing ---------------------------------------------------------------------------------------------


def test_two_roots_one_after_the_other_make_a_list(run: Run, place: Path) -> None:
    first = sign(run, "root-1.pem", out="@one.txt")
    assert first.exit_code == 0, first.output
    assert "signed by root-1.example: 1 more needed" in first.output
    second = sign(run, "root-3.pem", "--add-to", "one.txt")
    assert second.exit_code == 0, second.output
    assert "signed by root-1.example, root-3.example: enough" in second.output
    assert open_trust_list((place / "signed.txt").read_bytes(), VILLAGE.roots) == following()


def test_a_signed_list_is_signed_on_without_its_draft(run: Run, place: Path) -> None:
    sign(run, "root-1.pem", out="@one.txt")
    assert sign(run, "root-2.pem", draft="one.txt").exit_code == 0
    assert open_trust_list((place / "signed.txt").read_bytes(), VILLAGE.roots).sequence == 2


def test_signatures_made_apart_are_joined(run: Run, place: Path) -> None:
    sign(run, "root-1.pem", out="@one.txt")
    sign(run, "root-2.pem", out="@two.txt")
    result = sign(run, "root-3.pem", "--add-to", "one.txt", "--add-to", "two.txt")
    assert "root-1.example, root-2.example, root-3.example: enough" in result.output
    assert len(note.parse((place / "signed.txt").read_bytes()).signatures) == 3


def test_signing_twice_counts_once(run: Run) -> None:
    sign(run, "root-1.pem", out="@one.txt")
    result = sign(run, "root-1.pem", "--add-to", "one.txt")
    assert "signed by root-1.example: 1 more needed" in result.output


def test_a_root_holder_sees_each_change_before_signing(run: Run, place: Path) -> None:
    leaked = replace(VILLAGE.keys["workshop#record"], revoked=Revocation("compromised", NOW, 7))
    old = replace(VILLAGE.keys["commune#record"], revoked=Revocation("retired", NOW))
    keys = {**VILLAGE.keys, "workshop#record": leaked, "commune#record": old}
    keys["new#record"] = trust_key("new", "inspector", ("vn:01",))
    hosts = (
        replace(FIRST.hosts[0], until=NOW, successor="new.example"),
        TrustedHost("new.example", NOW),
    )
    policy = VILLAGE.log_policy.replace("quorum nhan-chung", "group hai-ben all nhan-chung\nquorum hai-ben")
    draft = following(keys=tuple(keys.values()), hosts=hosts, log_policy=policy)
    (place / "draft.json").write_bytes(write_draft(draft))
    shown = run("sign", "draft.json", "--key", "root-1.pem", "--previous", "list-1.txt", typed="n\n")
    for words in (
        "number 1 becomes 2",
        "workshop (mẫu), did:web:village.example:issuers:workshop#record: COMPROMISED since",
        "(log size 7)",
        "commune#record: retired on",
        "new key: new (mẫu), inspector/record",
        "succeeded by new.example",
        "new host: new.example",
        "log policy, added: quorum hai-ben",
        "fingerprint of the text:",
    ):
        assert words in shown.output, words


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_signed(run: Run, place: Path, answer: str) -> None:
    words = ("sign", "draft.json", "--key", "root-1.pem", "--previous", "list-1.txt", "--out", "@out.txt")
    result = run(*words, typed=answer)
    assert result.exit_code != 0
    assert not (place / "out.txt").exists()


def test_a_yes_signs(run: Run, place: Path) -> None:
    words = ("sign", "draft.json", "--key", "root-1.pem", "--previous", "list-1.txt", "--out", "@out.txt")
    assert run(*words, typed="y\n").exit_code == 0
    assert (place / "out.txt").exists()


def test_a_key_that_is_no_root_signs_nothing(run: Run, place: Path) -> None:
    result = sign(run, "stranger.pem")
    assert (result.exit_code, "KEY_NOT_AUTHORISED" in result.output) == (2, True)
    assert not (place / "signed.txt").exists()


def test_a_second_list_is_not_signed_without_the_first(run: Run) -> None:
    result = run("sign", "draft.json", "--key", "root-1.pem", "--yes")
    assert result.exit_code == 2
    assert "--previous" in result.output


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sequence": 1}, "ROLLBACK"),
        ({"issued": NOW - timedelta(days=1)}, "ROLLBACK"),
        ({"keys": tuple(VILLAGE.keys.values())[1:]}, "FORK"),
        ({"hosts": (TrustedHost("other.example", NOW),)}, "FORK"),
        ({"origin": "other.example/trust"}, "FORK"),
    ],
    ids=["same number", "older", "a key is gone", "a host is gone", "another origin"],
)
def test_a_list_that_unsays_something_is_not_signed(
    run: Run, place: Path, changes: dict[str, object], code: str
) -> None:
    (place / "draft.json").write_bytes(write_draft(replace(following(), **changes)))  # type: ignore[arg-type]
    result = sign(run, "root-1.pem")
    assert (result.exit_code, code in result.output) == (2, True), result.output
    assert not (place / "signed.txt").exists()


def test_signatures_of_another_list_are_not_joined(run: Run, place: Path) -> None:
    (place / "other.txt").write_bytes(signed(following(expires=NOW + timedelta(days=9)), 1))
    result = sign(run, "root-2.pem", "--add-to", "other.txt")
    assert (result.exit_code, "not of one and the same list" in result.output) == (2, True)


def test_a_forged_signature_of_a_root_is_told(run: Run, place: Path) -> None:
    data = signed(following(), 1)
    (place / "one.txt").write_bytes(data[:-8] + (b"AAAA" if data[-8:-4] != b"AAAA" else b"BBBB") + data[-4:])
    result = sign(run, "root-2.pem", "--add-to", "one.txt")
    assert (result.exit_code, "BAD_SIGNATURE" in result.output) == (2, True)


def test_where_no_roots_are_known_a_name_is_needed(run: Run, place: Path) -> None:
    (place / "roots.txt").unlink()
    (place / "draft.json").write_bytes(write_draft(FIRST))
    words = ("sign", "draft.json", "--key", "root-1.pem", "--yes", "--out", "@one.txt")
    assert run(*words).exit_code == 2
    assert run(*words, "--name", "root-1.example").exit_code == 0
    assert note.verify(note.parse((place / "one.txt").read_bytes()), VILLAGE.roots) == ("root-1.example",)


# --- Showing, checking, drafting -------------------------------------------------------------------------


def test_show_names_keys_hosts_and_signers(run: Run) -> None:
    result = run("show", "list-1.txt")
    assert result.exit_code == 0, result.output
    for words in (f"host  {HOST}", "key   province/record  province (mẫu)", "root-1.example, root-2.example"):
        assert words in result.output


def test_show_of_a_list_that_too_few_signed_says_so(run: Run, place: Path) -> None:
    (place / "one.txt").write_bytes(signed(FIRST, 1))
    result = run("show", "one.txt")
    assert (result.exit_code, "1 more needed" in result.output) == (1, True)


def test_show_of_a_draft_is_no_list(run: Run) -> None:
    result = run("show", "draft.json")
    assert (result.exit_code, "signed by nobody" in result.output) == (1, True)


def test_show_gives_json(run: Run) -> None:
    result = run("show", "list-1.txt", "--json")
    value = json.loads(result.stdout)
    assert (value["outcome"], value["signaturesMissing"], value["list"]["sequence"]) == ("verified", 0, 1)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"a\n\nb\n", b'{"origin":"x\\ny"}', b"[]"])
def test_what_is_no_list_is_one_line(run: Run, place: Path, data: bytes) -> None:
    (place / "bad.txt").write_bytes(data)
    result = run("show", "bad.txt")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


def test_check_of_a_list_that_follows_is_0(run: Run, place: Path) -> None:
    (place / "list-2.txt").write_bytes(signed(following(), 2, 3))
    result = run("check", "list-1.txt", "list-2.txt")
    assert (result.exit_code, "list 2 follows list 1" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (signed(following(keys=()), 1, 2), "FORK"),
        (signed(FIRST, 1, 2), "ROLLBACK"),
        (signed(following(), 1), "KEY_UNKNOWN"),
    ],
    ids=["keys gone", "the same", "one root"],
)
def test_check_of_a_list_that_does_not_follow_is_1(run: Run, place: Path, data: bytes, code: str) -> None:
    (place / "list-2.txt").write_bytes(data)
    result = run("check", "list-1.txt", "list-2.txt", "--json")
    value = json.loads(result.stdout)
    assert (result.exit_code, value["outcome"], value["reasons"]) == (1, "invalid", [code])


def test_check_of_no_list_is_2(run: Run, place: Path) -> None:
    (place / "list-2.txt").write_bytes(b"nothing")
    assert run("check", "list-1.txt", "list-2.txt").exit_code == 2


def test_a_draft_of_the_next_list_may_follow(run: Run, place: Path) -> None:
    result = run("draft", "list-1.txt", "--out", "@next.json")
    assert result.exit_code == 0, result.output
    draft = read_draft((place / "next.json").read_bytes())
    assert (draft.sequence, draft.keys) == (2, FIRST.keys)


def test_a_draft_reads_back_as_it_was_written() -> None:
    assert read_draft(write_draft(following())) == following()
    assert read_draft(write_trust_text(following()).encode()) == following()
