"""The only folder that knows tables. `session.open_database` is the way in.

All tables are imported here, so that whoever imports one of them has the whole schema: a foreign key to a
table that nobody imported fails only at the first write.
"""

from shop.db.accounts import Account, AuditEntry, Invitation, LoginSession
from shop.db.base import Base
from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.instance import InstanceFact
from shop.db.log import LogCheckpoint, LogCosignature, LogEntry, LogTile
from shop.db.lots import Certificate, Lot, Record, RecordLink, TrustList
from shop.db.scans import Scan
from shop.db.status_lists import StatusListVersion

__all__ = [
    "Account",
    "AuditEntry",
    "Base",
    "Certificate",
    "Craft",
    "InstanceFact",
    "Invitation",
    "LogCheckpoint",
    "LogCosignature",
    "LogEntry",
    "LogTile",
    "LoginSession",
    "Lot",
    "Product",
    "Record",
    "RecordLink",
    "Scan",
    "StatusListVersion",
    "TrustList",
    "Village",
    "Workshop",
]
