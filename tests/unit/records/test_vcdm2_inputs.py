"""The test suite of W3C's VC Data Model 2.0: our envelope reader agrees with every input that concerns it.

Most inputs lack issuer and proof, which the official harness adds, and the members that we demand beyond the
standard; they are added here before judging. Contexts that are not what a file is about are left out, since
we take none but our own and each such file would be refused for that alone.
"""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.simulators.forgery import altered
from tests.simulators.village import Village
from traceability.errors import NotVerified, Reason, Unreadable
from traceability.records.canonical import Document, parse
from traceability.records.envelope import CONTEXT_VC, read_envelope
from traceability.records.kinds import read_record
from traceability.signing.proof import read_proof

INPUT = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "vcdm2" / "input"
FILES = {path.stem: path for path in sorted(INPUT.rglob("*.json"))}
pytestmark = pytest.mark.skipif(not FILES, reason="the shared VC 2.0 inputs are absent")

NO_ISSUER: Final = {"credential-no-issuer-fail", "credential-issuer-null-fail"}
OF_CONTEXTS: Final = {
    "credential-context-combo1-ok",
    "credential-context-combo3-fail",
    "credential-type-mapped-nonurl-fail",
    "credential-type-mapped-url-ok",
    "credential-type-unmapped-fail",
}

# What the standard takes and we refuse: the code, and why.
STRICTER: Final = {
    "credential-context-combo1-ok": (
        Reason.BAD_CONTEXT,
        "only the contexts of our kinds: an unknown one may give any member another meaning",
    ),
    "credential-type-mapped-url-ok": (
        Reason.BAD_CONTEXT,
        "contexts are strings: an inline one defines terms of its own, and peers compare it by reference",
    ),
    "credential-status-ok": (
        Reason.BAD_RECORD,
        "a status is one BitstringStatusListEntry: nobody here could look another one up",
    ),
    "credential-multi-language-name-ok": (
        Reason.BAD_RECORD,
        "a name is one Vietnamese text: translations stay outside the signed bytes",
    ),
    "issuer-multi-language-name-ok": (
        Reason.BAD_RECORD,
        "an issuer has the one name that the trust list gives it",
    ),
}

# What the standard refuses over members that our envelope does not have. `read_record` refuses each such
# member, good or bad, because it would be signed and no page would show it.
BEYOND_THE_ENVELOPE: Final = {
    "credential-schema-no-type-fail": "credentialSchema",
    "credential-schema-non-url-id-fail": "credentialSchema",
    "credential-termsofuse-no-type-fail": "termsOfUse",
    "issuer-description-extra-prop-en-fail": "issuer.description",
}
# The same members where the standard has nothing against them.
GOOD_BUT_UNKNOWN: Final = {
    "credential-evidences-ok": "evidence",
    "credential-refreshs-ok": "refreshService",
    "credential-schema-ok": "credentialSchema",
    "credential-schema-type-ok": "credentialSchema",
    "credential-schemas-ok": "credentialSchema",
    "credential-termsofuse-ok": "termsOfUse",
    "credential-termsofuses-ok": "termsOfUse",
    "issuer-description-ok": "issuer.description",
    "issuer-multi-language-description-ok": "issuer.description",
}
# Both files are about proofs of another suite, which the harness replaces by its own.
OF_PROOFS: Final = {"credential-proof-missing-type-fail", "credential-proof-ok"}


def read(name: str) -> Document:
    return parse(FILES[name].read_bytes())


def dressed(name: str) -> Document:
    """Gives an input with what the harness adds, and with what our envelope demands beyond the standard."""
    document = read(name)
    ours: dict[str, Any] = {
        "id": "https://village.example/records/x",
        "name": "Hồ sơ mẫu",
        "validFrom": "2023-01-01T00:00:00Z",
    }
    document = {**ours, **document}
    if name not in NO_ISSUER:
        issuer = {"id": "did:web:village.example", "name": "Xưởng mẫu", **document.get("issuer", {})}
        document["issuer"] = issuer
    if name not in OF_CONTEXTS:
        document["@context"] = [CONTEXT_VC]
    if isinstance(document["type"], str):  # the standard's shorter spelling; ours is always a list
        document["type"] = [document["type"]]
    return document


def refusal(document: Document) -> Reason | None:
    try:
        read_envelope(document)
    except Unreadable as error:
        return error.code
    return None


OK = [name for name in FILES if name.endswith("-ok")]
FAIL = [name for name in FILES if name.endswith("-fail")]


def test_every_input_names_its_verdict() -> None:
    assert len(FILES) == len(OK) + len(FAIL) == 43


@pytest.mark.parametrize("name", OK)
def test_what_the_standard_takes_we_take_or_are_stricter_for_a_reason(name: str) -> None:
    code, _ = STRICTER.get(name, (None, ""))
    assert refusal(dressed(name)) is code


@pytest.mark.parametrize("name", FAIL)
def test_what_the_standard_refuses_in_the_envelope_we_refuse(name: str) -> None:
    elsewhere = name in BEYOND_THE_ENVELOPE or name in OF_PROOFS
    assert (refusal(dressed(name)) is None) is elsewhere


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("credential-context-combo3-fail", "@context holds another list"),
        ("credential-id-multi-fail", "id: expected an https URL"),
        ("credential-id-not-url-fail", "id: expected an https URL"),
        ("credential-issuer-null-fail", "issuer: expected an object"),
        ("credential-missing-required-type-fail", "does not name VerifiableCredential"),
        ("credential-no-issuer-fail", "issuer: expected an object"),
        ("credential-status-missing-type-fail", "not one BitstringStatusListEntry"),
        ("credential-status-multiple-id-fail", "not one BitstringStatusListEntry"),
        ("credential-status-nonurl-id-fail", "not one BitstringStatusListEntry"),
        ("credential-type-mapped-nonurl-fail", "@context is not a list of strings"),
        ("credential-type-unmapped-fail", "@context is not a list of strings"),
        ("credential-validuntil-invalid-fail", "is not an RFC 3339 time"),
        ("issuer-name-extra-prop-en-fail", "name: expected text"),
    ],
)
def test_it_is_refused_for_what_the_file_is_about(name: str, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_envelope(dressed(name))
    assert said in str(caught.value)


@pytest.mark.parametrize("name", [name for name in FILES if name not in OF_CONTEXTS])
def test_a_context_that_is_not_ours_is_refused_as_the_file_stands(name: str) -> None:
    contexts = read(name)["@context"]
    code = refusal({**dressed(name), "@context": contexts})
    if contexts != [CONTEXT_VC]:
        assert code in {Reason.BAD_CONTEXT, Reason.BAD_RECORD}
    else:
        assert code is refusal(dressed(name))


# --- Members that the envelope does not have ------------------------------------------------------------

GRAFTED: Final = {**BEYOND_THE_ENVELOPE, **GOOD_BUT_UNKNOWN}


@pytest.mark.parametrize("name", GRAFTED)
def test_a_member_that_no_record_has_is_refused_by_the_whole_reader(name: str) -> None:
    """Grafted on a good record of ours, so that nothing else is wrong with it."""
    certificate = Village().issue_all().records["certificate"]
    path = GRAFTED[name].split(".")
    value: Any = read(name)
    for step in path:
        value = value[step]
    document = altered(certificate.document, path, value)
    envelope = read_envelope(document)
    with pytest.raises(Unreadable) as caught:
        read_record(document, envelope)
    assert caught.value.code is Reason.BAD_RECORD
    assert GRAFTED[name] in str(caught.value)
    assert read_record(certificate.document, envelope) == certificate.record


# --- Proofs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OF_PROOFS))
def test_a_proof_without_type_or_of_another_suite_is_refused(name: str) -> None:
    """Over the second we are stricter than the standard: there is one suite, and no choice of a weaker."""
    document = dressed(name)
    with pytest.raises(NotVerified) as caught:
        read_proof(document, read_envelope(document))
    assert caught.value.code is Reason.BAD_PROOF_TYPE


# --- The tables -----------------------------------------------------------------------------------------


def test_the_tables_name_files_that_exist() -> None:
    named = {*STRICTER, *GRAFTED, *OF_CONTEXTS, *OF_PROOFS, *NO_ISSUER}
    assert named <= set(FILES)
    assert set(STRICTER) <= set(OK)
    assert set(BEYOND_THE_ENVELOPE) <= set(FAIL)


def test_every_member_of_an_input_is_the_envelopes_or_named_here() -> None:
    known = {"@context", "type", "id", "issuer", "name", "validFrom", "validUntil", "credentialStatus"}
    known |= {"credentialSubject", "proof", *(path.partition(".")[0] for path in GRAFTED.values())}
    assert all(read(name).keys() <= known for name in FILES)
