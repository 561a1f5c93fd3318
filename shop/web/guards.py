"""Sets up what guards accounts: sessions, CSRF tokens, limits on tries, second factors, and known proxies."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from flask import Flask, abort, current_app, request
from flask_security.totp import Totp
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError as UnusableStorage
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter, RateLimiter
from werkzeug.middleware.proxy_fix import ProxyFix

from shop.config import Settings
from shop.errors import BadInput, ConfigurationError, StorageBusy
from shop.services.access.sign_in_names import normal_name
from shop.web.access import desk_url, present
from shop.web.sessions import SAFE_METHODS, DeskSessions, desk_session

__all__ = ["OPEN_FORMS", "Guards", "guards", "install"]

EXTENSION: Final = "langnghe.guards"
ISSUER: Final = "Làng nghề"
CODE_WINDOW_S: Final = 30  # a code of the half minute before or after is taken too: clocks differ
# Forms that act for nobody: they change nothing, and lie on pages that everybody gets alike.
OPEN_FORMS: Final = frozenset({"verify.check", "report.send"})

BY_ADDRESS: Final = RateLimitItemPerMinute(10, 5, namespace="sign-in-address")
BY_ACCOUNT: Final = RateLimitItemPerMinute(10, 5, namespace="sign-in-account")
BY_ALL: Final = RateLimitItemPerMinute(1_000, 5, namespace="sign-in-all")
CODES: Final = RateLimitItemPerMinute(5, 5, namespace="codes")
REPORTS: Final = RateLimitItemPerMinute(5, 60, namespace="reports")
REPORTS_BY_ALL: Final = RateLimitItemPerMinute(200, 60, namespace="reports-all")
LOOKS: Final = RateLimitItemPerMinute(10, 60, namespace="tax-codes")
LOOKS_A_DAY: Final = RateLimitItemPerMinute(40, 1_440, namespace="tax-codes-a-day")
CODES_A_DAY: Final = RateLimitItemPerMinute(50, 1_440, namespace="codes-a-day")


class Guards:
    """The guards of one application; made by `install`."""

    def __init__(self, limiter: RateLimiter, totp: "_Totp") -> None:
        self._limiter, self._totp = limiter, totp

    def take_try(self, name: str) -> None:
        """Counts a try to sign in, before anything costly is done for it.

        The address comes first, so that one attacker uses up no more than ten tries of somebody's account.

        Args:
            name: as typed; names that nobody has are counted alike.

        Raises:
            werkzeug.exceptions.TooManyRequests: too many wrong ones in five minutes.
        """
        for item, key in self._tries(name):
            self._take(item, key)

    def forgive_try(self, name: str) -> None:
        """Gives a try back that was right: only wrong ones are limited."""
        for item, key in self._tries(name):
            with _reached():
                self._limiter.hit(item, key, cost=-1)

    def take_report(self) -> None:
        """Counts a report of a visitor.

        Raises:
            werkzeug.exceptions.TooManyRequests: more than 5 from one address in an hour, or 200 from all.
        """
        # The address comes first, so that what it is refused counts against nobody else.
        self._take(REPORTS, _network())
        self._take(REPORTS_BY_ALL, "all")

    def take_code(self, account_id: int) -> None:
        """Counts a try of a second factor.

        Raises:
            werkzeug.exceptions.TooManyRequests: more than 5 in five minutes, or 50 in a day.
        """
        for item in (CODES, CODES_A_DAY):
            self._take(item, str(account_id))

    def take_look(self, account_id: int) -> None:
        """Counts a look at what is told to few, such as a tax code.

        Raises:
            werkzeug.exceptions.TooManyRequests: more than 10 in an hour, or 40 in a day.
        """
        for item in (LOOKS, LOOKS_A_DAY):
            self._take(item, str(account_id))

    def new_secret(self) -> str:
        """Gives a fresh secret of a second factor, encrypted under the instance's SECRET_KEY."""
        return self._totp.generate_totp_secret()

    def check_code(self, code: str, secret: str, *, last: int | None = None) -> int | None:
        """Gives the counter of a right code; None for a wrong one, or one not after `last`."""
        holder = _Counter(last)
        digits = "".join(code.split())
        if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
            return None
        is_right = self._totp.verify_totp(digits, secret, holder, window=CODE_WINDOW_S)  # type: ignore[arg-type]  # see _Totp
        return holder.value if is_right else None

    def shown_secret(self, name: str, secret: str) -> tuple[str, str]:
        """Gives a secret as an `otpauth:` address for a QR code, and as letters to type."""
        return self._totp.get_totp_uri(name, secret), self._totp.get_totp_pretty_key(secret)

    def _take(self, item: RateLimitItem, key: str) -> None:
        with _reached():
            is_left = self._limiter.hit(item, key)
        if not is_left:
            abort(429)

    def _tries(self, name: str) -> tuple[tuple[RateLimitItem, str], ...]:
        try:
            known = normal_name(name)  # or each way to write a number would have ten tries of its own
        except BadInput:
            known = "-"
        # A typed name may be anything, even a password; its digest is as good a key.
        account = hashlib.sha256(known.encode()).hexdigest()
        return (BY_ADDRESS, _network()), (BY_ACCOUNT, account), (BY_ALL, "all")


@dataclass(slots=True)
class _Counter:
    """Stands for the user that Flask-Security hands through, of whom only the last counter matters."""

    value: int | None


class _Totp(Totp):
    """Flask-Security's second factor, which leaves to us that no code counts twice."""

    def get_last_counter(self, user: Any) -> int | None:
        """Gives the counter of the last code that was used."""
        found: int | None = user.value
        return found

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Keeps the counter of the code that fits."""
        user.value = tmatch.counter


def guards() -> Guards:
    """Gives the guards of the application that is serving."""
    found: Guards = current_app.extensions[EXTENSION]
    return found


def install(app: Flask, settings: Settings) -> None:
    """Sets them up; the checks of hosts and origins come before it."""
    secret = settings.secret_key.get_secret_value()
    app.session_interface = DeskSessions(secret, is_https=settings.is_https)
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the way Flask documents
            app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    limiter = _limiter(settings)
    key = hashlib.sha256(b"langnghe second factor\x00" + secret.encode()).hexdigest()
    app.extensions[EXTENSION] = Guards(limiter, _Totp({"1": key}, ISSUER))
    _guard_forms(app)
    app.add_template_global(present)
    app.add_template_global(desk_url)
    app.add_template_global(lambda: desk_session().visit is not None, "has_session")


def _limiter(settings: Settings) -> RateLimiter:
    """Gives what counts tries, in this process or in the Redis server that several share.

    It is Flask-Limiter's own engine without its hooks, which every public page would pass. Windows are fixed,
    because a try that was right is given back.
    """
    url = settings.redis_url.get_secret_value() if settings.redis_url else "memory://"
    try:
        return FixedWindowRateLimiter(storage_from_string(url, wrap_exceptions=True))
    except (UnusableStorage, ValueError) as error:
        # The URL may hold a password, so it is not said.
        raise ConfigurationError("BAD_REDIS_URL", "redis://host:port/number expected in REDIS_URL") from error


@contextmanager
def _reached() -> Iterator[None]:
    """Turns a Redis server that does not answer into StorageBusy: nobody gets in uncounted."""
    try:
        yield
    except StorageError as error:
        raise StorageBusy("NO_COUNTERS", "the server that counts tries does not answer") from error


def _guard_forms(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # only where there is a session to be misused
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form may lie open for as long as its session lives
    app.config["WTF_CSRF_SSL_STRICT"] = False  # origins are checked before, for every form
    protect = CSRFProtect(app)

    @app.before_request
    def _demand_token() -> None:
        if request.method in SAFE_METHODS or request.endpoint in OPEN_FORMS:
            return
        if desk_session().visit is not None:
            try:
                protect.protect()
            except CSRFError:
                abort(400)


def _network() -> str:
    """Gives who is counted as one address: of IPv6 a household's whole network."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(address)
