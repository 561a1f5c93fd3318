"""The page that ours is measured against: bare Flask, one SQLite row, one Jinja template, nothing else."""

import sqlite3
import threading
from pathlib import Path
from typing import Final

from flask import Flask, render_template

__all__ = ["create_bare_app", "write_bare_instance"]

PARAGRAPH: Final = "<p>{{ name }}: Đất được chuốt trên bàn xoay, mỗi bình một hơi tay. Nung một lần.</p>\n"
TEMPLATE: Final = "<!doctype html>\n<html lang='vi'><head><title>{{ name }}</title></head><body>\n"


def write_bare_instance(folder: Path, *, page_bytes: int) -> None:
    """Writes a database of 100 rows, and a template whose pages are as long as ours, to the byte or so.

    Args:
        folder: an empty folder.
        page_bytes: the length of our page's HTML in UTF-8 bytes.
    """
    with sqlite3.connect(folder / "bare.sqlite3") as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, maker TEXT, price INTEGER)")
        rows = [(number, f"Bình {number:04}", f"Xưởng {number:04}", number * 1000) for number in range(1, 101)]
        connection.executemany("INSERT INTO things VALUES (?, ?, ?, ?)", rows)
    connection.close()
    count = page_bytes // len(PARAGRAPH.encode())
    body = "<h1>{{ name }}</h1><p>{{ maker }}</p><p>{{ price }}</p>\n" + PARAGRAPH * count
    text = TEMPLATE + body
    missing = page_bytes - len(text.replace("{{ name }}", "Bình 0001").encode())
    folder.joinpath("page.html").write_text(text + " " * max(0, missing), encoding="utf-8")


def create_bare_app(folder: Path) -> Flask:
    """Gives the application over what `write_bare_instance` wrote; each thread has a connection."""
    app = Flask(__name__, template_folder=str(folder), static_folder=None)
    local = threading.local()

    @app.get("/things/<int:number>")
    def page(number: int) -> str:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(folder / "bare.sqlite3", check_same_thread=False)
        query = "SELECT name, maker, price FROM things WHERE id = ?"
        name, maker, price = local.connection.execute(query, (number,)).fetchone()
        return render_template("page.html", name=name, maker=maker, price=price)

    return app
