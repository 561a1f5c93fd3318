"""Holds the documents against the code: what they list is what there is."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest

from shop.app import create_app
from shop.cli import main
from shop.config import Settings, load_settings
from shop.wiring import Services
from tests.simulators.documents import PAGES, ROOT, blocks, codes, page, rows, section
from tests.simulators.forgery import every_kind, evidence_with
from tests.simulators.village import NOW, Village
from traceability import limits, verify
from traceability.errors import Reason
from traceability.evidence import Evidence
from traceability.policy import allowed_roles, level_of
from traceability.records.certificate import Certificate
from traceability.verdict import Check, CheckStatus, Outcome, Verdict

REASONS = {codes(row[0])[0]: row for row in rows(page("docs/reasons.md"))}
NOT_YET = "*(not yet)*"

# --- docs/reasons.md ---------------------------------------------------------------------------


def endings(code: str) -> list[tuple[str, str]]:
    """How the document says that checks with this reason end: pairs of status and outcome."""
    pairs = (ending.partition(" → ") for ending in REASONS[code][1].removesuffix(NOT_YET).split(","))
    return [(status.strip(), outcome.strip()) for status, _, outcome in pairs]


def test_every_reason_is_explained_once() -> None:
    assert [codes(row[0])[0] for row in rows(page("docs/reasons.md"))] == [reason.value for reason in Reason]


@pytest.mark.parametrize("reason", Reason)
def test_reason_has_a_sentence_in_each_language(reason: Reason) -> None:
    _, _, vi, en = REASONS[reason]
    assert vi.endswith(".")
    assert en.endswith(".")
    assert vi != en


@pytest.mark.parametrize("reason", Reason)
def test_reason_names_the_outcome_that_the_verdict_gives(reason: Reason) -> None:
    for status, outcome in endings(reason):
        if status != "error":
            verdict = Verdict((Check("0-test", CheckStatus(status), "", reason),))
            assert verdict.outcome == (outcome or Outcome.VERIFIED)


def test_not_yet_stands_exactly_at_the_reasons_that_no_check_gives() -> None:
    """The functions of the Merkle tree give some already, but no check calls them."""
    elsewhere = {"errors.py", "verdict.py", "merkle.py"}
    files = [path for folder in ("traceability", "shop") for path in (ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name not in elsewhere)
    given = set(re.findall(r"Reason\.([A-Z_]+)", text))
    marked = {code for code, row in REASONS.items() if NOT_YET in row[1]}
    assert marked == {reason.value for reason in Reason} - given


# --- docs/verification.md ----------------------------------------------------------------------

VERIFICATION = page("docs/verification.md")
STEPS: list[str] = re.findall(r"^### (\d-\w+)$", VERIFICATION, re.MULTILINE)
LISTED = {
    step: {(code, row[1]) for row in rows(section(VERIFICATION, f"### {step}")) for code in codes(row[0])}
    for step in STEPS
}


def test_steps_are_those_of_the_code() -> None:
    names = ("PARSE", "LABEL", "PROOF", "TRUST", "LINKS", "LOG", "STATUS", "SCANS")
    assert STEPS == [getattr(verify, name) for name in names]


def test_outcomes_and_statuses_are_all_named() -> None:
    text = section(VERIFICATION, "## Outcomes")
    assert [codes(row[0])[0] for row in rows(text)] == [outcome.value for outcome in Outcome]
    assert all(f"`{status}`" in text for status in CheckStatus)


@pytest.mark.parametrize("step", STEPS)
def test_a_steps_reasons_agree_with_the_reasons_page(step: str) -> None:
    for code, status in LISTED[step]:
        assert status in {ending for ending, _ in endings(code)}, f"{code} {status}"


def test_every_reason_that_a_verdict_can_hold_stands_at_a_step() -> None:
    placed = {code for pairs in LISTED.values() for code, _ in pairs}
    assert placed == {code for code, row in REASONS.items() if row[1] != "error" and NOT_YET not in row[1]}


def verdicts() -> Iterator[Verdict]:
    """Verdicts on labels and records, honest ones and each with something wrong, at several times."""
    village = Village().issue_all()
    passport = village.records["passport"].data
    label = village.labels()[0]
    sealed, foreign = label.to_uri(), village.labels()[1].to_uri()
    texts = [
        sealed,
        label.without_seal().to_uri(),
        sealed.partition("/21/")[0],
        "no label",
        sealed[:-1] + "0",
    ]
    texts += [
        foreign[:-12] + sealed[-12:],
        sealed.replace("VILLAGE.", "VALLEY."),
        sealed.replace("/10/L1", "/10/L2"),
    ]
    evidences = [
        village.evidence,
        Evidence(),
        evidence_with(village, event=b"{"),
        evidence_with(village, event=b"{}"),
    ]
    evidences += [evidence_with(village, **{name: None}) for name in village.records]
    for at in (NOW, NOW.replace(year=2001), NOW.replace(year=2028)):
        for evidence in evidences:
            for text in texts:
                yield verify.verify_label(text, trust=village.trust, evidence=evidence, at=at)
            yield verify.verify_record(passport, trust=village.trust, evidence=evidence, at=at)
    unproven = passport.replace(b"eddsa-jcs-2022", b"eddsa-rdfc-2022")
    for data in (b"", b"{}", b"[1]", b'{"a":1,"a":1}', unproven, passport.replace(b"24", b"25")):
        yield verify.verify_record(data, trust=village.trust, evidence=village.evidence, at=NOW)


def test_no_verdict_holds_a_reason_that_its_step_does_not_list() -> None:
    checks = {(check.id, check.reason, check.status) for verdict in verdicts() for check in verdict.checks}
    # A linked record that cannot be read stands at step 5 under the reasons of reading.
    reading = LISTED["1-parse"] | LISTED["3-proof"]
    unlisted = {
        (step, reason, status)
        for step, reason, status in checks
        if reason is not None
        and (reason, status) not in LISTED[step]
        and not (step == "5-links" and (reason, status) in reading)
    }
    assert not unlisted
    assert len(checks) > 25


def test_roles_and_levels_are_those_of_the_policy() -> None:
    text = section(VERIFICATION, "### 4-trust")
    table = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in text.splitlines() if "|" in line}
    for record in every_kind(Village().issue_all()).values():
        kind = f"{record.KIND} `{record.kind}`" if isinstance(record, Certificate) else record.KIND
        _, roles, _, level = table[kind]
        assert set(re.findall(r"[a-z_]+", roles)) - {"about", "their", "own", "records"} == allowed_roles(
            record
        )
        first = re.findall(r"[a-z_]+", roles)[0]
        assert level.strip("| ") == level_of(record, first)


# --- docs/record-format.md: limits -------------------------------------------------------------


@pytest.mark.parametrize("row", [row for row in rows(page("docs/record-format.md")) if row[0][1:2].isupper()])
def test_limit_is_the_codes(row: list[str]) -> None:
    assert getattr(limits, codes(row[0])[0]) == int(row[1].replace(",", ""))


# --- docs/cli.md -------------------------------------------------------------------------------


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Gives every command below a group, with its whole name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(main, "langnghe"))


def options(command: click.Command) -> set[str]:
    """Gives the long names of a command's options."""
    found = (name for item in command.params if isinstance(item, click.Option) for name in item.opts)
    return {name for name in found if name.startswith("--")}


def test_every_command_has_its_section() -> None:
    headings = re.findall(r"^## `(langnghe [^`]+)`$", page("docs/cli.md"), re.MULTILINE)
    assert sorted(headings) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_section_lists_its_options_and_arguments(name: str) -> None:
    command, text = COMMANDS[name], section(page("docs/cli.md"), f"## `{name}`")
    assert set(re.findall(r"^- `(--[a-z-]+)`:", text, re.MULTILINE)) == options(command)
    context = click.Context(command)
    arguments = [item.make_metavar(context) for item in command.params if isinstance(item, click.Argument)]
    assert all(argument.strip("[]") in text for argument in arguments)
    assert "Exit " in text


# --- docs/routes.md ----------------------------------------------------------------------------


def test_routes_are_those_of_the_application() -> None:
    # The map of addresses is made without asking the services for anything.
    app = create_app(load_settings(), services=cast(Services, object()))
    found = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    listed = [(codes(row[0])[0], row[1]) for row in rows(page("docs/routes.md"))]
    assert sorted(listed) == sorted(found)


# --- docs/operations.md ------------------------------------------------------------------------

SETTINGS = {codes(row[0])[0]: row for row in rows(section(page("docs/operations.md"), "## Settings"))}
VARIABLES = {str(field.validation_alias): field for field in Settings.model_fields.values()}


def test_every_setting_is_explained() -> None:
    assert sorted(SETTINGS) == sorted(VARIABLES)


@pytest.mark.parametrize("name", ["LANGNGHE_MODE", "LANGNGHE_DATA_DIR", "PORT", "LAN"])
def test_a_settings_default_is_the_codes(name: str) -> None:
    assert codes(SETTINGS[name][1]) == [str(VARIABLES[name].default)]


def test_every_error_that_stops_the_start_is_explained() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "shop").rglob("*.py"))
    raised = set(re.findall(r'(?:ConfigurationError|StorageBusy)\(\s*"([A-Z_]+)"', text))
    listed = rows(section(page("docs/operations.md"), "## When it does not start"))
    assert {code for row in listed for code in codes(row[0])} == raised


# --- Make targets, versions, glossary ----------------------------------------------------------


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    listed = {codes(row[0])[0].removeprefix("make ") for row in rows(page("CONTRIBUTING.md"))}
    assert listed == targets
    assert {"run", "test", "check", "test-faults", "bench", "help"} <= targets
    assert targets - {"help"} <= set(codes(section(page("README.md"), "## The tree")))


def test_the_newest_version_of_the_changelog_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (
        re.findall(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", page("CHANGELOG.md"), re.MULTILINE)[0]
        == project["version"]
    )


def test_the_licence_is_the_one_that_the_project_names() -> None:
    assert "Apache License\n                           Version 2.0, January 2004" in page("LICENSE")
    assert page("LICENSE").rstrip().endswith("limitations under the License.")


def test_the_glossarys_names_stand_in_the_code() -> None:
    files = [path for folder in ("traceability", "shop") for path in (ROOT / folder).rglob("*.py")]
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    lines = [line for line in page("docs/glossary.md").splitlines() if line.startswith("| ") and "`" in line]
    assert len(lines) > 20
    assert not {name for line in lines for name in codes(line)} - words


# --- Every page --------------------------------------------------------------------------------

# Written so that this file holds none of what it looks for.
MACHINE = re.compile(r"(?<![\w.:/>)}-])/(?:home|root|users|work|tmp|var|opt|mnt|srv)/\w", re.IGNORECASE)
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems|golang)\.(?:org|com|io)\b")


def anchor(heading: str) -> str:
    """Gives the anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        target, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        if fragment:
            headings = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_names_a_machines_path_or_a_package_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not MACHINE.search(text)
    assert not REGISTRY.search(text)


CONSOLE = [
    line.removeprefix("$ ").removeprefix(".venv/bin/")
    for path in PAGES
    for block in blocks(path.read_text(encoding="utf-8"), "console")
    for line in block.splitlines()
    if line.startswith("$ ")
]


@pytest.mark.parametrize("line", sorted({line for line in CONSOLE if line.startswith("langnghe")}))
def test_a_shown_command_and_its_options_exist(line: str) -> None:
    words = shlex.split(line)
    name = next((name for name in (" ".join(words[:3]), " ".join(words[:2])) if name in COMMANDS), None)
    assert name is not None
    assert {word for word in words if word.startswith("--")} <= options(COMMANDS[name])


@pytest.mark.parametrize("line", sorted({line for line in CONSOLE if line.startswith("make")}))
def test_a_shown_make_target_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{shlex.split(line)[1]}:", makefile, re.MULTILINE)
