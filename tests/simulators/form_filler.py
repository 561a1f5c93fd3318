"""A person at a phone who fills in forms as they are rendered; every field and every press is counted."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

__all__ = ["Person"]


@dataclass(slots=True)
class _Form:
    action: str
    id: str
    fields: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Person:
    """Reads a page, types into its fields, and presses its buttons.

    Attributes:
        inputs: how many fields she filled in or changed, and how many buttons she pressed.
    """

    client: FlaskClient
    page: TestResponse | None = None
    inputs: int = 0
    typed: dict[str, str] = field(default_factory=dict)

    def open(self, address: str) -> None:
        """Opens an address; that is no input."""
        self._show(self.client.get(address, follow_redirects=True))

    def type(self, name: str, text: str) -> None:
        """Types into a field that is on the page."""
        assert any(name in form.fields for form in self.forms()), f"{name} is on no form"
        self.typed[name] = text
        self.inputs += 1

    def press(self, words: str) -> None:
        """Presses the button with these words, and goes where it leads."""
        form, name, value = self._button(words)
        data = {**form.fields, **{key: [text] for key, text in self.typed.items() if key in form.fields}}
        if name:
            data[name] = [value]
        self.inputs += 1
        self._show(self.client.post(form.action, data=data, follow_redirects=True))

    def empty(self, *endings: str) -> list[str]:
        """Gives the fields with one of these endings that hold nothing yet, in the page's order."""
        return [
            name
            for form in self.forms()
            for name, values in form.fields.items()
            if name.endswith(endings) and not any(values)
        ]

    def forms(self) -> list[_Form]:
        """Gives the forms of the page."""
        return self._read().forms

    @property
    def path(self) -> str:
        """The address of the page, without its query."""
        assert self.page is not None
        return urlsplit(self.page.request.path).path

    def _show(self, answer: TestResponse) -> None:
        assert answer.status_code in (200, 422), answer.status_code
        self.page, self.typed = answer, {}

    def _button(self, words: str) -> tuple[_Form, str, str]:
        reader = self._read()
        for form, name, value, said in reader.buttons:
            if said == words:
                return form, name, value
        raise AssertionError(f"no button {words!r}; there are {[said for *_, said in reader.buttons]}")

    def _read(self) -> "_Reader":
        assert self.page is not None
        reader = _Reader(self.page.request.path)
        reader.feed(self.page.text)
        return reader


class _Reader(HTMLParser):
    """Reads forms with the values that a browser would send."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._form: _Form | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._button: tuple[_Form, str, str] | None = None
        self._words = ""
        self.forms: list[_Form] = []
        self.buttons: list[tuple[_Form, str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = _Form(urljoin(self._address, values.get("action", "")), values.get("id", ""))
            self.forms.append(self._form)
        if self._form is None or "form" in values:
            return
        if tag == "input":
            self._input(self._form, values)
        elif tag in ("select", "option"):
            self._choice(self._form, tag, values)
        elif tag in ("textarea", "button"):
            self._words = ""
            name = values.get("name", "")
            if tag == "textarea":
                self._area = name
            else:
                self._button = (self._form, name, values.get("value", ""))

    def _choice(self, form: _Form, tag: str, values: dict[str, str]) -> None:
        if tag == "select":
            self._select = values["name"]
            form.fields[self._select] = []
        elif self._select and ("selected" in values or not form.fields[self._select]):
            form.fields[self._select] = [values.get("value", "")]

    def _input(self, form: _Form, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text"), values.get("name", "")
        if kind == "file" or not name:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in values:
                form.fields.setdefault(name, []).append(values.get("value", "on"))
            return
        form.fields[name] = [values.get("value", "")]

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area and self._form:
            self._form.fields[self._area], self._area = [self._words], None
        elif tag == "button" and self._button:
            self.buttons.append((*self._button, " ".join(self._words.split())))
            self._button = None
