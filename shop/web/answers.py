"""What views answer with: their type, the status of a form with mistakes, and who else may read it."""

from typing import Final

from flask import Response
from werkzeug.wrappers import Response as BaseResponse

__all__ = ["WRONG", "Answer", "open_to_all"]

Answer = str | BaseResponse | tuple[str, int]
WRONG: Final = 422  # the status of a form that is shown again with what is wrong in it


def open_to_all(response: Response) -> Response:
    """Lets pages of other sites read an answer, so that anybody may host a checker or an auditor."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
