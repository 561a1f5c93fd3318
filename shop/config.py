"""Settings from the environment: frozen, checked when read, and refusing an unsafe production."""

import socket
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shop.errors import ConfigurationError
from shop.passwords import MEMORY_KIB
from traceability.errors import Refused
from traceability.labels.code import LabelCode

__all__ = ["DEMO_HOST", "Settings", "lan_address", "load_settings", "static_folder", "templates_folder"]

DEMO_HOST: Final = "demo.langnghe.example"
DEFAULT_SECRET: Final = "only-for-the-demo"  # noqa: S105  # refused in production
SECRET_MIN_CHARS: Final = 32


class Settings(BaseSettings):
    """Every setting, with the variable that sets it, as in docs/operations.md.

    Attributes:
        public_base_url: where browsers reach us, without a trailing slash.
        identity_host: what is signed: label host, record ids, DIDs. Frozen in the database at first start.
        heads_dir: where the last signed head of the log is remembered, best on other storage.
        source_url: where this program's source can be had; empty shows none.
        lan: bind all interfaces, so that a phone in the same network can look.
        operator_public: print the operator's name and contact, as given to `init`, on every page.
        redis_url: where several processes count tries together; None counts in this one.
        proxies: how many proxies stand in front and add to X-Forwarded-For; 0 believes no such header.
        second_factor: whether inspectors and operators must have one; None: in production they must.
        password_memory_kib: what hashing a password takes.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    data_dir: Path = Field(default=Path("instance"), validation_alias="LANGNGHE_DATA_DIR")
    heads_dir: Path = Field(default=Path(), validation_alias="LANGNGHE_HEADS_DIR")
    secret_key: SecretStr = Field(default=SecretStr(DEFAULT_SECRET), validation_alias="SECRET_KEY")
    public_base_url: str = Field(default="", validation_alias="PUBLIC_BASE_URL")
    identity_host: str = Field(default="", validation_alias="IDENTITY_HOST")
    key_passphrase: SecretStr | None = Field(default=None, validation_alias="LANGNGHE_KEY_PASSPHRASE")
    source_url: str = Field(default="", validation_alias="SOURCE_URL")
    port: int = Field(default=8000, validation_alias="PORT", ge=1, le=65535)
    mode: Literal["demo", "production"] = Field(default="demo", validation_alias="LANGNGHE_MODE")
    lan: bool = Field(default=False, validation_alias="LAN")
    operator_public: bool = Field(default=False, validation_alias="LANGNGHE_OPERATOR_PUBLIC")
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    proxies: int = Field(default=0, validation_alias="LANGNGHE_PROXIES", ge=0, le=5)
    second_factor: bool | None = Field(default=None, validation_alias="LANGNGHE_SECOND_FACTOR")
    password_memory_kib: int = Field(
        default=MEMORY_KIB, validation_alias="LANGNGHE_PASSWORD_MEMORY_KIB", ge=8, le=4_194_304
    )

    @field_validator("public_base_url")
    @classmethod
    def _is_bare_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in {"http", "https"}
            or not parts.hostname
            or parts.path not in {"", "/"}
            or parts.query
            or parts.fragment
            or parts.username
            or parts.port == 0  # reading it refuses what is no port
        ):
            raise ValueError("expected http(s)://host[:port]")
        return value.rstrip("/")

    @field_validator("source_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_web = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
        if value and not (is_web and value.isascii() and value.isprintable() and " " not in value):
            raise ValueError("expected http(s)://host/path, as https://git.example/langnghe")
        return value

    @field_validator("identity_host")
    @classmethod
    def _is_label_host(cls, value: str) -> str:
        if value and not _can_stand_in_a_label(value):
            raise ValueError("expected a DNS name in lower case that labels can carry, as shop.example")
        return value

    @model_validator(mode="after")
    def _fill_and_check(self) -> Self:
        address = urlsplit(self.public_base_url)
        defaults = {
            "heads_dir": self.data_dir / "heads",
            "database_url": f"sqlite:///{(self.data_dir / 'langnghe.sqlite3').absolute()}",
            "public_base_url": f"http://127.0.0.1:{self.port}",
            "identity_host": (address.hostname or DEMO_HOST) if address.scheme == "https" else DEMO_HOST,
        }
        for name, value in defaults.items():
            if getattr(self, name) in ("", Path()):
                object.__setattr__(self, name, value)
        if not _can_stand_in_a_label(self.identity_host):
            raise ValueError("IDENTITY_HOST is not set, and labels cannot carry the host of PUBLIC_BASE_URL")
        if self.mode == "production":
            self._refuse_unsafe_production()
        return self

    def _refuse_unsafe_production(self) -> None:
        address = urlsplit(self.public_base_url)
        secret = self.secret_key.get_secret_value()
        if address.scheme != "https":
            raise ValueError("production needs an https PUBLIC_BASE_URL")
        if address.hostname != self.identity_host:
            raise ValueError("production needs IDENTITY_HOST to be the host of PUBLIC_BASE_URL")
        if secret == DEFAULT_SECRET or len(secret) < SECRET_MIN_CHARS:
            raise ValueError(f"production needs a SECRET_KEY of at least {SECRET_MIN_CHARS} characters")
        if self.password_memory_kib < MEMORY_KIB:
            raise ValueError(f"production needs LANGNGHE_PASSWORD_MEMORY_KIB to be at least {MEMORY_KIB}")

    @property
    def is_demo(self) -> bool:
        """Whether this is the demo, whose parties are fictional."""
        return self.mode == "demo"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us by https."""
        return urlsplit(self.public_base_url).scheme == "https"

    @property
    def demands_second_factor(self) -> bool:
        """Whether inspectors and operators must have a second factor."""
        return self.second_factor if self.second_factor is not None else not self.is_demo

    @property
    def trusted_hosts(self) -> list[str]:
        """The Host headers that are answered; the header never builds a URL."""
        hosts = {urlsplit(self.public_base_url).hostname or "", self.identity_host, "127.0.0.1", "localhost"}
        return sorted(hosts | ({lan_address()} if self.lan else set()))


def _can_stand_in_a_label(host: str) -> bool:
    """Asks the label's own grammar, so that no host is frozen that nothing could ever be signed under."""
    try:
        LabelCode(host.upper(), code="AAAA")
    except Refused:
        return False
    return host.isascii() and host == host.lower()


def load_settings(**overrides: object) -> Settings:
    """Reads the environment.

    Raises:
        ConfigurationError: BAD_SETTING, naming the first variable that cannot be taken.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError("BAD_SETTING", f"{where}: {message[:1].lower()}{message[1:]}") from None


def lan_address() -> str:
    """Gives this machine's address in the local network, or the loopback address where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address; a datagram socket sends nothing here
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def static_folder() -> Path:
    """Gives the folder of scripts, styles and pictures, which lies in the package."""
    return Path(__file__).parent / "static"


def templates_folder() -> Path:
    """Gives the folder of the templates: inside the installed package, else at the checkout's top."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "templates"
