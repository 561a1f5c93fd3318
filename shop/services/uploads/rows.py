"""The rows of stored uploads: what the media folder keeps, the database tells whose it is."""

from datetime import datetime

from sqlalchemy.orm import Session

from shop.db.media import Media
from shop.media import StoredMedia

__all__ = ["add_media"]


def add_media(
    session: Session, stored: StoredMedia, *, account_id: int | None, workshop_id: int | None, now: datetime
) -> int:
    """Adds the row of a file that was stored just now, and gives its id.

    Args:
        session: that writes.
        stored: as `MediaStore` gave it; whoever rolls back takes the file away again.
        account_id: of whoever sent it; None for what the demo brings along.
        workshop_id: whose it is; None where there is no workshop yet.
        now: aware.
    """
    row = Media(
        name=stored.name,
        kind=stored.kind,
        mimetype=stored.mimetype,
        digest=stored.digest,
        size=stored.size,
        width=stored.width,
        height=stored.height,
        workshop_id=workshop_id,
        account_id=account_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id
