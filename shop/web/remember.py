"""The template tag `{% remember KEY %} … {% endremember %}`: HTML that is drawn once for each key.

For parts of a page that follow from their values alone, such as an origin chain. Time and trust change
the values, and with them the key; so nothing that was once true is shown after it stopped being true.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

from shop.web.jinja import chosen_language, current_language

__all__ = ["RememberExtension"]

# Characters in all, of parts of some kilobytes each. Counted by size, since what strangers upload to be
# checked is drawn as well, and may be a hundred times as long as ours.
CHARACTERS_REMEMBERED: Final = 8_000_000


class RememberExtension(Extension):
    """Draws the inside of the tag for a key that is new, and gives what was drawn for one that is not.

    The language, and whether the visitor chose it, belong to every key. Keys are hashable values.
    """

    tags = {"remember"}  # noqa: RUF012  # the class attribute that Jinja asks for

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._drawn: OrderedDict[Hashable, Markup] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def parse(self, parser: Parser) -> nodes.Node:
        """Reads the tag: one expression, then the body."""
        line = next(parser.stream).lineno
        key = parser.parse_tuple()
        body = parser.parse_statements(("name:endremember",), drop_needle=True)
        place = nodes.Const(f"{parser.name}:{line}")
        call = self.call_method("_remember", [place, key])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _remember(self, place: str, key: Hashable, caller: Callable[[], Any]) -> Markup:
        whole = (place, current_language(), chosen_language(), key)
        with self._lock:
            drawn = self._drawn.get(whole)
            if drawn is not None:
                self._drawn.move_to_end(whole)
                return drawn
        drawn = Markup(caller())  # noqa: S704  # the template's own escaped output
        with self._lock:
            self._characters += len(drawn) - len(self._drawn.pop(whole, ""))
            self._drawn[whole] = drawn
            while self._characters > CHARACTERS_REMEMBERED:
                self._characters -= len(self._drawn.popitem(last=False)[1])
        return drawn
