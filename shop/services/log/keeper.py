"""Signs and publishes the log in the background when it has grown, and looks for a newer trust list."""

import atexit
import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from shop.errors import ShopError
from shop.services.log.ledger import Ledger
from shop.services.signed.status_renewal import StatusRenewal
from shop.services.trust.watch import TrustWatch
from traceability.errors import TraceabilityError

__all__ = ["INTERVAL_S", "LogKeeper"]

INTERVAL_S: Final = 1.0  # how old the newest head may be while the log grows

_log = logging.getLogger(__name__)


class LogKeeper:
    """Keeps the head of a log young. Whatever goes wrong, pages go on being served, and it tries again.

    Args:
        ledger: with the log's key.
        clock: gives the present time, aware.
        renewal: keeps status lists fresh; None leaves them to their issuers.
        watch: is told to look for a newer trust list; None where nobody would take it up.
        interval_s: between two looks at the log.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        clock: Callable[[], datetime],
        renewal: StatusRenewal | None = None,
        watch: TrustWatch | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._ledger, self._clock, self._renewal = ledger, clock, renewal
        self._watch = watch
        self._interval_s = interval_s
        self._stop = Event()
        self._trouble: str | None = None
        self._is_published = False
        self._thread = Thread(target=self._run, name="log-keeper", daemon=True)

    def start(self) -> None:
        """Begins; in the process that serves, since threads do not survive a fork."""
        self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Stops after a last look, so that nothing committed waits unsigned for the next start."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join(timeout=5)
            self.look()

    def look(self) -> None:
        """Signs and publishes if the log has grown, and renews status lists, which the next look signs.

        Never raises what is ours; trouble is logged once.
        """
        try:
            latest = self._ledger.latest()
            if latest is None or latest.size != self._ledger.size():
                self._is_published = False
                self._ledger.checkpoint(self._clock())
            if not self._is_published:
                self._ledger.publish()
                self._is_published = True
            if self._renewal is not None:
                self._renewal.renew(self._clock())
            if self._watch is not None:
                self._watch.look()
            self._trouble = None
        except (TraceabilityError, ShopError, SQLAlchemyError, OSError) as error:
            trouble = f"{type(error).__name__}: {error}"
            if trouble != self._trouble:
                self._trouble = trouble
                _log.error("the log is not signed or published: %s", trouble)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self.look()
