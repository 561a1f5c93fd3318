"""A product as its lots need it: what stands on its row, and what its lots before said."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.errors import NotFound
from shop.facts.files import step_templates
from shop.services.keys.makers import Maker
from shop.services.texts import Text
from traceability.records.canonical import Document

__all__ = ["LotProduct", "find_product", "material_kinds"]


@dataclass(frozen=True, slots=True)
class LotProduct:
    """A product of the workshop.

    Attributes:
        number: its GTIN or its own code, as addresses have it.
        is_one_off: there is one piece of it, and so one label.
        materials: as the product's page names them, or as its craft usually has them.
    """

    id: int
    slug: str
    name_vi: str
    name_en: str
    craft: str
    gtin: str | None
    code: str | None
    price: int
    stock: int
    hs: Document
    is_one_off: bool
    materials: tuple[dict[str, Any], ...]
    warnings: str

    @property
    def number(self) -> str:
        """GTIN or code."""
        return self.gtin or self.code or ""

    def to_form(self) -> Document:
        """Gives the product's part of a lot's form."""
        name = {"vi": self.name_vi} | ({"en": self.name_en} if self.name_en else {})
        own = {"gtin": self.gtin} if self.gtin else {"code": self.code}
        return {
            **own, "slug": self.slug, "name": name, "craft": self.craft, "hs": dict(self.hs),
            "price": self.price, "stock": self.stock,
        }  # fmt: skip


def find_product(session: Session, maker: Maker, slug: str) -> LotProduct:
    """Gives a product of the workshop.

    Raises:
        NotFound: NO_PRODUCT, also where it is another workshop's.
    """
    row = session.scalar(select(Product).where(Product.slug == slug, Product.workshop_id == maker.id))
    if row is None:
        raise NotFound("NO_PRODUCT", f"the workshop has no product {slug[:80]!r}")
    document = json.loads(row.document)
    usual = step_templates()["crafts"][row.craft]
    return LotProduct(
        id=row.id,
        slug=row.slug,
        name_vi=row.name_vi,
        name_en=row.name_en,
        craft=row.craft,
        gtin=row.gtin,
        code=row.code,
        price=row.price.amount,
        stock=row.stock,
        hs=document.get("hs") or usual["hs"],
        is_one_off=document.get("oneOff") is True,
        materials=tuple(document.get("materials") or ()),
        warnings=_vi(document.get("warnings")),
    )


def material_kinds() -> tuple[tuple[str, Text], ...]:
    """Gives the kinds of material to choose from: HS code and plain words."""
    return tuple((item["code"], Text(item["vi"], item["en"])) for item in step_templates()["material_kinds"])


def _vi(text: Any) -> str:
    """Gives the Vietnamese of a text that may be in two languages, or none."""
    return str(text.get("vi", "")) if isinstance(text, dict) else str(text or "")
