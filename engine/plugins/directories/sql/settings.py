"""Settings of the `sql` directory, as an admin writes them in conf/headrace.yaml."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.links.settings import BreakerSettings
from engine.plugins.directories.sql.statement import BY_IDENTIFIER, BY_PERSON, Statement
from engine.ports.fields import Duration, Secret
from engine.ports.plugin import Settings


def _about_numbers(text: str) -> str:
    return Statement.parse(text, BY_IDENTIFIER).text


def _about_persons(text: str) -> str:
    return Statement.parse(text, BY_PERSON).text


class SqlSettings(Settings):
    """Asks the hospital's database, read-only; the engine decides. Give `dsn` or `file`."""

    dsn: Secret | None = None
    """A PostgreSQL server: `postgresql://user:password@host:5432/database?sslmode=verify-full`, as a secret."""
    file: str = ""
    """A SQLite database, relative to the site."""
    by_identifier: Annotated[str, AfterValidator(_about_numbers)]
    """A SELECT for one number: `:identifier`, `:authority`, `:type`. Its columns are named as in a patient file."""
    by_person: Annotated[str, AfterValidator(_about_persons)]
    """A SELECT for everybody who could be meant: `:family`, `:given`, `:birth_date` and others. The same columns."""
    default_authority: str = ""
    """The assigning authority of a number that comes without one, in messages and in rows."""
    timeout: Duration = Field(default=5.0, gt=0)
    """Time for all questions about one person, connecting included."""
    connections: int = Field(default=4, ge=1, le=32)
    """Connections at a time; they are opened when needed."""
    max_rows: int = Field(default=1_000, ge=1, le=100_000)
    """Rows read for one question; more make it a person's decision."""
    tries: int = Field(default=2, ge=1, le=5)
    """Tries before the message waits."""
    wait: Duration = 0.5
    """The wait before the second try; it doubles with each further one."""
    breaker: BreakerSettings = BreakerSettings()
    """When a failing database is left alone."""

    @model_validator(mode="after")
    def _is_one_database(self) -> Self:
        if (self.dsn is None) == (not self.file):
            raise ValueError("give either `dsn` (PostgreSQL) or `file` (SQLite)")
        if self.dsn is not None and not self.dsn.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("dsn: not an address of a PostgreSQL server; it begins with postgresql://")
        return self
