"""The label code: what is read, what is refused, and that every code has one spelling."""

import doctest
import json
import secrets
from pathlib import Path

import pytest

from traceability.errors import Reason, Refused, Unreadable
from traceability.labels import code
from traceability.labels.code import CROCKFORD, LabelCode, new_serial, parse

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors"

HOST = "OCOP.EXAMPLE"
GTIN = "09521234543213"
SEAL = "AE" + "4IOXEJBFSA234567" * 8 + "ABCDEFGHIQ"
LOT = f"HTTPS://{HOST}/01/{GTIN}/10/GOM-2026-1"
UNIT = f"{LOT}/21/4AKC00TT3FCK"
SEALED = f"HTTPS://{HOST}/S/{SEAL}/01/{GTIN}/10/GOM-2026-1/21/4AKC00TT3FCK"

ACCEPTED = {
    "sealed": SEALED,
    "sealed own code": f"HTTPS://{HOST}/S/{SEAL}/P/GOM7/10/L1/21/S-1",
    "unit": UNIT,
    "lot": LOT,
    "product": f"HTTPS://{HOST}/01/{GTIN}",
    "own code": f"HTTPS://{HOST}/P/BATTRANG7/10/L1/21/S1",
    "own code of four": f"HTTPS://{HOST}/P/GOM7",
    "own code of fourteen": f"HTTPS://{HOST}/P/GOMBATTRANG001",
    "own code of digits": f"HTTPS://{HOST}/P/{GTIN}",
    "longest lot and serial": f"HTTPS://{HOST}/01/{GTIN}/10/{'L' * 10}/21/{'9' * 12}",
    "hyphens": f"HTTPS://{HOST}/01/{GTIN}/10/-/21/-",
    "host of 63": f"HTTPS://{'A' * 55}.EXAMPLE/01/{GTIN}",
    "host of four": f"HTTPS://A.VN/01/{GTIN}",
    "host with hyphens": f"HTTPS://LANG-NGHE--HN.XN--P1AI/01/{GTIN}",
    "host with digits": f"HTTPS://36.3PHO.VN/01/{GTIN}",
}

REFUSED = {
    "empty": "",
    "no link": GTIN,
    "http": UNIT.replace("HTTPS", "HTTP"),
    "javascript": "javascript:alert(1)//" + UNIT,
    "one slash": UNIT.replace("//", "/"),
    "no host": f"HTTPS:///01/{GTIN}",
    "user": UNIT.replace("//", "//A@"),
    "backslash": UNIT.replace("//", "//EVIL.EXAMPLE\\@"),
    "port": UNIT.replace(HOST, HOST + ":443"),
    "trailing dot of host": UNIT.replace(HOST, HOST + "."),
    "leading dot of host": UNIT.replace(HOST, "." + HOST),
    "two dots in host": UNIT.replace(HOST, "OCOP..EXAMPLE"),
    "hyphen ends host": UNIT.replace(HOST, HOST + "-"),
    "hyphen ends host part": UNIT.replace(HOST, "OCOP-.EXAMPLE"),
    "hyphen begins host": UNIT.replace(HOST, "-" + HOST),
    "host of three": UNIT.replace(HOST, "A.B"),
    "host of 64": UNIT.replace(HOST, "A" * 64),
    "IPv4": UNIT.replace(HOST, "127.0.0.1"),
    "IPv6": UNIT.replace(HOST, "[::1]"),
    "underscore in host": UNIT.replace(HOST, "OCOP_1.EXAMPLE"),
    "query": UNIT + "?17=261231",
    "empty query": UNIT + "?",
    "fragment": UNIT + "#X",
    "trailing slash": UNIT + "/",
    "trailing newline": UNIT + "\n",
    "leading space": " " + UNIT,
    "byte order mark": "\ufeff" + UNIT,
    "direction mark": UNIT.replace("/21/", "/21/\u202e"),
    "percent": UNIT.replace("GOM", "%47OM"),
    "dot segment": UNIT.replace("/10/", "/./10/"),
    "two dots segment": UNIT.replace("/10/", "/../10/"),
    "dot as lot": LOT.replace("GOM-2026-1", ".."),
    "double slash in path": UNIT.replace("/10/", "//10/"),
    "dotless i": UNIT.replace("TT3", "ı"),
    "long s": UNIT.replace("https", "http").replace("S://", "ſ://"),
    "sharp s": UNIT.replace("GOM", "ß"),
    "fullwidth digit": UNIT.replace("/10/", "/1０/"),
    "Kelvin sign": UNIT.replace("KC", "\u212aC"),
    "cyrillic host": UNIT.replace("OCOP", "ОСОР"),
    "arabic digits": UNIT.replace(GTIN, "٠٩٥٢١٢٣٤٥٤٣٢١٣"),
    "lone surrogate": UNIT + "\ud800",
    "wrong check digit": UNIT.replace(GTIN, "09521234543214"),
    "GTIN of 13": UNIT.replace(GTIN, GTIN[1:]),
    "GTIN of 8": UNIT.replace(GTIN, "02345673"),
    "no GTIN": f"HTTPS://{HOST}/01/",
    "alphabetic key": UNIT.replace("/01/", "/GTIN/"),
    "two products": UNIT + f"/01/{GTIN}",
    "GTIN and own code": UNIT.replace("/10/", "/P/GOM7/10/"),
    "wrong order": f"HTTPS://{HOST}/01/{GTIN}/21/S1/10/L1",
    "serial without lot": f"HTTPS://{HOST}/01/{GTIN}/21/S1",
    "two lots": LOT + "/10/L2",
    "variant key": f"HTTPS://{HOST}/01/{GTIN}/22/V1/10/L1",
    "empty lot": f"HTTPS://{HOST}/01/{GTIN}/10/",
    "lot of eleven": f"HTTPS://{HOST}/01/{GTIN}/10/{'L' * 11}",
    "serial of thirteen": LOT + "/21/" + "S" * 13,
    "dot in serial": LOT + "/21/S.1",
    "own code of three": f"HTTPS://{HOST}/P/GOM",
    "own code of fifteen": f"HTTPS://{HOST}/P/GOMBATTRANG0001",
    "hyphen in own code": f"HTTPS://{HOST}/P/GOM-7",
    "seal of 139": SEALED.replace(SEAL, SEAL[1:]),
    "seal of 141": SEALED.replace(SEAL, SEAL + "A"),
    "seal with 1": SEALED.replace(SEAL, "1" + SEAL[1:]),
    "empty seal": SEALED.replace(SEAL, ""),
    "seal without serial": SEALED.removesuffix("/21/4AKC00TT3FCK"),
    "seal without lot": SEALED.removesuffix("/10/GOM-2026-1/21/4AKC00TT3FCK"),
    "seal after the product": UNIT + "/S/" + SEAL,
    "two seals": SEALED.replace("/01/", f"/S/{SEAL}/01/"),
    "stem": UNIT.replace("/01/", "/STEM/01/"),
    "too long": UNIT + "0" * 600,
    "text after": UNIT + " X",
    "two codes": UNIT + UNIT,
}


def _lower_ascii(text):
    """Lower-cases ASCII only: str.lower() makes an honest k of the Kelvin sign."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title], ids=["upper", "lower", "mixed"])
def test_any_letter_case_of_a_good_code_reads_as_the_capitals(text, spell):
    assert parse(spell(text)).to_uri() == text


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_a_printed_code_reads_back_as_an_equal_value(text):
    value = parse(text)
    assert parse(value.to_uri()) == value


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("spell", [str, _lower_ascii], ids=["as written", "lower"])
def test_everything_else_is_refused_as_a_bad_label(text, spell):
    with pytest.raises(Unreadable) as caught:
        parse(spell(text))
    assert caught.value.code is Reason.BAD_LABEL
    assert str(caught.value).isascii()


def test_the_fields_of_a_sealed_code():
    assert parse(SEALED) == LabelCode(
        host=HOST, seal=SEAL, gtin=GTIN, lot="GOM-2026-1", serial="4AKC00TT3FCK"
    )


def test_an_own_code_is_no_gtin():
    value = parse(f"HTTPS://{HOST}/P/{GTIN}")
    assert (value.gtin, value.code) == (None, GTIN)


def test_a_code_without_its_seal_is_the_plain_link():
    value = parse(SEALED)
    assert value.without_seal() == parse(UNIT)
    assert value.unsealed_uri == UNIT


def test_the_path_holds_the_seal_and_begins_with_a_slash():
    assert parse(SEALED.lower()).path == SEALED.removeprefix(f"HTTPS://{HOST}")


def test_records_spell_lot_and_product_with_the_host_in_lower_case():
    value = parse(SEALED)
    assert value.lot_uri == f"https://ocop.example/01/{GTIN}/10/GOM-2026-1"
    assert value.product_uri == f"https://ocop.example/01/{GTIN}"


def test_records_spell_an_own_product_the_same_way():
    value = parse(f"https://{HOST}/p/gom7/10/l1")
    assert (value.product_uri, value.lot_uri) == (
        "https://ocop.example/P/GOM7",
        "https://ocop.example/P/GOM7/10/L1",
    )


def test_a_product_code_names_no_lot():
    assert parse(f"https://{HOST}/01/{GTIN}").lot_uri is None


@pytest.mark.parametrize(
    "fields",
    [
        {"gtin": GTIN, "code": "GOM7"},
        {},
        {"gtin": ""},
        {"gtin": "09521234543214"},
        {"code": "gom7"},
        {"code": "GOM7/10/L1"},
        {"gtin": GTIN, "lot": "L1/21/S1"},
        {"gtin": GTIN, "lot": ""},
        {"gtin": GTIN, "serial": "S1"},
        {"gtin": GTIN, "lot": "L1", "seal": SEAL},
        {"gtin": GTIN, "lot": "L1", "serial": "S1", "seal": SEAL[1:]},
        {"gtin": GTIN + "\n"},
    ],
    ids=str,
)
def test_no_value_can_be_built_that_would_not_read_back(fields):
    with pytest.raises(Refused) as caught:
        LabelCode(HOST, **fields)
    assert caught.value.code is Reason.BAD_VALUE


@pytest.mark.parametrize("host", ["ocop.example", "", "A/B.VN", "OCOP.EXAMPLE/P/GOM7"])
def test_no_value_can_be_built_with_a_host_that_would_not_read_back(host):
    with pytest.raises(Refused):
        LabelCode(host, gtin=GTIN)


def test_a_new_serial_has_twelve_crockford_characters():
    serials = {new_serial(secrets.token_bytes) for _ in range(500)}
    assert len(serials) == 500
    assert all(len(serial) == 12 and set(serial) <= set(CROCKFORD) for serial in serials)


def test_every_drawn_bit_of_the_sixty_counts():
    drawn = {new_serial(lambda _, bit=bit: (1 << bit).to_bytes(8, "big")) for bit in range(60)}
    assert len(drawn) == 60


@pytest.mark.parametrize("given", [b"", bytes(7), bytes(9)])
def test_a_random_source_that_gives_another_length_is_refused(given):
    with pytest.raises(Refused):
        new_serial(lambda _: given)


def test_the_example_in_the_documentation_runs():
    assert doctest.testmod(code).failed == 0


def _vector_file(name):
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"the shared vectors are absent: {name}")
    return path.read_text(encoding="utf-8")


def test_every_hostile_payload_is_refused():
    """The control among them is a link of another shape, so it is refused as well."""
    for line in _vector_file("security/generated/qr_payloads.jsonl").splitlines():
        payload = (
            json.loads(line)["payload"].replace("{HOST}", "ocop.example").replace("{CODE}", "4AKC00TT3FCK")
        )
        with pytest.raises(Unreadable):
            parse(payload)


def test_no_one_character_homograph_of_a_host_is_read():
    lines = _vector_file("security/unicode/confusables.txt").splitlines()
    pairs = [line.split("#")[0].split(";")[:2] for line in lines if ";" in line.split("#")[0]]
    sources = [chr(int(source, 16)) for source, _ in pairs if " " not in source.strip()]
    beyond = [source for source in sources if not source.isascii()]
    assert len(beyond) > 5_000
    for source in beyond:
        with pytest.raises(Unreadable):
            parse(UNIT.replace("OCOP", f"{source}COP"))
