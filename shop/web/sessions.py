"""Flask's session over the database: looked up when first asked for, stored by writes alone, ended for good.

The cookie holds the session's token under a dated signature, so that how long a browser stayed away is
known without a write. Messages for the next page (`flash`) go in a cookie of their own: showing them writes
nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.timed import TimestampSigner

from shop.services.access.sessions import Sessions, Visit
from shop.web.current import now, services

__all__ = ["SAFE_METHODS", "DeskSession", "DeskSessions", "desk_session"]

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FLASHES: Final = "_flashes"  # where Flask keeps the messages of `flash`
FLASHES_FOR: Final = timedelta(minutes=5)
FLASHES_CHARACTERS: Final = 3_000
STAMP_EVERY: Final = timedelta(minutes=10)
COOKIE_FOR: Final = timedelta(days=30)


class DeskSession(SessionMixin):
    """What one browser's session keeps; the database is asked once, and only when something asks for it.

    Attributes:
        token: the browser's token, None where it has none.
        messages: for the next page, as Flask keeps them.
        is_asked: the answer depends on the session.
        has_new_token, has_new_messages: a cookie must be sent.
    """

    def __init__(self, token: str | None, *, age: timedelta, messages: list[Any]) -> None:
        self.token, self.messages, self.modified = token, messages, False
        self.has_new_token = self.has_new_messages = False
        self.is_asked = False
        self._age, self._is_known = age, token is None
        self._visit: Visit | None = None
        self._data: dict[str, Any] = {}

    @property
    def visit(self) -> Visit | None:
        """The living session of this browser, None where there is none."""
        self._ask()
        return self._visit

    def _ask(self) -> None:
        self.is_asked = True
        if not self._is_known:
            self._is_known = True
            found = _sessions().look_up(self.token or "", now=now())
            if found is not None and self._age <= found.idle:
                self._visit, self._data = found, dict(found.data)

    @property
    def is_stale(self) -> bool:
        """Whether the cookie of a living session should be dated anew."""
        return self._visit is not None and self._age > STAMP_EVERY

    def take(self, token: str) -> None:
        """Gives the browser another session, which a service has begun."""
        self.token, self.has_new_token, self.modified = token, True, False
        self._visit, self._is_known, self._age, self._data = None, False, timedelta(), {}

    def leave(self) -> None:
        """Takes the session from the browser; ending it in the database is the service's part."""
        self.take("")
        self.token, self._is_known = None, True

    def keep(self) -> None:
        """Stores what changed; the session begins here if there is none."""
        token = _sessions().keep(self.token if self.visit else None, self._data, now=now())
        if token != self.token:
            self.token, self.has_new_token = token, True

    def __getitem__(self, key: str) -> Any:
        if key == FLASHES and self.messages:
            return self.messages
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key == FLASHES:
            self.messages, self.has_new_messages = value, True
        else:
            self._values[key], self.modified = value, True

    def __delitem__(self, key: str) -> None:
        if key == FLASHES:
            self.messages, self.has_new_messages = [], True
        else:
            del self._values[key]
            self.modified = True

    def __contains__(self, key: object) -> bool:
        return bool(self.messages) if key == FLASHES else key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter([*self._values, *([FLASHES] if self.messages else [])])

    def __len__(self) -> int:
        return len(self._values) + bool(self.messages)

    @property
    def _values(self) -> dict[str, Any]:
        self._ask()
        return self._data


class DeskSessions(SessionInterface):
    """Reads and sends the two cookies."""

    def __init__(self, secret_key: str, *, is_https: bool) -> None:
        prefix = "__Host-" if is_https else ""
        self._name, self._messages_name = f"{prefix}langnghe", f"{prefix}langnghe-notes"
        self._is_https = is_https
        self._signer = TimestampSigner(secret_key, salt="session")
        self._sealer = URLSafeSerializer(secret_key, salt="notes")

    def open_session(self, app: Flask, request: Request) -> DeskSession:
        """Reads the cookies; the database is not asked yet."""
        token, age = self._read(request.cookies.get(self._name))
        return DeskSession(token, age=age, messages=self._messages(request.cookies.get(self._messages_name)))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Sends the cookies that changed."""
        assert isinstance(session, DeskSession)  # noqa: S101  # from open_session
        if session.modified and request.method not in SAFE_METHODS:
            session.keep()
        if session.is_asked or session.has_new_messages:
            response.vary.add("Cookie")
            response.headers.setdefault("Cache-Control", "no-store")
        if session.has_new_messages:
            self._send_messages(response, session.messages)
        if session.has_new_token and session.token is None:
            response.delete_cookie(self._name, **self._attributes)
        elif session.token is not None and (session.has_new_token or session.is_stale):
            signed = self._signer.sign(session.token).decode()
            response.set_cookie(self._name, signed, max_age=COOKIE_FOR, **self._attributes)

    @property
    def _attributes(self) -> dict[str, Any]:
        return {"secure": self._is_https, "httponly": True, "samesite": "Lax", "path": "/"}

    def _read(self, cookie: str | None) -> tuple[str | None, timedelta]:
        try:
            value, signed_at = self._signer.unsign(cookie or "", return_timestamp=True)
            return value.decode("ascii"), now() - signed_at
        except (BadData, UnicodeDecodeError):
            return None, timedelta()

    def _messages(self, cookie: str | None) -> list[Any]:
        try:
            return [tuple(pair) for pair in self._sealer.loads(cookie)] if cookie else []
        except BadData:
            return []

    def _send_messages(self, response: Response, messages: list[Any]) -> None:
        if not messages:
            response.delete_cookie(self._messages_name, **self._attributes)
            return
        pairs = [(kind, str(words)) for kind, words in messages]
        while len(sealed := str(self._sealer.dumps(pairs))) > FLASHES_CHARACTERS:
            pairs.pop(0)
        response.set_cookie(self._messages_name, sealed, max_age=FLASHES_FOR, **self._attributes)


def desk_session() -> DeskSession:
    """Gives this request's session."""
    found: DeskSession = session._get_current_object()  # type: ignore[attr-defined]  # of a proxy
    return found


def _sessions() -> Sessions:
    return services().sessions
