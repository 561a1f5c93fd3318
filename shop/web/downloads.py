"""Tables as files to download."""

from collections.abc import Iterable, Mapping, Sequence

from flask import Response

from shop.csv_tables import Column, write_table
from shop.web.jinja import current_language

__all__ = ["table_file"]


def table_file(name: str, columns: Sequence[Column], rows: Iterable[Mapping[str, str]]) -> Response:
    """Gives a table as a CSV file that spreadsheets open, with headings in the visitor's language.

    Args:
        name: of the file, without its ending; plain letters, digits and hyphens.
        columns: in their order.
        rows: texts by key.
    """
    data = write_table(columns, rows, language="en" if current_language() == "en" else "vi")
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
