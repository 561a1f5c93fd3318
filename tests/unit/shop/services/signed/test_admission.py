"""Admitting signed records: verified in full, all or none, and the stronger word takes the place on pages."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.log import LogEntry
from shop.db.lots import Certificate, Lot, Record, RecordLink
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.log.ledger import Ledger
from shop.services.signed import admission
from shop.services.signed.admission import (
    CORRECTIONS_MAX,
    NOTICES_MAX_PER_ISSUER,
    Admission,
    Admitted,
    Delivery,
)
from shop.services.signed.shown_rows import Offer
from shop.services.storefront.places import Places
from tests.simulators import forgery
from tests.simulators import village as simulated
from tests.simulators.forgery import transcription
from tests.simulators.rows import valid_rows
from tests.simulators.village import HOST, NOW, did, trust_key, url
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.policy import log_policy
from traceability.records.canonical import parse
from traceability.records.envelope import Issuer
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import Revocation

LOT = f"https://{HOST}/01/09520000000011/10/L1"
OFFER = Offer("binh-mau", "Bình mẫu", "Sample vase", "gom-su", 100_000, 5, {})


@pytest.fixture
def village() -> simulated.Village:
    return simulated.Village().issue_all()


Admit = Callable[..., tuple[Admitted, ...]]


@pytest.fixture
def admit(database: Database, village: simulated.Village) -> Admit:
    """Admits records of the simulated village, with the lot's serials and offer unless told otherwise."""

    def call(
        records: Sequence[SignedRecord | bytes],
        *,
        serials: dict[str, bytes] | None = None,
        offers: dict[str, Offer] | None = None,
        host: str = HOST,
        later: timedelta = timedelta(0),
        corrections_max: int = CORRECTIONS_MAX,
    ) -> tuple[Admitted, ...]:
        ledger = Ledger(database, policy=log_policy(village.trust), signing=None)
        data = [item if isinstance(item, bytes) else item.data for item in records]
        delivery = Delivery(
            data,
            {LOT: village.serials} if serials is None else serials,
            {LOT: OFFER} if offers is None else offers,
        )
        desk = Admission(
            database, trust=village.trust, ledger=ledger, host=host, corrections_max=corrections_max
        )
        return desk.admit(delivery, now=NOW + later)

    return call


def everything(village: simulated.Village) -> list[SignedRecord]:
    return list(village.records.values())


def entries(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(LogEntry.idx)).all())


def refused(admit: Admit, records: Sequence[SignedRecord | bytes], **options: object) -> str:
    with pytest.raises((BadInput, TraceabilityError)) as caught:
        admit(records, **options)
    return str(caught.value.code)


def test_a_lot_with_its_chain_is_stored_logged_and_shown(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    found = admit(everything(village))
    assert sorted(item.index for item in found) == [0, 1, 2, 3, 4]
    with database.read() as session:
        assert session.scalars(select(Village.slug)).all() == ["lang-mau"]
        assert session.scalars(select(Workshop.slug)).all() == ["xuong-mau"]
        assert session.scalars(select(Product.slug)).all() == ["binh-mau"]
        assert session.scalars(select(Lot.number)).all() == ["L1"]
        # The certificate came before its product.
        assert session.scalars(select(Certificate.record_id)).all() == ["certificate"]


def test_the_order_of_the_files_does_not_matter(village: simulated.Village, admit: Admit) -> None:
    assert len(admit(everything(village)[::-1])) == 5


def test_the_same_records_again_keep_their_place(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    first, second = admit(everything(village)), admit(everything(village))
    assert [item.index for item in first] == [item.index for item in second]
    assert entries(database) == 5


def test_a_re_indented_record_is_the_same_record(village: simulated.Village, admit: Admit) -> None:
    admit([village.records["village"]])
    data = village.records["village"].data.replace(b'":', b'" :')
    assert [item.index for item in admit([data])] == [0]


# --- Refused, and nothing changed ------------------------------------------------------------------------


def test_a_link_that_leads_nowhere_is_refused(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    assert refused(admit, [village.records["workshop"]]) == "NOT_VERIFIED"
    assert entries(database) == 0


def test_one_bad_record_keeps_all_out(database: Database, village: simulated.Village, admit: Admit) -> None:
    document = parse(village.records["event"].data)
    forged = village.forge({**document, "name": "Khác"}, "neighbour#record")
    good = [item for name, item in village.records.items() if name in {"village", "workshop"}]
    assert refused(admit, [*good, forged]) in {"NOT_VERIFIED", "ISSUER_MISMATCH"}
    assert entries(database) == 0


@pytest.mark.parametrize("hours", [25, -25, 24 * 365])
def test_a_record_that_was_not_signed_about_now_is_refused(
    village: simulated.Village, admit: Admit, hours: int
) -> None:
    code = refused(admit, [village.records["village"]], later=timedelta(hours=hours))
    assert code == Reason.BAD_TIME


def test_a_record_of_another_host_is_refused(village: simulated.Village, admit: Admit) -> None:
    assert refused(admit, [village.records["village"]], host="other.example") == "FOREIGN_RECORD"


def test_another_record_under_the_same_address_is_refused(village: simulated.Village, admit: Admit) -> None:
    admit([village.records["village"]])
    village.now += timedelta(hours=1)
    other = village.issue("village", village.village(), "province#record")
    assert refused(admit, [other], later=timedelta(hours=1)) == "RECORD_EXISTS"


def test_a_place_in_a_status_list_is_given_once(village: simulated.Village, admit: Admit) -> None:
    admit([village.records["village"]])
    taken = village.records["village"].envelope.status
    record = replace(village.village(), facility_id=f"https://{HOST}/villages/lang-hai", name="Làng Hai")
    record = replace(
        record, envelope=replace(record.envelope, id=f"https://{HOST}/records/hai", status=taken)
    )
    assert refused(admit, [village.issue("hai", record, "province#record")]) == "STATUS_TAKEN"


@pytest.mark.parametrize(
    "serials", [{}, {LOT: b""}, {LOT: b"0" * 288}, {LOT: b"A" * 11}], ids=["none", "empty", "other", "odd"]
)
def test_a_lot_without_its_serials_is_refused(
    database: Database, village: simulated.Village, admit: Admit, serials: dict[str, bytes]
) -> None:
    assert refused(admit, everything(village), serials=serials) == "NO_SERIALS"
    assert entries(database) == 0


@pytest.mark.parametrize(
    ("offers", "code"),
    [
        ({}, "NO_PRODUCT"),
        ({LOT: replace(OFFER, craft="no-such-craft")}, "BAD_OFFER"),
        ({LOT: replace(OFFER, price=0)}, "BAD_OFFER"),
        ({LOT: replace(OFFER, stock=-1)}, "BAD_OFFER"),
    ],
)
def test_a_product_that_nothing_good_is_said_of_is_refused(
    database: Database, village: simulated.Village, admit: Admit, offers: dict[str, Offer], code: str
) -> None:
    assert refused(admit, everything(village), offers=offers) == code
    assert entries(database) == 0


def test_a_lot_under_a_gtin_that_another_product_has_as_its_code_is_refused(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    admit([item for item in everything(village) if not isinstance(item.record, LotPassport)])
    row = valid_rows()["products"][0] | {"gtin": None, "code": "09520000000011", "craft": "gom-su"}
    del row["id"]
    with database.write() as session:
        session.add(Craft(key="gom-su", name_vi="Gốm sứ", name_en="Pottery"))
        session.flush()
        session.add(Product(**row | {"workshop_id": session.scalars(select(Workshop.id)).one()}))
    assert refused(admit, everything(village)) == "BAD_OFFER"


# --- Who takes whose place -------------------------------------------------------------------------------


def copied(
    village: simulated.Village, record: VillageRecognition | WorkshopRecord, name: str
) -> SignedRecord:
    """The record as the association signs it over its own copy of a paper."""
    linked = tuple(
        item for item in ("village-copy",) if isinstance(record, WorkshopRecord) and item in village.records
    )
    paper = transcription(village, about=record.facility_id)
    paper_name = f"paper-{name}"
    issuer = Issuer(did("association"), village.keys["association#record"].name)
    envelope = replace(village.envelope(type(paper), paper_name, "association", linked), issuer=issuer)
    village.issue(paper_name, replace(paper, envelope=envelope), "association#record", linked)
    links = (*linked, paper_name)
    own = replace(village.envelope(type(record), name, "association", links), issuer=issuer)
    return village.issue(name, replace(record, envelope=own), "association#record", links)


@pytest.fixture
def transcribed(village: simulated.Village, admit: Admit) -> simulated.Village:
    """A village and a workshop that the association copied from paper."""
    village.keys["association#record"] = trust_key(
        "association", "association", (f"https://{HOST}/villages/lang-mau",)
    )
    copied(village, village.village(), "village-copy")
    copied(village, village.workshop(), "workshop-copy")
    admit([village.records[name] for name in village.records if "copy" in name])
    return village


def places(database: Database, village: simulated.Village) -> Places:
    """The pages of places as they are under the village's present trust list."""
    ledger = Ledger(database, policy=log_policy(village.trust), signing=None)
    return Places(database, Reader(), village.trust, ledger)


def test_a_place_whose_key_was_stolen_is_not_vouched_for(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    admit(everything(village))
    assert places(database, village).workshop("xuong-mau", now=NOW).record.is_sound
    key = village.keys["commune#record"]
    village.keys["commune#record"] = replace(key, revoked=Revocation("compromised", NOW))
    assert not places(database, village).workshop("xuong-mau", now=NOW).record.is_sound


def test_what_was_copied_is_shown_as_copied(database: Database, transcribed: simulated.Village) -> None:
    page = places(database, transcribed).workshop("xuong-mau", now=NOW)
    assert (page.record.level, page.record.earlier) == ("transcribed", ())


def test_the_commune_takes_the_place_and_the_page_names_both(
    database: Database, transcribed: simulated.Village, admit: Admit
) -> None:
    links = ("village-copy", "workshop-copy")
    record = replace(
        transcribed.workshop(),
        envelope=transcribed.envelope(WorkshopRecord, "workshop-commune", "commune", links),
        place="Xóm 2",
    )
    admit([transcribed.issue("workshop-commune", record, "commune#record", links)])
    page = places(database, transcribed).workshop("xuong-mau", now=NOW)
    assert page.record.level == "attested"
    assert [before.level for before in page.record.earlier] == ["transcribed"]
    with database.read() as session:
        assert session.scalar(select(Workshop.place_vi)) == "Xóm 2"


def test_a_later_copy_does_not_take_the_communes_place(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    admit(everything(village))
    village.keys["association#record"] = trust_key(
        "association", "association", (f"https://{HOST}/villages/lang-mau",)
    )
    copied(village, village.village(), "village-copy")
    admit([village.records[name] for name in village.records if "copy" in name])
    with database.read() as session:
        assert session.scalar(select(Village.record_id)) == "village"
        assert session.get(Record, "village-copy") is not None


# --- Corrections -----------------------------------------------------------------------------------------


def another(village: simulated.Village, name: str, like: str) -> None:
    """Issues one more record like one of the workshop's own."""
    first = village.records[like].record
    linked = tuple(link.url.rpartition("/")[2] for link in first.envelope.links)
    envelope = village.envelope(type(first), name, "workshop", linked)
    village.issue(name, replace(first, envelope=envelope), "workshop#record", linked)


def correction(
    village: simulated.Village, about: str, successor: str, *, linked: tuple[str, ...] | None = None
) -> SignedRecord:
    """The workshop says that one of its records takes the place of another."""
    said = forgery.notice(village, "correction", issuer="workshop", about=about)
    links = (about, successor) if linked is None else linked
    envelope = village.envelope(Notice, f"mend-{about}", "workshop", links)
    record = replace(said, envelope=envelope, supersedes=url(successor))
    return village.issue(f"mend-{about}", record, "workshop#record", links)


def test_a_correction_by_a_later_record_about_the_same_is_admitted(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    another(village, "event-2", "event")
    admit([*everything(village), correction(village, "event", "event-2")])
    with database.read() as session:
        rows = session.scalars(select(RecordLink).where(RecordLink.source == "mend-event"))
        assert {row.target: row.names_successor for row in rows} == {"event": False, "event-2": True}


@pytest.mark.parametrize("successor", ["passport", "workshop", "event"])
def test_a_correction_by_something_else_is_refused(
    database: Database, village: simulated.Village, admit: Admit, successor: str
) -> None:
    """A workshop that could tie any record to any other could hide what is said about that one."""
    another(village, "event-2", "event")
    admit(everything(village))
    about = "event-2" if successor != "event" else "passport"
    with pytest.raises(BadInput, match=r"SUBJECT_MISMATCH: a .* does not take the place of a"):
        admit([correction(village, about, successor)])
    assert entries(database) == 6


def test_a_correction_by_an_earlier_record_is_refused(village: simulated.Village, admit: Admit) -> None:
    village.now += timedelta(hours=1)
    another(village, "event-2", "event")
    admit(everything(village), later=timedelta(hours=1))
    with pytest.raises(BadInput, match="LINK_FORWARD"):
        admit([correction(village, "event-2", "event")], later=timedelta(hours=1))


def test_a_correction_that_does_not_link_to_what_takes_the_place_is_refused(
    village: simulated.Village, admit: Admit
) -> None:
    another(village, "event-2", "event")
    admit(everything(village))
    with pytest.raises(BadInput, match="it does not link to"):
        admit([correction(village, "event", "event-2", linked=("event",))])


def without_step(village: simulated.Village) -> list[SignedRecord]:
    """The workshop's passport that leads to another step, and the notice that corrects the first one."""
    another(village, "event-2", "event")
    links = ("workshop", "event-2", "certificate")
    first = village.records["passport"].record
    envelope = village.envelope(LotPassport, "passport-2", "workshop", links)
    passport = village.issue("passport-2", replace(first, envelope=envelope), "workshop#record", links)
    return [village.records["event-2"], passport, correction(village, "passport", "passport-2")]


@pytest.mark.parametrize("action", ["recall", "finding", None])
def test_a_correction_drops_no_step_that_a_notice_is_about(
    database: Database, village: simulated.Village, admit: Admit, action: str | None
) -> None:
    admit(everything(village))
    if action is not None:
        admit([village.notify("event", action)])
    newer, before = without_step(village), entries(database)
    if action is None:
        admit(newer)
    else:
        assert refused(admit, newer) == "STEP_NOTICED"
    assert entries(database) - before == (3 if action is None else 0)


def test_a_correction_and_a_notice_in_one_delivery_shed_nothing_either(
    village: simulated.Village, admit: Admit
) -> None:
    admit(everything(village))
    assert refused(admit, [*without_step(village), village.notify("event", "recall")]) == "STEP_NOTICED"


def test_a_correction_keeps_a_step_that_a_notice_is_about(village: simulated.Village, admit: Admit) -> None:
    admit([*everything(village), village.notify("event", "recall")])
    another(village, "passport-2", "passport")
    assert admit([village.records["passport-2"], correction(village, "passport", "passport-2")])


def test_a_correction_that_is_here_already_may_be_handed_in_again(
    village: simulated.Village, admit: Admit
) -> None:
    admit(everything(village))
    newer = without_step(village)
    admit(newer)
    admit([village.notify("event", "recall")])
    assert admit(newer)


def test_without_the_rule_the_step_would_be_dropped(
    village: simulated.Village, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "demand_kept_steps", lambda *_: None)
    admit([*everything(village), village.notify("event", "recall")])
    assert admit(without_step(village))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_notice_that_comes_while_a_correction_is_judged_is_seen(
    village: simulated.Village, admit: Admit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction stores it before this one has the log: SQLite would let nobody in."""
    admit(everything(village))
    newer, recall = without_step(village), village.notify("event", "recall")
    real, told = admission.store_records, []

    def after_a_notice(*args: Any, **options: Any) -> tuple[int, ...]:
        if not told:
            told.append(recall)
            admit([recall])
        return real(*args, **options)

    monkeypatch.setattr(admission, "store_records", after_a_notice)
    assert refused(admit, newer) == "STEP_NOTICED"


def findings(village: simulated.Village, count: int) -> list[SignedRecord]:
    """Notices of the inspector about the lot's passport."""
    made = []
    for number in range(count):
        said = forgery.notice(village, "finding")
        envelope = village.envelope(Notice, f"finding-{number}", "inspector", ("passport",))
        made.append(
            village.issue(
                f"finding-{number}", replace(said, envelope=envelope), "inspector#record", ("passport",)
            )
        )
    return made


def test_no_issuer_gives_more_notices_about_a_record_than_leaves_room_for_others(
    database: Database, village: simulated.Village, admit: Admit
) -> None:
    admit(everything(village))
    *some, last = findings(village, NOTICES_MAX_PER_ISSUER + 1)
    admit(some)
    before = entries(database)
    assert refused(admit, [last]) == "TOO_MANY_NOTICES"
    assert entries(database) == before


def test_corrections_of_a_record_come_to_an_end(village: simulated.Village, admit: Admit) -> None:
    for name in ("event-2", "event-3"):
        another(village, name, "event")
    admit([*everything(village), correction(village, "event", "event-2")])
    third = correction(village, "event-2", "event-3")
    assert refused(admit, [third], corrections_max=1) == "TOO_MANY_NOTICES"
