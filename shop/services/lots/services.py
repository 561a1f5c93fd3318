"""All that the artisan's lots need, built in one place for the wiring."""

from dataclasses import dataclass

from shop.db.session import Database
from shop.media import MediaStore
from shop.services.keys.keyring import Keyring
from shop.services.log.ledger import Ledger
from shop.services.lots.correcting import CorrectionDesk
from shop.services.lots.desk import LotDesk
from shop.services.lots.held_corrections import HeldCorrections
from shop.services.lots.holding import HeldSigning
from shop.services.lots.labels import LabelDesk, PrintedWords
from shop.services.lots.pictures import StepPictures
from shop.services.lots.shelf import LotShelf
from shop.services.lots.signing import LotSigning
from shop.services.lots.spoiled import SpoiledLabels
from shop.services.lots.step_tables import StepTables
from shop.services.lots.tables import LotTables
from shop.services.signed.admission import Admission
from shop.services.typed.drafts import Drafts
from traceability.signing.trust import TrustList

__all__ = ["LotServices", "open_lots"]


@dataclass(frozen=True, slots=True)
class LotServices:
    """Drafts of all kinds, and the services of lots."""

    drafts: Drafts
    desk: LotDesk
    held: HeldSigning
    shelf: LotShelf
    corrections: CorrectionDesk
    held_corrections: HeldCorrections
    spoiled: SpoiledLabels
    pictures: StepPictures
    labels: LabelDesk
    tables: LotTables
    step_tables: StepTables


def open_lots(
    database: Database,
    *,
    trust: TrustList,
    host: str,
    ledger: Ledger,
    keyring: Keyring,
    admission: Admission,
    media: MediaStore,
    printed: PrintedWords,
) -> LotServices:
    """Builds the services of lots over an open instance."""
    drafts = Drafts(database)
    signing = LotSigning(database, trust, host, keyring)
    desk = LotDesk(database, drafts, signing, admission)
    corrections = CorrectionDesk(database, drafts, signing, admission)
    return LotServices(
        drafts=drafts,
        desk=desk,
        held=HeldSigning(desk),
        shelf=LotShelf(database, trust=trust, ledger=ledger),
        corrections=corrections,
        held_corrections=HeldCorrections(corrections),
        spoiled=SpoiledLabels(database),
        tables=LotTables(database),
        step_tables=StepTables(database),
        pictures=StepPictures(database, media),
        labels=LabelDesk(database, keyring, printed),
    )
