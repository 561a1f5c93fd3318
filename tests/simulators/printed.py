"""Printed labels: a sealed lot to print, pages as pixels, and what a printer and a camera do to a label."""

import hashlib
from collections.abc import Iterator
from datetime import date
from io import BytesIO

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

from traceability.labels import seal
from traceability.labels.code import LabelCode, new_serial
from traceability.labels.code import parse as parse_label
from traceability.labels.presets import SheetPreset
from traceability.labels.read import read_labels
from traceability.signing.keys import Ed25519Signer

__all__ = ["SEAL_KEY", "cells", "lot", "opened", "read_sealed", "rendered", "worn"]

SEAL_KEY = Ed25519Signer.from_seed(bytes(range(32)))


def lot(count: int, *, host: str = "LANGNGHE-HN1.EXAMPLE") -> list[LabelCode]:
    """Gives sealed codes, the same in every run; with a host of 20 characters they have 219."""
    digest = hashlib.sha256(b"lot record").digest()
    whole = LabelCode(host, gtin="09521234543213", lot="GOM-2026-1")
    codes = []
    for number in range(count):
        serial = new_serial(lambda size, number=number: hashlib.sha256(b"%d" % number).digest()[:size])
        code = LabelCode(whole.host, gtin=whole.gtin, lot=whole.lot, serial=serial)
        kid = SEAL_KEY.public_key.kid
        day = date(2026, 8, 1)
        codes.append(seal.attach(code, kid=kid, day=day, record_digest=digest, sign=SEAL_KEY.sign))
    return codes


def opened(data: bytes) -> pypdfium2.PdfDocument:
    """Opens a PDF with a reader that is not ours."""
    return pypdfium2.PdfDocument(data)


def rendered(page: pypdfium2.PdfPage, dots_per_mm: float) -> Image.Image:
    """Gives a page as grey pixels."""
    return page.render(scale=dots_per_mm * 25.4 / 72, grayscale=True).to_pil()


def cells(page: Image.Image, preset: SheetPreset) -> Iterator[Image.Image]:
    """Cuts a rendered page into its places, row by row."""
    grid = preset.form.dots_per_mm
    for row in range(preset.rows):
        for column in range(preset.columns):
            left = preset.left_mm + column * preset.pitch_x_mm
            top = preset.top_mm + row * preset.pitch_y_mm
            box = (left, top, left + preset.form.width_mm, top + preset.form.height_mm)
            yield page.crop(tuple(round(side * grid) for side in box))


def worn(label: Image.Image, number: int) -> Image.Image:
    """Gives a label as a hot thermal head and a shaky hand leave it: ink runs by a dot in a half, then blur.

    Args:
        number: of the label; it chooses which half and which way.
    """
    grey = label.convert("L")
    width, height = grey.size
    way = (1, 0) if number % 2 else (0, 1)
    run = ImageChops.darker(grey, ImageChops.offset(grey, *way))
    half = (0, 0, width // 2, height) if number % 4 < 2 else (0, height // 2, width, height)
    grey.paste(run.crop(half), half)
    return grey.filter(ImageFilter.GaussianBlur(0.8))


def read_sealed(picture: Image.Image | bytes) -> str | None:
    """Gives the one text that our reader finds, whose seal holds; None for none or several."""
    if not isinstance(picture, bytes):
        file = BytesIO()
        picture.save(file, "PNG", compress_level=0)
        picture = file.getvalue()
    texts = read_labels(picture)
    if len(texts) != 1:
        return None
    code = parse_label(texts[0])
    found = seal.parse(code.seal or "")
    SEAL_KEY.public_key.verify(found.signature, found.message(code))
    return texts[0]
