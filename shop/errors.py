"""Every error that leaves the shop.

    ShopError                  `.code` says what is wrong, for programs
    |-- NotFound               no such thing, or not one that this person may see
    |-- Forbidden              this person's role may not do that, whatever the thing is
    |-- BadInput               what a person typed or sent cannot be taken
    |   `-- BadFields          some fields of a form, each with its reason
    |-- ConfigurationError     a setting or the machine is not as it must be; the shop does not start
    `-- StorageBusy            the database is taken just now; the same call may succeed in a moment

Messages say what was found and what was expected, in lower case, without secrets and without advice.
"""

from collections.abc import Mapping

__all__ = ["BadFields", "BadInput", "ConfigurationError", "Forbidden", "NotFound", "ShopError", "StorageBusy"]


class ShopError(Exception):
    """The one family that leaves `shop`.

    Attributes:
        code: the stable reason in upper case, for programs; `str(error)` is the sentence, for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotFound(ShopError):
    """No such thing, or not one that this person may see: the two are never told apart."""


class Forbidden(ShopError):
    """This person's role may not do that; somebody else's thing is NotFound instead."""


class BadInput(ShopError):
    """What a person typed or sent cannot be taken; nothing was changed."""


class BadFields(BadInput):
    """Fields of a form cannot be taken, so that the form is shown again with what was typed.

    Attributes:
        mistakes: why, as a code in upper case, by the name of the field.
    """

    def __init__(self, mistakes: Mapping[str, str]) -> None:
        told = ", ".join(f"{field} {code}" for field, code in mistakes.items())
        super().__init__("BAD_FIELDS", f"cannot be taken: {told}")
        self.mistakes = dict(mistakes)


class ConfigurationError(ShopError):
    """A setting or the machine is not as it must be; the shop refuses to start."""


class StorageBusy(ShopError):
    """The database is taken just now; nothing was changed, and the same call may succeed in a moment."""
