"""The only folder that knows tables. `session.open_database` is the way in.

All tables are imported here, so that whoever imports one of them has the whole schema: a foreign key to a
table that nobody imported fails only at the first write.
"""

from shop.db.accounts import Account, AuditEntry, Invitation, LoginSession
from shop.db.base import Base
from shop.db.catalogue import Craft, Product, ProductVariant, Village, Workshop
from shop.db.desk import Draft, KeyEnrolment, PrivateFact, Report, Request, SpoiledUnit
from shop.db.instance import InstanceFact
from shop.db.log import LogCheckpoint, LogCosignature, LogEntry, LogTile
from shop.db.lots import Certificate, Lot, Record, RecordLink, TrustList
from shop.db.media import EventMedia, LetGoMedia, Media, ProductPhoto
from shop.db.scans import Scan
from shop.db.search import CatalogueChange, ProductWords
from shop.db.status_lists import StatusListVersion

__all__ = [
    "Account",
    "AuditEntry",
    "Base",
    "CatalogueChange",
    "Certificate",
    "Craft",
    "Draft",
    "EventMedia",
    "InstanceFact",
    "Invitation",
    "KeyEnrolment",
    "LetGoMedia",
    "LogCheckpoint",
    "LogCosignature",
    "LogEntry",
    "LogTile",
    "LoginSession",
    "Lot",
    "Media",
    "PrivateFact",
    "Product",
    "ProductPhoto",
    "ProductVariant",
    "ProductWords",
    "Record",
    "RecordLink",
    "Report",
    "Request",
    "Scan",
    "SpoiledUnit",
    "StatusListVersion",
    "TrustList",
    "Village",
    "Workshop",
]
