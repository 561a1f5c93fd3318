"""A correction that is signed on the artisan's own device: only what was prepared comes in, once."""

import json
import uuid

import pytest

from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.issuing.deliveries import sign_form
from shop.services.lots.held_corrections import HeldCorrections
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.held_keys import HOLDER, NOW, Sign, held_desks, phone_of
from traceability.records.canonical import canonical
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import attach_proof


@pytest.fixture
def held(desk_services: Services) -> HeldCorrections:
    return HeldCorrections(held_desks(desk_services).corrections)


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, HOLDER)


@pytest.fixture
def sign(desk_services: Services) -> Sign:
    return phone_of(desk_services)


@pytest.fixture
def lot_id(desk_services: Services, artisan: Actor) -> int:
    """A lot of its own for each test, signed while the server held the key."""
    desk = desk_services.desks.lots.desk
    token = desk.begin(artisan, "binh-hoa-men-lam", units="6", made_on="2026-06-02", is_copy=True, now=NOW)
    return desk.issue(artisan, token, seen=desk.preview(artisan, token, now=NOW).seen, now=NOW)


@pytest.fixture
def detail() -> str:
    """What the first step is to say; no lot before has said it, though each is copied from the one before."""
    return f"Nhận đất, lọc hai lần, sổ {uuid.uuid4().hex[:6]}x."


@pytest.fixture
def token(held: HeldCorrections, artisan: Actor, lot_id: int, detail: str) -> str:
    """A correction of that lot's advice and first step, ready to be signed."""
    token = held.desk.begin(artisan, lot_id, now=NOW)
    fields = held.desk.draft(artisan, token).fields | {
        "reason": "Ghi nhầm lời dặn và bước đầu.",
        "warnings": "Không ngâm nước.",
        "step-1-detail": detail,
    }
    held.desk.save(artisan, token, fields, now=NOW)
    return token


def seen(held: HeldCorrections, artisan: Actor, token: str) -> str:
    return held.desk.preview(artisan, token, now=NOW).seen


def signed_all(held: HeldCorrections, artisan: Actor, token: str, sign: Sign) -> list[bytes]:
    """Goes through the rounds as the page's script does."""
    found = held.prepare_steps(artisan, token, seen=seen(held, artisan, token), now=NOW)
    records = [sign(document) for document in found.documents]
    for prepare in (held.prepare_passport, held.prepare_notice):
        records += [sign(document) for document in prepare(artisan, token, records, now=NOW).documents]
    return records


def test_a_correction_signed_elsewhere_is_taken_in_once(
    held: HeldCorrections,
    artisan: Actor,
    token: str,
    detail: str,
    sign: Sign,
    lot_id: int,
    desk_services: Services,
) -> None:
    shelf = desk_services.desks.lots.shelf
    before = shelf.lot(artisan, lot_id, now=NOW)
    assert held.desk.preview(artisan, token, now=NOW).is_held
    records = signed_all(held, artisan, token, sign)
    assert len(records) == 4
    assert held.admit_signed(artisan, token, records, now=NOW) == lot_id
    assert held.admit_signed(artisan, token, records, now=NOW) == lot_id
    after = shelf.lot(artisan, lot_id, now=NOW)
    assert after.line.is_corrected
    assert after.passport.warnings == "Không ngâm nước."
    assert after.steps[0].detail == detail
    assert after.steps[1:] == before.steps[1:]
    assert after.passport.serial_root == before.passport.serial_root


def test_nothing_else_than_what_was_prepared_comes_in(
    held: HeldCorrections, artisan: Actor, token: str, sign: Sign
) -> None:
    for call in (held.prepare_passport, held.prepare_notice, held.admit_signed):
        with pytest.raises(BadInput, match="not prepared"):
            call(artisan, token, [], now=NOW)
    found = held.prepare_steps(artisan, token, seen=seen(held, artisan, token), now=NOW)
    steps = [sign(document) for document in found.documents]
    for others in ([sign(found.documents[0] | {"name": "Bước khác"}), *steps[1:]], steps[1:], steps[::-1]):
        with pytest.raises(BadInput, match=r"not what was prepared|signed records expected"):
            held.prepare_passport(artisan, token, others, now=NOW)
    (passport,) = held.prepare_passport(artisan, token, steps, now=NOW).documents
    with pytest.raises(BadInput, match="not what was prepared"):
        held.prepare_notice(artisan, token, [*steps, sign(passport | {"name": "Lô khác"})], now=NOW)
    records = [*steps, sign(passport)]
    (notice,) = held.prepare_notice(artisan, token, records, now=NOW).documents
    with pytest.raises(BadInput, match="not what was prepared"):
        held.admit_signed(
            artisan, token, [*records, sign(notice | {"validFrom": "2026-06-02T02:59:59Z"})], now=NOW
        )
    assert held.desk.draft(artisan, token).became is None


def test_what_was_changed_after_it_was_shown_is_refused(
    held: HeldCorrections, artisan: Actor, token: str, sign: Sign
) -> None:
    shown, records = seen(held, artisan, token), signed_all(held, artisan, token, sign)
    fields = held.desk.draft(artisan, token).fields | {"warnings": "Ngâm thoải mái."}
    held.desk.save(artisan, token, fields, now=NOW)
    for call in (
        lambda: held.prepare_steps(artisan, token, seen=shown, now=NOW),
        lambda: held.prepare_passport(artisan, token, records[:2], now=NOW),
        lambda: held.prepare_notice(artisan, token, records[:3], now=NOW),
        lambda: held.admit_signed(artisan, token, records, now=NOW),
    ):
        with pytest.raises(BadInput, match="changed after it was shown"):
            call()
    assert held.desk.draft(artisan, token).became is None


def test_a_lot_that_was_corrected_otherwise_meanwhile_is_left(
    held: HeldCorrections, artisan: Actor, token: str, sign: Sign, lot_id: int, desk_services: Services
) -> None:
    records = signed_all(held, artisan, token, sign)
    here, drafts = desk_services.desks.lots.corrections, desk_services.desks.lots.drafts
    document = drafts.open(artisan, token, kind="correction").document
    fields = document["fields"] | {"warnings": "Lời dặn khác."}
    other = drafts.begin(artisan, "correction", document | {"fields": fields}, now=NOW)
    here.issue(artisan, other, seen=here.preview(artisan, other, now=NOW).seen, now=NOW)
    with pytest.raises(BadInput, match=r"newest passport of a lot|corrected otherwise"):
        held.admit_signed(artisan, token, records, now=NOW)
    assert desk_services.desks.lots.shelf.lot(artisan, lot_id, now=NOW).passport.warnings == "Lời dặn khác."


def test_a_proof_of_another_key_is_refused(
    held: HeldCorrections, artisan: Actor, token: str, sign: Sign
) -> None:
    records = signed_all(held, artisan, token, sign)
    notice = json.loads(records[-1])
    method = notice.pop("proof")["verificationMethod"]
    signer = Ed25519Signer.generate()
    forged = canonical(attach_proof(notice, signer=signer, method_id=method, created=NOW))
    with pytest.raises(BadInput, match="BAD_SIGNATURE"):
        held.admit_signed(artisan, token, [*records[:-1], forged], now=NOW)
    assert held.desk.draft(artisan, token).became is None


def test_the_server_signs_nothing_for_a_key_on_a_phone(
    held: HeldCorrections, artisan: Actor, token: str, desk_services: Services
) -> None:
    server = HeldCorrections(desk_services.desks.lots.corrections)
    with pytest.raises(BadInput, match="on a device"):
        server.prepare_steps(artisan, token, seen=seen(held, artisan, token), now=NOW)


def test_a_correction_that_changes_nothing_is_not_prepared(
    held: HeldCorrections, artisan: Actor, lot_id: int
) -> None:
    token = held.desk.begin(artisan, lot_id, now=NOW)
    fields = held.desk.draft(artisan, token).fields | {"reason": "Không có gì."}
    held.desk.save(artisan, token, fields, now=NOW)
    with pytest.raises(BadInput, match="says what was signed before"):
        held.prepare_steps(artisan, token, seen=seen(held, artisan, token), now=NOW)


def test_another_workshop_prepares_and_hands_in_nothing(
    held: HeldCorrections, artisan: Actor, token: str, sign: Sign, desk_services: Services
) -> None:
    shown, records = seen(held, artisan, token), signed_all(held, artisan, token, sign)
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    for call in (
        lambda: held.prepare_steps(stranger, token, seen=shown, now=NOW),
        lambda: held.prepare_passport(stranger, token, records[:2], now=NOW),
        lambda: held.prepare_notice(stranger, token, records[:3], now=NOW),
        lambda: held.admit_signed(stranger, token, records, now=NOW),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize("action", ["recall", "finding"])
def test_a_correction_signed_before_a_notice_does_not_shed_it(
    held: HeldCorrections,
    artisan: Actor,
    token: str,
    sign: Sign,
    desk_services: Services,
    action: str,
) -> None:
    shown, records = seen(held, artisan, token), signed_all(held, artisan, token, sign)
    about = held.desk.draft(artisan, token).fields["step-1-was"]
    key = desk_services.keyring.key("did:web:demo.langnghe.example:issuers:inspector-1", "record", now=NOW)
    assert key is not None
    form = {"about": about, "action": action, "reason": "Bước này không có thật."}
    held.desk.admission.admit(sign_form(held.desk.signing.desk(form, NOW), "notice", key), now=NOW)
    for call in (
        lambda: held.admit_signed(artisan, token, records, now=NOW),
        lambda: held.prepare_steps(artisan, token, seen=shown, now=NOW),
    ):
        with pytest.raises(BadInput, match="changed after it was shown"):
            call()
    assert held.desk.draft(artisan, token).became is None
    assert "NOTICED" in {one.code for one in held.desk.preview(artisan, token, now=NOW).mistakes}
