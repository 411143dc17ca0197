"""A registry of small plugins with every kind of setting there is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.ports.fields import Address, ByteSize, Duration, Network, Secret
from engine.ports.plugin import Kind, Plugin, Settings


class Tls(Settings):
    cert: str
    key: Secret
    min_version: Literal["1.2", "1.3"] = "1.2"


class Ack(Settings):
    mode: Literal["auto", "original", "enhanced"] = "auto"
    application: str = "same_connection"


class ToyMllp(Settings):
    """Listens."""

    listen: Address
    """Where it listens."""
    tls: Tls | None = None
    allow: tuple[Network, ...] = ()
    max_frame: ByteSize = 64 << 20
    frame_timeout: Duration = 60.0
    ack: Ack = Ack()
    versions: frozenset[str] = frozenset({"2.3", "2.4", "2.5", "2.5.1", "2.6"})


class ToyFolder(Settings):
    path: str
    match: tuple[str, ...] = ("*.pdf",)


class ToyDecode(Settings):
    max_pages: int = Field(default=200, ge=1, le=2000)
    pages: int | Literal["all"] = "all"


class ToyExtract(Settings):
    with_: tuple[str, ...] = Field(default=("local",), alias="with")
    threshold: float = Field(default=0.85, ge=0, le=1)
    compare: bool = False


class ToyReconcile(Settings):
    directory: str = "patients"


class ToyTo(Settings):
    to: Address
    on_ack: dict[Literal["AA", "AE", "AR"], Literal["done", "park", "retry"]] = Field(default_factory=dict)
    attach_original: bool = True


class Bearer(Settings):
    bearer: Secret


class ApiKey(Settings):
    header: str
    value: Secret


class ApiKeyAuth(Settings):
    api_key: ApiKey


class ToyRemote(Settings):
    base_url: str
    auth: Bearer | ApiKeyAuth | None = None

    @field_validator("base_url")
    @classmethod
    def _https(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError(f"not an https address: {value}")
        return value


class ToyPath(Settings):
    path: str = "x"


class ToyDsn(Settings):
    dsn: Annotated[str, Field(min_length=1)]
    pool: dict[str, Bearer] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_host(self) -> ToyDsn:
        if "@" not in self.dsn and self.dsn != "x":
            raise ValueError(f"no host in {self.dsn}")
        return self


class Empty(Settings):
    pass


MODELS: dict[tuple[Kind, str], type[Settings]] = {
    (Kind.SOURCE, "mllp"): ToyMllp,
    (Kind.SOURCE, "folder"): ToyFolder,
    (Kind.STAGE, "decode"): ToyDecode,
    (Kind.STAGE, "extract"): ToyExtract,
    (Kind.STAGE, "reconcile"): ToyReconcile,
    (Kind.STAGE, "dedupe"): Empty,
    (Kind.STAGE, "review"): Empty,
    (Kind.DESTINATION, "mllp"): ToyTo,
    (Kind.EXTRACTOR, "local"): Empty,
    (Kind.EXTRACTOR, "medextract"): ToyRemote,
    (Kind.DIRECTORY, "file"): ToyPath,
    (Kind.STORE, "sqlite"): ToyPath,
    (Kind.STORE, "postgres"): ToyDsn,
    (Kind.BLOBS, "files"): ToyPath,
    (Kind.BLOBS, "store"): Empty,
}


def _build(settings: Settings, services: object) -> Settings:
    return settings


class ToyRegistry:
    """Counts what is asked for; `broken` plugins cannot be imported."""

    def __init__(self, broken: str = "", api: int = 1) -> None:
        self.asked: list[tuple[Kind, str]] = []
        self._broken = broken
        self._api = api

    def names(self, kind: Kind) -> tuple[str, ...]:
        return tuple(sorted(name for of, name in MODELS if of is kind))

    def get(self, kind: Kind, name: str) -> Plugin[Any]:
        self.asked.append((kind, name))
        if name == self._broken:
            raise ModuleNotFoundError("No module named 'asyncpg'", name="asyncpg")
        model = MODELS[kind, name]
        return Plugin(kind=kind, name=name, settings=model, build=_build, summary="A toy.", api=self._api)
