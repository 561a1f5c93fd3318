"""Which entries of the log are about a village: itself, its workshops, and what was signed about them."""

from sqlalchemy import ScalarSelect, or_, select, union

from shop.db.catalogue import Village, Workshop
from shop.db.lots import Record, RecordLink

__all__ = ["entries_about"]


def entries_about(slug: str) -> ScalarSelect[str]:
    """Gives the select of the entry ids of records about a village.

    These are the records that village and workshops have now, what these records link to (papers, earlier
    records), all that the workshops signed, and all that links to any of it: certificates and notices.
    """
    village = select(Village.id).where(Village.slug == slug).scalar_subquery()
    workshops = Workshop.village_id == village
    places = union(
        select(Village.record_id).where(Village.slug == slug), select(Workshop.record_id).where(workshops)
    ).subquery("places")
    of_places = select(places.c.record_id)
    signed = select(Record.id).where(Record.issuer.in_(select(Workshop.issuer).where(workshops)))
    return (
        select(Record.url)
        .where(
            or_(
                Record.id.in_(of_places),
                Record.id.in_(select(RecordLink.target).where(RecordLink.source.in_(of_places))),
                Record.id.in_(signed),
                Record.id.in_(
                    select(RecordLink.source).where(
                        or_(RecordLink.target.in_(of_places), RecordLink.target.in_(signed))
                    )
                ),
            )
        )
        .scalar_subquery()
    )
