"""Who acts: the signed-in person as services see her, and the check of what her role may do."""

from dataclasses import dataclass
from typing import Final

from shop.errors import Forbidden

__all__ = ["ARTISAN", "ASSOCIATION", "BUYER", "INSPECTOR", "OPERATOR", "ROLES", "Actor", "demand_role"]

BUYER: Final = "buyer"
ARTISAN: Final = "artisan"
ASSOCIATION: Final = "association"
INSPECTOR: Final = "inspector"
OPERATOR: Final = "operator"
ROLES: Final = (BUYER, ARTISAN, ASSOCIATION, INSPECTOR, OPERATOR)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, as far as rules need her.

    Attributes:
        account_id: of her account.
        role: one of ROLES.
        name: as desks and the audit trail show it; never in signed or public bytes.
        workshop_id: an artisan's workshop; None for all others, and before her workshop is approved.
        issuer: slug of the issuer whose records she may sign: the workshop's, the association's or commune's,
            the inspector's; None where she signs nothing.
    """

    account_id: int
    role: str
    name: str
    workshop_id: int | None = None
    issuer: str | None = None


def demand_role(actor: Actor, *roles: str) -> None:
    """Checks that a person has one of some roles.

    Raises:
        Forbidden: WRONG_ROLE.
    """
    if actor.role not in roles:
        raise Forbidden("WRONG_ROLE", f"a {actor.role} asked for what only {', '.join(roles)} may do")
