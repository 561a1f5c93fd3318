"""Reading files below a web address that the user gave: bounded, from that host alone, never redirected."""

import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from traceability.cli import Failure
from traceability.errors import Reason, Unreadable

__all__ = ["WebFolder"]

WAIT_S: Final = 10.0  # for each answer of the network
FILE_MAX_S: Final = 120.0  # for one whole file
PART_BYTES: Final = 65_536
OK: Final = 200
GONE: Final = frozenset({404, 410})


class WebFolder:
    """Reads one file after the other over one connection.

    Args:
        address: http or https, without query, fragment, user and password.
        limit_of: gives how many bytes the file of a path has at most.

    Raises:
        Failure: for another address.
    """

    def __init__(self, address: str, *, limit_of: Callable[[str], int]) -> None:
        parts = _split(address)
        self._address, self._limit_of = address, limit_of
        self._prefix = parts.path.rstrip("/")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=WAIT_S)

    def __call__(self, path: str) -> bytes:
        """Gives the bytes of the file at `path` below the address.

        Raises:
            Unreadable: BAD_LOG, when there is no such file, or it is longer than it may be.
            Failure: when the host does not answer as it should; that says nothing about the log.
        """
        is_whole = False
        try:
            with self._get(path) as response:
                data = self._body(response, path)
            is_whole = True
        except (OSError, HTTPException) as error:
            raise Failure(f"{self._address}: {path}: {str(error) or type(error).__name__}") from error
        finally:
            if not is_whole:  # Half an answer must not be taken for the beginning of the next one.
                self._connection.close()
        return data

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _get(self, path: str) -> HTTPResponse:
        """Asks; once more where the host has closed a connection that was used before."""
        try:
            return self._ask(path)
        except (ConnectionError, HTTPException):
            self._connection.close()
            return self._ask(path)

    def _ask(self, path: str) -> HTTPResponse:
        self._connection.request("GET", f"{self._prefix}/{path}")
        return self._connection.getresponse()

    def _body(self, response: HTTPResponse, path: str) -> bytes:
        if response.status in GONE:
            raise Unreadable(Reason.BAD_LOG, f"{path}: the host has no such file")
        if response.status != OK:
            raise Failure(f"{self._address}: {path}: the host answered {response.status}")
        limit, deadline, data = self._limit_of(path), time.monotonic() + FILE_MAX_S, bytearray()
        while part := response.read1(PART_BYTES):
            data += part
            if len(data) > limit:
                raise Unreadable(Reason.BAD_LOG, f"{path}: more than {limit} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not read within {FILE_MAX_S:g} seconds")
        if response.length:
            raise ConnectionError(f"the answer ended {response.length} bytes too early")
        return bytes(data)


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        is_good = (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and not (parts.query or parts.fragment or parts.username)
            and parts.port != 0  # reading it refuses what is no port
            and address.isascii()
            and address.isprintable()
            and " " not in address
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise Failure(f"{address}: expected http(s)://host/path")
    return parts
