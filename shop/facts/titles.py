"""What a village may be called: it is a "làng nghề" only where its recognition says so."""

from typing import Final

from traceability.records.facility import Recognition

__all__ = ["bare_name", "village_title"]

# A recognised craft (`traditional_craft`) is no title of the village; one under review is not claimed.
_TITLES: Final = {
    "craft_village": ("Làng nghề", "Craft village"),
    "traditional_craft_village": ("Làng nghề truyền thống", "Traditional craft village"),
}
_PLAIN: Final = ("Làng", "Village")
_PREFIXES: Final = ("làng nghề truyền thống ", "làng nghề ", "làng ")


def bare_name(name: str) -> str:
    """Gives a name as it reads after "làng": `Mẫu` for `Làng Mẫu`."""
    for prefix in _PREFIXES:
        if name.casefold().startswith(prefix):
            return name[len(prefix) :].strip()
    return name


def village_title(name: str, recognition: Recognition) -> tuple[str, str]:
    """Gives a village's name with the title that it holds, in Vietnamese and English."""
    is_recognised = recognition.status == "recognised"
    vi, en = _TITLES.get(recognition.type or "", _PLAIN) if is_recognised else _PLAIN
    return f"{vi} {bare_name(name)}", f"{en} of {bare_name(name)}"
