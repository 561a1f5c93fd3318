"""The parts of the inspector's pocket that need no page, in node, against what Python writes and reads."""

import gzip
import json
import shutil
from base64 import b64decode, b64encode
from datetime import timedelta
from random import Random
from tempfile import NamedTemporaryFile
from typing import Any

import pytest

from shop.db.ledger_store import SqlLedgerStore
from shop.images import demand_plain
from shop.services.access.actors import INSPECTOR, Actor
from shop.services.access.sessions import LIFE
from shop.services.keys.enrolment import possession_text
from shop.services.typed.personal import personal_in
from shop.wiring import Services
from tests.simulators.node import run
from tests.simulators.personal_words import ORDINARY, SEEDED
from tests.simulators.pictures import camera_exif, encoded, photo, with_segment
from tests.simulators.village import HOST, NOW, Village
from traceability.base58 import decode_multibase
from traceability.evidence import Reader, SignedRecord
from traceability.issue import link_to
from traceability.labels.picture_parts import pixel_parts
from traceability.ledger.tile_proofs import root_at
from traceability.records.canonical import canonical, digest_multibase
from traceability.records.envelope import Envelope, Issuer
from traceability.records.notice import Notice
from traceability.records.terms import Party
from traceability.signing.keys import PublicKey

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")

DID = f"did:web:{HOST}:issuers:inspector"
INSPECTOR_OF_DEMO = Actor(1, INSPECTOR, "Kiểm", issuer="inspector-1")
ISSUER = {"did": DID, "name": "Cơ quan kiểm tra mẫu"}
PHOTO = digest_multibase(b"a photo")


@pytest.fixture(scope="module")
def passport() -> SignedRecord:
    """A lot's passport."""
    return Village().issue_all().records["passport"]


# --- What is signed -------------------------------------------------------------------------------

NOTICE = """
const {noticeOf, unsigned, textOf} = await import(`${base}/pocket/finding.js`);
const {signRecord, proveKey} = await import(`${base}/pocket/own-key.js`);
const {Reader} = await import(`${base}/verifier/evidence.js`);
const {PublicKey} = await import(`${base}/verifier/ed25519.js`);
const {canonicalText} = await import(`${base}/verifier/jcs.js`);
const given = %s;
const about = await new Reader().read(Uint8Array.from(atob(given.about), one => one.charCodeAt(0)));
const now = new Date(given.now);
const random = new Uint8Array(15).fill(7);
const document = noticeOf({...given.said, about}, {host: given.host, issuer: given.issuer, now, random});
const pair = await crypto.subtle.generateKey({name: 'Ed25519'}, false, ['sign', 'verify']);
const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
const key = {publicKey: (await PublicKey.from(raw)).multibase, privateKey: pair.privateKey};
const body = textOf(await signRecord(document, key, `${given.issuer.did}#phone-1`, now));
const asked = {host: given.host, accountId: 3, issuer: 'inspector', use: 'record', nonce: '1.ab'};
const proof = await proveKey(key, asked);
const again = canonicalText(unsigned(body));
const {publicKey} = key;
console.log(JSON.stringify({document: canonicalText(document), body, publicKey, proof, again}));
"""


def made(passport: SignedRecord, **said: Any) -> Any:
    whole = {"kind": "mismatch", "note": "Men khác màu", "serials": [], "photo": None} | said
    given = {"about": b64encode(passport.data).decode(), "now": NOW.isoformat().replace("+00:00", "Z")}
    return run(NOTICE % json.dumps(given | {"said": whole, "host": HOST, "issuer": ISSUER}))


def as_python_writes_it(
    passport: SignedRecord, action: str, title: str, reason: str, evidence: tuple[str, ...]
) -> str:
    record = Notice(
        envelope=Envelope(
            contexts=Notice.CONTEXTS,
            types=Notice.TYPES,
            id=f"https://{HOST}/records/{action}-a4dqobyhbobyhaqobyhaobyh",
            issuer=Issuer(DID, ISSUER["name"]),
            name=f"{title}: {passport.envelope.name}",
            valid_from=NOW,
            links=(link_to(passport),),
        ),
        action=action,
        about=passport.envelope.id,
        issued_to=Party(passport.envelope.issuer.did, passport.envelope.issuer.name),
        reason=reason,
        evidence=evidence,
    )
    document = record.to_document()
    return canonical(document).decode()


@pytest.mark.parametrize(
    ("said", "action", "title", "reason"),
    [
        pytest.param({}, "finding", "Nhận xét", "Không khớp mô tả: Men khác màu", id="mismatch"),
        pytest.param({"kind": "genuine", "note": " "}, "finding", "Nhận xét", "Khớp mô tả", id="no note"),
        pytest.param(
            {"kind": "copy", "note": "Hai  món\tmột số\u0000.", "photo": PHOTO},
            "finding",
            "Nhận xét",
            "Nghi tem bị sao chép: Hai món một số .",
            id="odd characters and a photo",
        ),
        pytest.param({"kind": "recall"}, "recall", "Gọi về", "Men khác màu", id="recall"),
        pytest.param({"kind": "suspend"}, "suspend", "Tạm ngưng", "Men khác màu", id="suspend"),
        pytest.param({"kind": "revoke"}, "revoke", "Thu hồi", "Men khác màu", id="revoke"),
    ],
)
def test_a_notice_is_the_one_that_python_writes(
    passport: SignedRecord, said: dict[str, Any], action: str, title: str, reason: str
) -> None:
    found = made(passport, **said)["document"]
    photos = (said["photo"],) if "photo" in said else ()
    expected = json.loads(as_python_writes_it(passport, action, title, reason, photos))
    expected["id"] = json.loads(found)["id"]
    expected["credentialSubject"]["id"] = f"{expected['id']}#attestation"
    assert json.loads(found) == expected


def test_what_a_browser_signs_is_read_and_proven_here(passport: SignedRecord) -> None:
    found = made(passport, serials=["0123456789AB"], photo=PHOTO)
    signed = Reader().read(found["body"].encode())
    assert isinstance(signed.record, Notice)
    assert (signed.record.serials, signed.record.evidence) == (("0123456789AB",), (PHOTO,))
    assert signed.claim.created == NOW
    Reader().prove(signed.data, PublicKey.from_multibase(found["publicKey"]))


def test_a_signed_notice_gives_its_unsigned_words_back(passport: SignedRecord) -> None:
    found = made(passport)
    assert found["again"] == found["document"]


def test_a_proof_of_possession_is_over_the_text_that_python_asks_for(passport: SignedRecord) -> None:
    found = made(passport)
    text = possession_text(
        host=HOST, account_id=3, issuer="inspector", use="record", public_key=found["publicKey"], nonce="1.ab"
    )
    PublicKey.from_multibase(found["publicKey"]).verify(decode_multibase(found["proof"], length=64), text)


def test_names_made_by_chance_are_base_32() -> None:
    script = "const {encodeBase32} = await import(`${base}/pocket/base32-text.js`);"
    script += "console.log(JSON.stringify([[], [0], [255], [1, 2, 3, 4, 5], [255, 0]].map(encodeBase32)));"
    found = run(script)
    assert found == ["", "aa", "74", "aebagbaf", "74aa"]


PERSONAL = """
const {personalIn} = await import(`${base}/pocket/personal.js`);
console.log(JSON.stringify(%s.map(personalIn)));
"""


def test_the_phone_finds_of_a_person_what_the_server_finds() -> None:
    more = ("Lan_9@x.vn", "٠٩١٢٣٤٥٦٧٨", "０１００１０９１０６", "0100109107", "0100000001-000")
    pieces, chance = (*ORDINARY, *SEEDED, *more), Random(4)
    texts = [*pieces, *("".join(chance.choices("0123456789 .-+()@đLô", k=24)) for _ in range(200))]
    texts += ["".join(chance.choices((*pieces, " ", "-", "."), k=3)) for _ in range(300)]
    found = run(PERSONAL % json.dumps(texts))
    assert dict(zip(texts, found, strict=True)) == {text: personal_in(text) for text in texts}
    assert any(found)
    assert not all(found)


PLAIN = """
const {pixelsAlone, NoPhoto} = await import(`${base}/pocket/photo.js`);
const found = %s.map(text => {
  try {
    return Buffer.from(pixelsAlone(Uint8Array.from(atob(text), one => one.charCodeAt(0)))).toString('base64');
  } catch (error) {
    if (!(error instanceof NoPhoto)) { throw error; }
    return null;
  }
});
console.log(JSON.stringify(found));
"""


def test_a_photo_leaves_the_phone_as_the_server_takes_it() -> None:
    jpeg = encoded(photo((64, 48)), "JPEG", exif=camera_exif(6), comment=b"SECRETCOMMENT")
    many = encoded(photo(), "JPEG", progressive=True)
    more = (many, with_segment(jpeg, 0xE2, b"ICC_PROFILE"), jpeg + b"film")
    found = run(PLAIN % json.dumps([b64encode(one).decode() for one in (jpeg, *more)]))
    plain = [b64decode(one) for one in found]
    assert demand_plain(plain[0]) == (64, 48)
    assert plain[2:] == [plain[0], plain[0]]
    assert all(pixel_parts(one).data == one and b"SECRET" not in one for one in plain)


def test_what_is_no_whole_jpeg_leaves_no_phone() -> None:
    jpeg = encoded(photo(), "JPEG")
    wrong = (b"", b"GIF89a", encoded(photo(), "PNG"), jpeg[:-2], jpeg[:100], jpeg[:2] + b"\0" + jpeg[2:])
    assert run(PLAIN % json.dumps([b64encode(one).decode() for one in wrong])) == [None] * len(wrong)


# --- What is sent ---------------------------------------------------------------------------------

OUTBOX = """
const {Outbox} = await import(`${base}/pocket/outbox.js`);
const {items, answers, stored, parts, partAnswers} = %s;
const rows = items.map((body, index) => ({seq: index, id: `r${index}`, body, state: 'waiting',
  accountId: body.startsWith('other') ? 4 : 3, ...parts}));
const store = {
  all: async () => structuredClone(rows),
  change: async (_, item) => { rows[item.seq] = structuredClone(item); },
};
const sent = [];
const outbox = new Outbox(store, {
  send: async body => {
    sent.push(body);
    return answers.shift() ?? {kind: 'taken', index: sent.length, already: false};
  },
  signAgain: async body => `${body}+`,
  isStored: async () => stored,
  sendPart: Object.fromEntries(['photo', 'request'].map(part => [part, async item => {
    sent.push(`${item.body} ${part}`);
    return partAnswers.shift() ?? {kind: 'taken'};
  }])),
});
const me = {accountId: 3};
const first = await outbox.sync(me);
const kept = structuredClone(rows);
const second = await outbox.sync(me);
console.log(JSON.stringify({first, second, sent, kept, rows}));
"""
LATER = {"kind": "later", "why": "offline"}
TOO_OLD = {"kind": "refused", "code": "BAD_TIME", "message": ""}
EXISTS = {"kind": "refused", "code": "RECORD_EXISTS", "message": ""}


def sync(
    items: list[str],
    answers: list[dict[str, Any]],
    stored: int | None = None,
    *,
    parts: tuple[str, ...] = (),
    part_answers: tuple[dict[str, Any], ...] = (),
) -> Any:
    waiting = {f"{part}State": "waiting" for part in parts}
    given = {"items": items, "answers": answers, "stored": stored, "parts": waiting}
    return run(OUTBOX % json.dumps(given | {"partAnswers": part_answers}))


def states(rows: list[dict[str, Any]]) -> list[str]:
    return [row["state"] for row in rows]


def test_what_waits_is_sent_in_order_and_once() -> None:
    found = sync(["a", "b", "c"], [])
    assert found["sent"] == ["a", "b", "c"]
    assert (found["first"], found["second"]) == (None, None)
    assert states(found["rows"]) == ["sent"] * 3


def test_nothing_overtakes_what_got_no_answer() -> None:
    found = sync(["a", "b"], [LATER])
    assert found["first"] == "offline"
    assert states(found["kept"]) == ["waiting"] * 2
    assert found["sent"] == ["a", "a", "b"]


def test_what_is_declined_lets_the_next_one_pass() -> None:
    declined = {"kind": "refused", "code": "NOT_VERIFIED", "message": "why"}
    found = sync(["a", "b"], [declined])
    assert states(found["rows"]) == ["refused", "sent"]
    assert found["rows"][0]["code"] == "NOT_VERIFIED"
    assert found["sent"] == ["a", "b"]


def test_what_was_signed_too_long_ago_is_signed_again_and_kept_before_it_is_sent() -> None:
    found = sync(["a"], [TOO_OLD, LATER])
    assert found["sent"] == ["a", "a+", "a+"]
    assert (found["kept"][0]["body"], found["kept"][0]["state"]) == ("a+", "waiting")
    assert found["rows"][0]["state"] == "sent"


def test_a_record_that_was_taken_under_an_earlier_signature_is_not_sent_twice() -> None:
    found = sync(["a"], [TOO_OLD, EXISTS], stored=-1)
    assert states(found["rows"]) == ["sent"]
    assert found["sent"] == ["a", "a+"]


def test_another_record_under_the_same_name_is_told() -> None:
    assert states(sync(["a"], [EXISTS])["rows"]) == ["refused"]


def test_what_another_account_signed_waits_for_it() -> None:
    found = sync(["other's", "a"], [])
    assert (found["sent"], found["first"]) == (["a"], None)
    assert states(found["rows"]) == ["waiting", "sent"]


def test_a_photo_and_the_request_follow_their_record_once() -> None:
    found = sync(["a", "b"], [], parts=("photo", "request"))
    assert found["sent"] == ["a", "a photo", "a request", "b", "b photo", "b request"]
    assert {(row["photoState"], row["requestState"]) for row in found["rows"]} == {("sent", "sent")}


def test_a_photo_without_an_answer_is_sent_again_and_its_record_is_not() -> None:
    found = sync(["a", "b"], [], parts=("photo",), part_answers=(LATER,))
    assert (found["first"], found["kept"][0]["state"]) == ("offline", "sent")
    assert found["sent"] == ["a", "a photo", "a photo", "b", "b photo"]


def test_nothing_follows_a_record_that_was_declined() -> None:
    found = sync(["a"], [{"kind": "refused", "code": "NOT_VERIFIED", "message": ""}], parts=("photo",))
    assert (found["sent"], found["rows"][0]["photoState"]) == (["a"], "waiting")


def test_a_photo_that_is_declined_keeps_nothing_back() -> None:
    declined = {"kind": "refused", "code": "NOT_NAMED", "message": "why"}
    found = sync(["a", "b"], [], parts=("photo", "request"), part_answers=(declined,))
    assert states(found["rows"]) == ["sent", "sent"]
    assert (found["rows"][0]["photoState"], found["rows"][0]["photoWhy"]["code"]) == ("refused", "NOT_NAMED")
    assert found["sent"][:3] == ["a", "a photo", "a request"]
    assert len(found["sent"]) == 6


# --- Who may sign ---------------------------------------------------------------------------------

SESSION = """
const {Session, CONFIRMED_FOR_MS} = await import(`${base}/pocket/session.js`);
const {NoAnswer} = await import(`${base}/pocket/server.js`);
const {steps, kept} = %s;
const store = {
  get: async name => kept[name] ?? null,
  put: async values => { Object.assign(kept, structuredClone(values)); },
};
let answer = 1;
let time = 0;
const ended = [];
const ask = async () => {
  if (typeof answer === 'string') {
    throw new NoAnswer(answer);
  }
  return {accountId: answer, csrf: `token ${answer}`};
};
const end = async csrf => { ended.push(csrf); answer = 'signin'; };
const open = () => new Session(store, {ask, end, now: () => time});
let session = open();
const seen = [];
for (const step of steps) {
  if (step === 'leave') {
    seen.push(await session.leave());
  } else if (step === 'reload') {
    session = open();
    seen.push((await session.restore())?.accountId ?? null);
  } else {
    ({answer = answer, time = time} = step);
    seen.push((await session.current())?.accountId ?? null);
  }
}
console.log(JSON.stringify({seen, kept: kept.me?.accountId ?? null, ended, CONFIRMED_FOR_MS}));
"""
HELD_MS = 12 * 3_600_000


def who(*steps: Any, kept: dict[str, Any] | None = None) -> Any:
    return run(SESSION % json.dumps({"steps": steps, "kept": kept or {}}))


def test_without_a_network_she_may_sign_for_as_long_as_a_session_lives() -> None:
    last = {"answer": "offline", "time": HELD_MS - 1}
    found = who({}, last, "reload", {"time": HELD_MS}, "reload", {"answer": 1})
    assert found["seen"] == [1, 1, 1, None, None, 1]
    assert timedelta(milliseconds=found["CONFIRMED_FOR_MS"]) == LIFE


@pytest.mark.parametrize("time", [-HELD_MS, HELD_MS, 2 * HELD_MS])
def test_a_confirmation_from_another_time_counts_for_nothing(time: int) -> None:
    assert who({}, {"answer": "offline", "time": time})["seen"] == [1, None]


def test_what_was_remembered_without_a_time_counts_for_nothing() -> None:
    found = who("reload", {"answer": "offline"}, kept={"me": {"accountId": 1}})
    assert found["seen"] == [None, None]


def test_who_is_not_signed_in_is_forgotten_until_the_server_names_her_again() -> None:
    found = who({}, {"answer": "signin"}, {"answer": "offline"}, "reload", {"answer": 1})
    assert found["seen"] == [1, None, None, None, 1]


def test_another_account_takes_the_place_of_the_first() -> None:
    found = who({}, {"answer": 2}, {"answer": "server"}, "reload")
    assert (found["seen"], found["kept"]) == ([1, 2, 2, 2], 2)


def test_signing_out_forgets_her_and_ends_the_session() -> None:
    found = who({}, "leave", {"answer": "offline"}, "reload", {"answer": 1})
    assert (found["seen"], found["ended"]) == ([1, True, None, None, 1], ["token 1"])


def test_signing_out_without_a_network_ends_the_session_once_there_is_one() -> None:
    found = who({}, {"answer": "offline"}, "leave", "reload", {"answer": 1}, {})
    assert (found["seen"], found["kept"]) == ([1, 1, False, None, None, None], None)
    assert found["ended"] == ["token 1"]


# --- What is taken along --------------------------------------------------------------------------

COPY = """
const {fetchCopy, ageInDays, NotTaken} = await import(`${base}/pocket/copy.js`);
const {readFileSync} = await import('node:fs');
const {before, status, text, proof} = JSON.parse(readFileSync(%s, 'utf8'));
const kept = {seen: before};
const store = {
  get: async name => kept[name] ?? null,
  put: async values => { Object.assign(kept, values); },
};
const headers = {'Content-Type': 'application/json', ETag: '"e"'};
const asked = [];
const ask = async address => {
  asked.push(address);
  const body = address.startsWith('/inspector/consistency') ? JSON.stringify({proof}) : text;
  return new Response(status === 304 ? null : body, {status, headers});
};
let error = '';
try {
  await fetchCopy(store, {ask, now: new Date(1000)});
} catch (thrown) {
  error = thrown instanceof NotTaken ? thrown.kind : `? ${thrown.message}`;
}
const age = ageInDays({fetchedAt: 0}, new Date(8 * 86400000 + 5));
console.log(JSON.stringify({error, seen: kept.seen, isKept: kept.copy !== undefined, asked, age}));
"""


def fetch(before: dict[str, Any] | None, text: str, *, status: int = 200, proof: Any = ()) -> Any:
    given = {"before": before, "status": status, "text": text, "proof": proof}
    with NamedTemporaryFile("w", encoding="utf-8", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        return run(COPY % json.dumps(file.name))


@pytest.fixture(scope="module")
def copy_text(sqlite_services: Services) -> str:
    """The copy of the demo as it is."""
    made = sqlite_services.desks.pocket.bundle(INSPECTOR_OF_DEMO, now=NOW)
    return gzip.decompress(made.packed).decode()


@pytest.fixture(scope="module")
def seen(copy_text: str) -> dict[str, Any]:
    """What a phone remembers of that copy."""
    found = fetch(None, copy_text)
    assert (found["error"], found["isKept"]) == ("", True)
    remembered: dict[str, Any] = found["seen"]
    return remembered


def earlier(services: Services, seen: dict[str, Any], **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """Gives what a phone remembers that saw the log when it was shorter, and the proof from there."""
    size = int(seen["size"]) - 5
    with SqlLedgerStore(services.database).read() as view:
        root = root_at(size, view.tiles)
    proof = services.desks.pocket.consistency(INSPECTOR_OF_DEMO, old=size, size=int(seen["size"]))
    before = seen | {"size": str(size), "root": b64encode(root).decode()} | changes
    return before, [b64encode(one).decode() for one in proof]


def test_a_copy_of_a_log_that_only_grew_is_taken(
    sqlite_services: Services, seen: dict[str, Any], copy_text: str
) -> None:
    before, proof = earlier(sqlite_services, seen)
    found = fetch(before, copy_text, proof=proof)
    assert (found["error"], found["seen"]["size"]) == ("", seen["size"])
    assert found["asked"][1].endswith(f"?from={before['size']}&to={seen['size']}")


OTHER = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"root": OTHER}, "FORK", id="the shorter log had another root"),
        pytest.param({"size": "1000000"}, "ROLLBACK", id="the log was longer"),
        pytest.param({"sequence": 99}, "ROLLBACK", id="the trust list was newer"),
        pytest.param({"list": "another"}, "FORK", id="another list of that number"),
        pytest.param({"rootKeys": "others"}, "ROOTS", id="other root keys"),
        pytest.param({"origin": "other.example/trust"}, "ROOTS", id="another place"),
    ],
)
def test_a_copy_that_contradicts_what_was_seen_takes_no_place(
    sqlite_services: Services, seen: dict[str, Any], copy_text: str, changes: dict[str, Any], expected: str
) -> None:
    before, proof = earlier(sqlite_services, seen, **changes)
    found = fetch(before, copy_text, proof=proof)
    assert (found["error"], found["isKept"], found["seen"]) == (expected, False, before)


def test_a_copy_without_a_proof_takes_no_place(
    sqlite_services: Services, seen: dict[str, Any], copy_text: str
) -> None:
    before, _ = earlier(sqlite_services, seen)
    assert fetch(before, copy_text)["error"] == "FORK"


def test_a_copy_with_an_altered_trust_list_takes_no_place(copy_text: str) -> None:
    assert fetch(None, copy_text.replace("Cơ quan", "Cơ  quan"))["error"] == "BROKEN"


def test_a_copy_that_is_the_newest_still_is_young_again() -> None:
    found = fetch({"etag": '"e"', "fetchedAt": 0}, "", status=304)
    assert found["seen"] == {"etag": '"e"', "fetchedAt": 1000}
    assert found["age"] == 8


@pytest.mark.parametrize("text", ["", "{}", '{"v":1}', '{"v":2,"evidence":{}}', "[]"])
def test_what_is_no_copy_takes_no_place(text: str) -> None:
    found = fetch(None, text)
    assert (found["error"], found["isKept"]) == ("BROKEN", False)
