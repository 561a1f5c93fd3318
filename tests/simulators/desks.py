"""A browser that signs in, and sends forms as the pages of a desk do."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from shop.db import Base
from shop.db.session import Database
from shop.passwords import Passwords
from shop.services.access.sample_accounts import SAMPLE_PASSWORD

__all__ = ["CountingPasswords", "contents", "cookie", "send", "sign_in", "token"]

_META = re.compile(r'<meta name="csrf-token" content="([^"]+)">')
_HIDDEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class CountingPasswords(Passwords):
    """Hashes cheaply, and counts how often a password was compared with a hash."""

    __slots__ = ("tries",)

    def __init__(self) -> None:
        super().__init__(memory_kib=8)
        object.__setattr__(self, "tries", [])

    def matches(self, password: str, stored: str | None) -> bool:
        self.tries.append(stored is not None)
        return super().matches(password, stored)


def sign_in(app: Flask, name: str, *, password: str = SAMPLE_PASSWORD, **options: Any) -> FlaskClient:
    """Gives a browser that has just signed in."""
    client = app.test_client()
    answer = client.post("/account/sign-in", data={"name": name, "password": password}, **options)
    assert answer.status_code == 303, answer.text
    return client


def token(client: FlaskClient, path: str = "/account/") -> str:
    """Gives the CSRF token that a page hands to its forms."""
    text = client.get(path).text
    found = _META.search(text) or _HIDDEN.search(text)
    assert found is not None, f"{path} hands out no token"
    return found[1]


def send(client: FlaskClient, path: str, page: str = "/account/", **fields: str) -> TestResponse:
    """Sends a form as a page would: with its token."""
    return client.post(path, data={"csrf_token": token(client, page), **fields})


def cookie(client: FlaskClient, name: str = "langnghe") -> str | None:
    """Gives what the browser keeps under a cookie's name."""
    kept = client.get_cookie(name, domain="localhost")
    return None if kept is None else kept.value


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Gives every row of every table."""
    with database.read() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
