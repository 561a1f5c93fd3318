"""How bytes, texts and JSON are changed, at random from one source: nothing here knows records."""

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["VALUES", "Changes"]

# What a member may be replaced by: each of these has stopped some reader somewhere.
VALUES: Sequence[Any] = (
    None, True, False, 0, 1, -1, 3, 4, 5, 82, 100, 101, 1.0, 4.0, 0.5, 0.005, 0.945, 1e300, 1e21, -0.0,
    2**53 - 1, 10**9, "", " ", "x", "\u00a0", "\u202e", "\u200b", "\ufeff", "\x7f", "\u0085", "\u2028",
    "e\u0301", "\u1e7f\u0323", "𝒳", "\U000e0001", "a\tb", "\n\u0301", [], {}, [{}], [[]], [None], {"": 0},
    {"__proto__": 1}, "__proto__", "constructor", "2026-11-22", "2026-02-29", "2024-02-29", "0001-01-01",
    "9999-12-31", "2026-1-1", "20261122", "2026-11-22T08:00:00Z", "2026-11-22T08:00:00.000001Z",
    "2026-11-22T08:00:00.1234567Z", "2026-11-22T15:00:00+07:00", "2026-11-22T24:00:00Z",
    "2026-11-22t08:00:00z", "2026-11-22T08:00:60Z", "2026-11-22T08:00:00+23:59",
    "2026-11-22T08:00:00+05:60", "1899-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "9900-12-31T23:59:59Z",
    "9901-01-01T00:00:00Z", "https://village.example/records/passport", "https://village.example/",
    "HTTPS://VILLAGE.EXAMPLE/x", "https://village.example:8443/x", "https://village.example/é",
    "http://village.example/x", "did:web:village.example",
    "did:web:village.example%3A8443:issuers:workshop", "did:web:other.example:issuers:workshop",
    "did:key:z6Mk", "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", "z" + "1" * 88, "ocop",
    "inspection", "attestation", "made", "shipped", "recall", "correction", "home", "enterprise",
    "recognised", "craft_village", "vn:01", "vn:01/00577", "vn:79/26734", "VN", "KGM", "LotPassport",
    "Notice", "Certificate", "VerifiableCredential", "09520000000011", "L1", "0" * 64, "Xưởng mẫu",
    "https://www.w3.org/ns/credentials/v2", "https://w3id.org/langnghe/v1", "application/vc", "revocation",
    "suspension",
)  # fmt: skip
CHARACTERS = "aZ09-._~:/?#@!$&'()*+,;=% \t\n\r\x00\x1f\x7f\u00a0é\u0301\u200d\u202e\u3000\ufeffÐĐ😀\ud800ıſK"
BITS_OF_JSON = (b" ", b"\n", b"\t", b"\0", b"0", b'"', b",", b"\\u0061", b"1e0", b"-")


class Changes:
    """Gives changed copies of what it is given."""

    def __init__(self, chance: random.Random) -> None:
        """Takes the source of all choices."""
        self.chance = chance

    def damaged(self, data: bytes) -> bytes:
        """Changes one byte or one stretch of bytes."""
        place = self.chance.randrange(len(data) + 1)
        before, byte, after = data[:place], data[place : place + 1], data[place + 1 :]
        length = self.chance.randrange(1, 40)
        return self.chance.choice([
            before + bytes([(byte or b"\0")[0] ^ 1 << self.chance.randrange(8)]) + after, before + after,
            before + byte + byte + after,
            before + self.chance.choice(BITS_OF_JSON) + byte + after,
            before + self.chance.choice(CHARACTERS).encode("utf-8", "surrogatepass") + byte + after,
            before, before + after[length:],
            before + data[place : place + length] * 2 + data[place + length :],
        ])  # fmt: skip

    def edited(self, text: str) -> str:
        """Changes a character or two."""
        for _ in range(self.chance.choice([1, 1, 2])):
            place = self.chance.randrange(len(text) + 1)
            new = self.chance.choice(
                ["", self.chance.choice(CHARACTERS), text[place : place + 1].swapcase() * 2]
            )
            text = text[:place] + new + text[place + self.chance.randrange(2) :]
        return text

    def mutated(self, document: dict[str, Any], *, deep: bool = False) -> dict[str, Any]:
        """Gives a copy with one member or item replaced, removed, renamed, doubled, added or moved."""
        changed = copy.deepcopy(document)
        containers = [changed, *_containers(changed)]
        container = self.chance.choice(containers[1:] if deep and len(containers) > 1 else containers)
        keys: list[Any] = [*container] if isinstance(container, dict) else [*range(len(container))]
        if not keys:
            _put(container, "x", 0, self.chance.choice(VALUES))
            return changed
        key = self.chance.choice(keys)
        action = self.chance.randrange(9)
        if action == 0:
            del container[key]
        elif action == 1:
            _put(container, f"{key}x", len(keys), container[key])
        elif action == 2:
            _put(container, "rating", 0, self.chance.choice(VALUES))
        elif action == 3:
            container[key] = copy.deepcopy(self.chance.choice([*_items(self.chance.choice(containers)), 0]))
        else:
            container[key] = self.chance.choice(VALUES) if action > 5 else self._altered(container[key])
        return changed

    def _altered(self, value: Any) -> Any:
        """Gives a value that is nearly the same."""
        if isinstance(value, str):
            return self.edited(value)
        return (
            value + self.chance.choice([1, -1, 0.0]) if isinstance(value, int) else self.chance.choice(VALUES)
        )

    def respelled(self, data: bytes) -> bytes:
        """Writes the same JSON as nobody would: escapes, white space, exponents, members in any order."""
        return _Spelling(self.chance).text(json.loads(data)).encode()


class _Spelling:
    """Writes JSON as nobody would: escapes, white space, exponents, members in any order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.odd = chance.choice([0.0, 0.02, 0.2])

    def text(self, value: Any) -> str:
        """Gives a spelling of the value."""
        if isinstance(value, dict):
            items = [f"{self._string(name)}{self._space()}:{self.text(item)}" for name, item in value.items()]
            self.chance.shuffle(items)
            return f"{self._space()}{{{self._space()}{','.join(items)}{self._space()}}}"
        if isinstance(value, list):
            return f"{self._space()}[{','.join(map(self.text, value))}{self._space()}]"
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and self.chance.random() < self.odd:
            return self.chance.choice([f"{value}e0", f"{value:.2f}", f"{value / 10}e1", f"{value}E+00"])
        return json.dumps(value)

    def _string(self, text: str) -> str:
        return '"' + "".join(map(self._character, text)) + '"'

    def _character(self, one: str) -> str:
        if self.chance.random() >= self.odd or ord(one) > 0xFFFF:
            return json.dumps(one, ensure_ascii=False)[1:-1]
        return self.chance.choice(
            [f"\\u{ord(one):04x}", f"\\u{ord(one):04X}", "\\/" if one == "/" else f"\\u{ord(one):04x}"]
        )

    def _space(self) -> str:
        return self.chance.choice(["", "", "", " ", "\n\t", "\r\n"])


def _containers(value: Any) -> Iterator[Any]:
    for item in _items(value):
        if isinstance(item, dict | list):
            yield item
            yield from _containers(item)


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _put(container: Any, name: str, place: int, value: Any) -> None:
    if isinstance(container, dict):
        container[name] = value
    else:
        container.insert(place, value)
