"""The names of records in English, where this software itself put the Vietnamese ones together."""

import re
from typing import Final

from shop.services.signed.certificates import english
from shop.services.texts import Text

__all__ = ["record_name"]

_COMPOSED: Final = (
    (re.compile(r"Hộ chiếu lô (.+?) – (.+)"), r"Passport of lot \1 – \2"),
    (re.compile(r"Cơ sở sản xuất (.+), làng (.+)"), r"Workshop \1, \2 village"),
)
_NOTICES: Final = {
    "Gọi về: ": "Recall: ",
    "Tạm ngưng: ": "Suspension: ",
    "Thu hồi: ": "Revocation: ",
    "Nhận xét: ": "Finding: ",
    "Đính chính: ": "Correction: ",
}


def record_name(name: str, translation: str | None) -> Text:
    """Gives a record's name; its English is the unsigned translation's, else that of a name composed here.

    Args:
        name: as signed.
        translation: of the record, as stored; None where there is none.
    """
    return Text(name, english(translation, "name") or _composed(name))


def _composed(name: str) -> str:
    """Gives the English of a composed name, empty for a name that people gave."""
    for prefix, words in _NOTICES.items():
        if name.startswith(prefix):
            about = name.removeprefix(prefix)
            return words + (_simple(about) or about)
    return _simple(name)


def _simple(name: str) -> str:
    for form, words in _COMPOSED:
        if found := form.fullmatch(name):
            return found.expand(words)
    return ""
