"""Settings: defaults, the host that is signed, and what production refuses."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.config import DEMO_HOST, Settings, load_settings, templates_folder
from shop.errors import ConfigurationError
from traceability.labels.code import LabelCode

NAMES = (
    "DATABASE_URL",
    "IDENTITY_HOST",
    "LAN",
    "LANGNGHE_DATA_DIR",
    "LANGNGHE_KEY_PASSPHRASE",
    "LANGNGHE_MODE",
    "PORT",
    "PUBLIC_BASE_URL",
    "SECRET_KEY",
)
SAFE = {
    "LANGNGHE_MODE": "production",
    "PUBLIC_BASE_URL": "https://ocop.example",
    "SECRET_KEY": "k" * 32,
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are the only place that reads the environment, so it is the only place to set it."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def _refusal(**values: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**values)
    assert caught.value.code == "BAD_SETTING"
    return str(caught.value)


def test_defaults_are_a_demo_on_this_machine() -> None:
    settings = load_settings()
    assert settings.is_demo
    assert settings.public_base_url == "http://127.0.0.1:8000"
    assert settings.identity_host == DEMO_HOST
    assert settings.data_dir == Path("instance")
    assert settings.database_url == f"sqlite:///{Path('instance/langnghe.sqlite3').absolute()}"
    assert settings.key_passphrase is None
    assert not settings.lan


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("LANGNGHE_DATA_DIR", "elsewhere")
    settings = load_settings()
    assert settings.public_base_url == "http://127.0.0.1:8123"
    assert settings.database_url.endswith("/elsewhere/langnghe.sqlite3")


def test_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_BASE_URL", "")
    monkeypatch.setenv("PORT", "")
    assert load_settings().public_base_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://ocop.example", "ocop.example"),
        ("https://ocop.example/", "ocop.example"),
        ("https://OCOP.example:8443", "ocop.example"),
        ("http://ocop.example", DEMO_HOST),
    ],
    ids=["https", "trailing slash", "port and capitals", "http is never signed"],
)
def test_signed_host_follows_an_https_address(address: str, host: str) -> None:
    assert load_settings(PUBLIC_BASE_URL=address).identity_host == host


def test_signed_host_may_be_named() -> None:
    settings = load_settings(PUBLIC_BASE_URL="https://www.ocop.example", IDENTITY_HOST="ocop.example")
    assert settings.identity_host == "ocop.example"


def test_address_loses_its_trailing_slash() -> None:
    assert load_settings(PUBLIC_BASE_URL="http://shop.example:8000/").public_base_url.endswith(":8000")


def test_settings_are_frozen() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_secrets_are_not_printed() -> None:
    settings = load_settings(SECRET_KEY="very-secret-word", LANGNGHE_KEY_PASSPHRASE="other-secret-word")
    assert "secret-word" not in repr(settings)


def test_every_host_that_is_taken_makes_a_label() -> None:
    for host in ("localhost", "ocop.example", "a-b.c1.example", "xn--lng-1ia.example"):
        settings = load_settings(IDENTITY_HOST=host)
        assert LabelCode(settings.identity_host.upper(), code="AAAA").host == host.upper()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "none"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("LANGNGHE_MODE", "debug"),
        ("LAN", "perhaps"),
        ("IDENTITY_HOST", "Ocop.Example"),
        ("IDENTITY_HOST", "ocop.example/path"),
        ("IDENTITY_HOST", "ocop.example:8000"),
        ("IDENTITY_HOST", "-ocop.example"),
        ("IDENTITY_HOST", ".."),
        ("IDENTITY_HOST", "a..b"),
        ("IDENTITY_HOST", "1.2.3.4"),
        ("IDENTITY_HOST", "xn--a.-b.example"),
        ("IDENTITY_HOST", "ocop.example."),
        ("IDENTITY_HOST", "ocop_1.example"),
        ("IDENTITY_HOST", "ócop.example"),
        ("IDENTITY_HOST", f"{'a' * 60}.example"),
        ("SOURCE_URL", "git.example/langnghe"),
        ("SOURCE_URL", "javascript:alert(1)"),
        ("SOURCE_URL", "https://git.example/a b"),
        ("SOURCE_URL", "https://[::1"),
        ("PUBLIC_BASE_URL", "https://192.0.2.1"),
        ("PUBLIC_BASE_URL", "https://ocop.example."),
        ("PUBLIC_BASE_URL", "ocop.example"),
        ("PUBLIC_BASE_URL", "ftp://ocop.example"),
        ("PUBLIC_BASE_URL", "https://ocop.example/shop"),
        ("PUBLIC_BASE_URL", "https://ocop.example?x=1"),
        ("PUBLIC_BASE_URL", "https://user@ocop.example"),
        ("PUBLIC_BASE_URL", "https://"),
        ("PUBLIC_BASE_URL", "https://[::1"),
        ("PUBLIC_BASE_URL", "https://ocop.example:port"),
        ("PUBLIC_BASE_URL", "https://ocop.example:99999"),
    ],
)
def test_bad_value_is_refused_by_name(name: str, value: str) -> None:
    assert name in _refusal(**{name: value})


def test_refusal_does_not_repeat_a_secret() -> None:
    message = _refusal(**SAFE | {"SECRET_KEY": "short-secret"})
    assert "short-secret" not in message
    assert "SECRET_KEY" in message


def test_safe_production_is_taken() -> None:
    settings = load_settings(**SAFE)
    assert not settings.is_demo
    assert settings.identity_host == "ocop.example"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"PUBLIC_BASE_URL": "http://ocop.example"}, "PUBLIC_BASE_URL"),
        ({"PUBLIC_BASE_URL": ""}, "PUBLIC_BASE_URL"),
        ({"IDENTITY_HOST": "other.example"}, "IDENTITY_HOST"),
        ({"SECRET_KEY": "only-for-the-demo"}, "SECRET_KEY"),
        ({"SECRET_KEY": "dev"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k" * 31}, "SECRET_KEY"),
    ],
    ids=["http", "no address", "other host", "default secret", "short secret", "31 characters"],
)
def test_unsafe_production_is_refused(change: dict[str, str], named: str) -> None:
    assert named in _refusal(**SAFE | change)


def test_production_without_a_secret_is_refused() -> None:
    assert "SECRET_KEY" in _refusal(**{name: SAFE[name] for name in SAFE if name != "SECRET_KEY"})


def test_only_our_own_hosts_are_answered() -> None:
    assert set(load_settings(**SAFE).trusted_hosts) == {"ocop.example", "127.0.0.1", "localhost"}


def test_address_in_the_local_network_is_answered_only_on_demand() -> None:
    plain, lan = load_settings(), load_settings(LAN=True)
    assert set(plain.trusted_hosts) <= set(lan.trusted_hosts)


def test_templates_are_found() -> None:
    assert (templates_folder() / "base.html").is_file()


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_setting_or_our_error(address: str, host: str) -> None:
    with suppress(ConfigurationError):
        assert isinstance(load_settings(PUBLIC_BASE_URL=address, IDENTITY_HOST=host), Settings)
