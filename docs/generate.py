"""Writes the pages of docs/reference/ that are made from the code, so that they say what the code does.

`make docs` writes them; tests/architecture/test_docs.py fails while a committed page is stale.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from engine.app import metrics
from engine.app.builtins import BUILT_IN, builtin_registry
from engine.app.cli.main import app
from engine.config import models
from engine.domain.reasons import REASONS, Holds
from engine.ports import fields
from engine.ports.plugin import Kind

REFERENCE = Path(__file__).parent / "reference"
WIDTH = 100
MADE = "<!-- Made from the code by `make docs`; do not edit. -->\n"
NONE = "–"

HOLDS = {
    Holds.NOTE: "nothing",
    Holds.RESULT: "the one result",
    Holds.READING: "all results read from the document",
    Holds.MESSAGE: "the whole message",
}
KIND_TITLES = {
    Kind.SOURCE: "Sources",
    Kind.STAGE: "Stages",
    Kind.DESTINATION: "Destinations",
    Kind.EXTRACTOR: "Extractors (`extractors:` in conf/headrace.yaml)",
    Kind.DIRECTORY: "Directories (`directories:` in conf/headrace.yaml)",
    Kind.STORE: "Stores (`store:` in conf/headrace.yaml)",
    Kind.BLOBS: "Blob stores (`blobs:` in conf/headrace.yaml)",
}
PARSERS: Mapping[Any, tuple[str, Callable[[Any], str]]] = {
    fields.parse_duration: ("duration", lambda value: _with_unit(value, fields._UNIT_SECONDS, "s")),  # noqa: SLF001
    fields.parse_size: ("size", lambda value: _with_unit(value, {k: v for k, v in _SIZES.items() if "i" in k}, "")),
    fields.parse_host_port: ("address", str),
    fields.parse_network: ("network", str),
    models.parse_days: ("days", lambda value: f"{value}d"),
}
_SIZES: Mapping[str, float] = fields._UNIT_BYTES  # noqa: SLF001


def _with_unit(value: float, units: Mapping[str, float], smallest: str) -> str:
    """A number in the largest unit that leaves no fraction, as an admin would write it."""
    for unit, size in sorted(units.items(), key=lambda item: -item[1]):
        if value and value % size == 0:
            return f"{value / size:g}{unit}"
    return f"{value:g}{smallest}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _table(*head: str) -> str:
    return _row(*head) + _row(*("---" for _ in head))


def reasons_page() -> str:
    """docs/reference/reasons.md."""
    rows = (
        _row(f"`{code}`", _cell(spec.meaning), HOLDS[spec.holds], _cell(spec.action)) for code, spec in REASONS.items()
    )
    return (
        "# Reasons\n\n"
        + MADE
        + "\nWhy something waits for a person, or is worth a note. A reason is the same object in the store, the API, the\n"
        'review desk and the terminal: `{"code", "text", "field"}`. `field` names the place (`OBX[3]-5`, `patient`), and\n'
        "is empty when the reason is about the whole message.\n\n"
        + _table("code", "what it means", "holds back", "what to do")
        + "".join(rows)
    )


def metrics_page() -> str:
    """docs/reference/metrics.md."""
    parts = [
        "# Metrics\n\n",
        MADE,
        "\n`GET /metrics` gives these in the Prometheus text format, to callers on this machine without a token. Labels come\n"
        "from the configuration and from closed lists, never from a message. A metric with more than "
        f"{metrics.SERIES_MAX} label sets\ncounts the rest under the label `{metrics.OTHER}`.\n",
    ]
    for title, specs, suffix in (
        ("Counters", metrics.COUNTERS, "_total"),
        ("Gauges", metrics.GAUGES, ""),
        ("Histograms", metrics.HISTOGRAMS, ""),
    ):
        parts += [f"\n## {title}\n\n", _table("name", "labels", "what it says")]
        for name, spec in specs.items():
            labels = ", ".join(f"`{label}`" for label in spec.labels) or NONE
            parts.append(_row(f"`{metrics.PREFIX}{name}{suffix}`", labels, _cell(spec.text)))
    return "".join(parts)


def cli_page() -> str:
    """docs/reference/cli.md: each command's own help."""
    parts = [
        "# Command line\n\n",
        MADE,
        "\nExit codes of every command: 0 done · 1 failed · 2 wrong usage · 3 done, but something needs review ·\n"
        "75 try again later (another engine has the site, a service is down) · 78 the configuration is wrong.\n\n"
        "`--site DIR` stands before the command: `headrace --site /var/lib/headrace ls`. Without it the site is the folder\n"
        "you are in.\n",
    ]
    for name, command in _commands(typer.main.get_command(app), "headrace"):
        context = type(command).context_class(command, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH)
        text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
        parts.append(f"\n## {name}\n\n```text\n{text}\n```\n")
    return "".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(inner, f"{name} {word}")


def settings_page() -> str:
    """docs/reference/channel-settings.md."""
    parts = [
        "# Settings\n\n",
        MADE,
        "\nA site is a folder with `conf/headrace.yaml`, `channels/*.yaml` and `var/`. Unknown keys, keys that stand twice and\n"
        "wrong types are errors; `headrace check` shows all of them at once as `file:line:column: path: message`.\n\n"
        "Durations are written `500ms`, `30s`, `10m`, `4h`, `90d`; sizes `4096`, `128KiB`, `64MiB`; addresses\n"
        "`127.0.0.1:2575`, `[::1]:2575`; networks `10.20.0.0/16`. Secrets never stand in these files: `${env:NAME}` is an\n"
        "environment variable, `${file:PATH}` the content of a file, `${cred:NAME}` a systemd credential. In conf/headrace.yaml\n"
        "`HEADRACE__SECTION__KEY` in the environment stands for a key of that file.\n\n"
        "A component is written `{name: …, use: <plugin>, …}`; `id` is another word for `name`, and without either it is called\n"
        "after its plugin.\n",
        "\n## A channel: channels/*.yaml\n\n",
        _fields_table(models.ChannelConfig),
        "\n## The engine: conf/headrace.yaml\n\n",
        _fields_table(models.SiteConfig),
    ]
    registry = builtin_registry()
    for kind, title in KIND_TITLES.items():
        parts.append(f"\n## {title}\n")
        for built_kind, name, _module in BUILT_IN:
            if built_kind is kind:
                parts.append(_plugin_section(registry.get(kind, name), name))
    return "".join(parts)


def _plugin_section(plugin: Any, name: str) -> str:
    text = f"\n### {name}\n\n{plugin.summary}"
    if plugin.guarantees:
        text += f" {plugin.guarantees}"
    table = _fields_table(plugin.settings)
    return f"{text}\n\n{table or 'It has no settings of its own.'}".rstrip("\n") + "\n"


def _fields_table(model: type[BaseModel]) -> str:
    rows = list(_rows(model, ""))
    return _table("key", "value", "default", "what it does") + "".join(rows) if rows else ""


def _rows(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        kind, inner = _kind(field.annotation, field.metadata)
        yield _row(f"`{key}`", _cell(kind), _default(field), _cell(field.description or _doc(inner)))
        if inner is not None and not inner.__name__.endswith("Head"):
            yield from _rows(inner, f"{key}{'[]' if 'list' in kind else ''}.")


def _doc(model: type[BaseModel] | None) -> str:
    return (inspect.getdoc(model) or "").partition("\n\n")[0] if model else ""


def _kind(annotation: Any, metadata: list[Any]) -> tuple[str, type[BaseModel] | None]:
    """What may be written there, in words, and the model of a section."""
    for item in metadata:
        parser = PARSERS.get(getattr(item, "func", None))
        if parser:
            return parser[0], None
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], list(annotation.__metadata__))
    if origin in (Union, types.UnionType):
        return _kind(next(item for item in args if item is not type(None)), [])
    if origin is Literal:
        return " · ".join(f"`{item}`" for item in args), None
    if origin is tuple or origin is list:
        word, inner = _kind(args[0], [])
        return f"list of {_plural(word)}", inner
    if origin is dict:
        return f"name: {_kind(args[1], [])[0]}", None
    return _plain_kind(annotation)


def _plural(word: str) -> str:
    return word if " " in word or "`" in word or word == "text" else {"address": "addresses"}.get(word, f"{word}s")


def _plain_kind(annotation: Any) -> tuple[str, type[BaseModel] | None]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return ("component" if annotation.__name__.endswith("Head") else "section"), annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " · ".join(f"`{item.value}`" for item in annotation), None
    words = {bool: "`true` · `false`", int: "number", float: "number", str: "text", Path: "file", SecretStr: "secret"}
    return words.get(annotation, "any value"), None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    for item in field.metadata:
        parser = PARSERS.get(getattr(item, "func", None))
        if parser and value is not None:
            return f"`{parser[1](value)}`"
    if value is None or value in ((), "", {}) or isinstance(value, BaseModel):
        return f"`use: {value.use}`" if isinstance(value, models.ComponentHead) else NONE
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


PAGES: Mapping[str, Callable[[], str]] = {
    "reasons.md": reasons_page,
    "metrics.md": metrics_page,
    "cli.md": cli_page,
    "channel-settings.md": settings_page,
}


def main() -> int:
    """Write every page that is not as it should be."""
    for name, make in PAGES.items():
        path = REFERENCE / name
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
