"""The frozen value of a photo or voice note that a signed step names."""

from dataclasses import dataclass

__all__ = ["StepFile"]


@dataclass(frozen=True, slots=True)
class StepFile:
    """A photo or voice note whose digest a step has signed.

    Attributes:
        digest: as signed.
        kind: `photo` or `voice`; empty where nothing is known here but the digest.
        name: in the media folder.
        width: of a photo at the size of a page's column, in pixels.
        height: pixels.
        state: `here` with exactly the signed bytes, `changed` with others, or `missing`.
    """

    digest: str
    kind: str = ""
    name: str = ""
    width: int = 0
    height: int = 0
    state: str = "missing"
