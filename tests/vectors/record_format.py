"""Writes record-members.json and the computed parts of docs/record-format.md.

Run `python -m tests.vectors.record_format` after a change of a record's form: the document's words are edited
by hand, its examples are not. The tests recompute these from the document's own text, by other means.
"""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.simulators.forgery import SCAN, notice, status_list, transcription
from tests.simulators.village import Village, url
from traceability.base58 import encode_multibase
from traceability.evidence import Reader, join_serials
from traceability.labels import seal
from traceability.labels.code import parse as parse_label
from traceability.ledger import merkle, note
from traceability.limits import STATUS_LIST_BITS
from traceability.records import bitstring
from traceability.records.canonical import Document, canonical, digest_multibase, sha256
from traceability.records.certificate import Certificate
from traceability.records.envelope import Envelope, Issuer
from traceability.records.event import TraceEvent
from traceability.records.facility import Recognition, VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport, Maker, Material
from traceability.records.terms import Classification, Party
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import VerificationMethod, attach_proof
from traceability.signing.trust import TrustedHost, TrustKey, TrustList
from traceability.signing.trust_text import write_trust_text

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "village.example"
WORKSHOP: Final = f"did:web:{HOST}:issuers:xuong-mau"
FACILITY: Final = f"https://{HOST}/workshops/xuong-mau"
LOT: Final = f"https://{HOST}/01/09520000000011/10/L1"
NOW: Final = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
SERIALS: Final = ("0123456789AB", "ZYXWVTSRQPNM")


def samples() -> list[Document]:
    """Gives unsigned records of every kind that leave no optional member out; events of each EPCIS type."""
    village = Village().issue_all()
    records: dict[str, Any] = {name: item.record for name, item in village.records.items()}
    title = Recognition(
        "traditional_craft_village", "Làng nghề truyền thống Mẫu", "00/QĐ-UBND", "2010-05", "recognised"
    )
    place: VillageRecognition = replace(records["village"], recognition=title)
    workshop: WorkshopRecord = replace(records["workshop"], business_commitment=SCAN)
    stars: Certificate = replace(
        records["certificate"], decision="00/QĐ-UBND", finding="Sản phẩm đạt tiêu chí."
    )
    event: TraceEvent = records["event"]
    made = replace(event, inputs=(replace(event.inputs[0], is_bought_in=True),), evidence=(SCAN,))
    passport: LotPassport = replace(
        records["passport"],
        expires_on=date(2031, 10, 18),
        warnings="Không dùng trong lò vi sóng.",
        brand="Gốm Mẫu",
        makers=(Maker("tho-mau-1", SCAN),),
    )
    correction = replace(notice(village, "correction"), serials=("0123456789AB",), evidence=(SCAN,))
    kept = (place, workshop, stars, made, _step(event, "packed"), _step(event, "labelled"))
    return [
        record.to_document()
        for record in (*kept, passport, correction, transcription(village), status_list(village))
    ]


def _step(event: TraceEvent, kind: str) -> TraceEvent:
    envelope = replace(event.envelope, id=url(f"event-{kind}"))
    return replace(event, envelope=envelope, kind=kind, inputs=(), detail="Đóng hộp và dán tem.")


def worked_example() -> dict[str, str]:
    """Gives every block of the worked example by its name: proof, serials, seal, trust list."""
    record, sealer, root = (Ed25519Signer.from_seed(bytes(range(at, at + 32))) for at in (0, 32, 64))
    document = _passport().to_document()
    signed = attach_proof(document, signer=record, method_id=f"{WORKSHOP}#record-1", created=NOW)
    options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
    hashes = sha256(canonical(options)), sha256(canonical(document))
    signature, data = record.sign(hashes[0] + hashes[1]), canonical(signed)
    return {
        "seed": bytes(range(32)).hex(),
        "public-key": record.public_key.multibase,
        "document": json.dumps(document, ensure_ascii=False, indent=1),
        "options": canonical(options).decode(),
        "options-hash": hashes[0].hex(),
        "canonical": canonical(document).decode(),
        "canonical-hash": hashes[1].hex(),
        "signature": signature.hex(),
        "proof-value": encode_multibase(signature),
        "record": data.decode(),
        "record-hash": sha256(data).hex(),
        "digest": digest_multibase(data),
        "serials": "\n".join(SERIALS),
        "leaves": "\n".join(merkle.leaf_hash(serial.encode()).hex() for serial in SERIALS),
        "serial-root": _serial_root(),
        **_seal(sealer, data),
        **_status(),
        **_trust(record, sealer, root),
    }


def _serial_root() -> str:
    return Reader(16).serials(join_serials(SERIALS)).root.hex()


def _passport() -> LotPassport:
    return LotPassport(
        envelope=Envelope(
            contexts=LotPassport.CONTEXTS,
            types=LotPassport.TYPES,
            id=f"https://{HOST}/records/lot-l1",
            issuer=Issuer(WORKSHOP, "Xưởng mẫu"),
            name="Hộ chiếu lô L1",
            valid_from=NOW,
        ),
        lot_id=LOT,
        product_name="Bình gốm mẫu",
        lot="L1",
        category=Classification("6913", "Statuettes and other ornamental ceramic articles"),
        producer=Party(WORKSHOP, "Xưởng mẫu"),
        facility_id=FACILITY,
        facility_name="Xưởng mẫu",
        made_on=date(2026, 10, 18),
        unit_count=len(SERIALS),
        serial_root=_serial_root(),
        materials=(Material("Đất sét", "Hà Nội", "VN", 100, Classification("2507", "Kaolin")),),
        gtin="09520000000011",
    )


def _status() -> dict[str, str]:
    indexes, bits = (0, 7, 10, 23), bytes(STATUS_LIST_BITS // 8)
    for index in indexes:
        bits = bitstring.with_bit(bits, index)
    return {
        "status-indexes": "\n".join(map(str, indexes)),
        "status-bits": bits[:3].hex(),
        "status-hash": sha256(bits).hex(),
        "encoded-list": bitstring.encode(bits),
    }


def _seal(signer: Ed25519Signer, record: bytes) -> dict[str, str]:
    code = parse_label(f"{LOT}/21/{SERIALS[0]}")
    kid = signer.public_key.kid
    label = seal.attach(code, kid=kid, day=NOW.date(), record_digest=sha256(record), sign=signer.sign)
    made = seal.parse(label.seal or "")
    return {
        "seal-seed": bytes(range(32, 64)).hex(),
        "seal-public-key": signer.public_key.multibase,
        "unsealed": code.to_uri(),
        "seal-day": NOW.date().isoformat(),
        "seal-head": made.head.hex(),
        "seal-message": made.message(label).hex(),
        "seal-signature": made.signature.hex(),
        "label": label.to_uri(),
    }


def _trust(record: Ed25519Signer, sealer: Ed25519Signer, root: Ed25519Signer) -> dict[str, str]:
    keys = tuple(_entry(signer, use) for signer, use in ((record, "record"), (sealer, "seal")))
    hosts = (TrustedHost(HOST, SINCE),)
    trust = TrustList(f"{HOST}/trust", 1, NOW, NOW + timedelta(days=365), hosts, keys)
    name = f"{HOST}/root-1"
    return {
        "root-seed": bytes(range(64, 96)).hex(),
        "vkey": note.Verifier(name, root.public_key).vkey,
        "trust-list": note.sign(write_trust_text(trust), [(name, root)]).decode().rstrip("\n"),
    }


def _entry(signer: Ed25519Signer, use: str) -> TrustKey:
    method = VerificationMethod(f"{WORKSHOP}#{use}-1", WORKSHOP, signer.public_key)
    return TrustKey(method, "Xưởng mẫu", "workshop", use, "server", (FACILITY,), SINCE)


def filled(text: str, documents: list[Document], blocks: dict[str, str]) -> str:
    """Gives the document with the last column of its member tables and the blocks of its example renewed."""
    lines, values = [], list[Document]()
    for line in text.split("\n"):
        table = re.fullmatch(r"<!-- members: (\w+) -->", line)
        if table is not None:
            values = _values(documents, table[1])
        row = re.fullmatch(r"(\| `(?P<path>[^`]+)` \| .* \| )`.*` \|", line)
        lines.append(f"{row[1]}`{_shown(values, row['path'])}` |" if row is not None and values else line)
        if not line:
            continue
        values = values if line.startswith(("|", "<!-- members")) else []
    text = "\n".join(lines)
    for name, block in blocks.items():
        before, mark, rest = text.partition(f"<!-- example: {name} -->\n")
        fence, _, after = rest.partition("\n")
        end = after.index("\n```")
        text = f"{before}{mark}{fence}\n{block}{after[end:]}"
    return text


def _values(documents: list[Document], name: str) -> list[Document]:
    if name == "envelope":
        return documents
    subjects = [one["credentialSubject"] for one in documents]
    flat = [one[0] if isinstance(one, list) else one for one in subjects]
    return [one for one in flat if one["ln:origin"]["recordType"] == name]


def _shown(values: list[Document], path: str) -> str:
    """Gives the first value at a path such as `a[].b` or `a.{b,c}`, as JSON."""
    stem, _, names = path.partition(".{")
    members = names.rstrip("}").split(",") if names else []
    steps = stem.replace("[]", "").split(".")
    found = next(
        item for value in values for item in _look(value, steps) if all(name in item for name in members)
    )
    return json.dumps({name: found[name] for name in members} if members else found, ensure_ascii=False)


def _look(value: Any, steps: list[str]) -> list[Any]:
    """Gives what stands at a path; the items of a list on the way are all tried."""
    if not steps:
        return [value, *value] if isinstance(value, list) else [value]
    if isinstance(value, list):
        return [found for item in value for found in _look(item, steps)]
    return _look(value[steps[0]], steps[1:]) if isinstance(value, dict) and steps[0] in value else []


def main() -> None:
    """Writes both files."""
    documents = samples()
    text = json.dumps(documents, ensure_ascii=False, indent=1)
    (ROOT / "tests/vectors/record-members.json").write_text(f"{text}\n", encoding="utf-8")
    page = ROOT / "docs/record-format.md"
    page.write_text(filled(page.read_text(encoding="utf-8"), documents, worked_example()), encoding="utf-8")


if __name__ == "__main__":
    main()
