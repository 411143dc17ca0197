"""JSON Schemas (draft 2020-12) of the engine file and of a channel file, for editors and for checking elsewhere.

The text depends on the models and the registry alone: the same input gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, TypeAdapter

from engine.config.components import HEAD_KEYS, Registry
from engine.config.models import ChannelConfig, ComponentHead, SiteConfig
from engine.ports.plugin import Kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = r"\$\{(?:env|file|cred):"
Schema = dict[str, Any]

_IN_CHANNEL = {"sources": Kind.SOURCE, "stages": Kind.STAGE, "destinations": Kind.DESTINATION}
_IN_SITE = {
    "store": Kind.STORE,
    "blobs": Kind.BLOBS,
    "directories": Kind.DIRECTORY,
    "extractors": Kind.EXTRACTOR,
}


def channel_schema(registry: Registry) -> str:
    """The schema of `channels/*.yaml`, as JSON text that ends in a line end."""
    return _text(_file_schema(ChannelConfig, _IN_CHANNEL, registry, "A channel of headrace"))


def site_schema(registry: Registry) -> str:
    """The schema of `conf/headrace.yaml`, as JSON text that ends in a line end."""
    return _text(_file_schema(SiteConfig, _IN_SITE, registry, "The engine file of a headrace site"))


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _file_schema(model: type[BaseModel], sections: dict[str, Kind], registry: Registry, title: str) -> Schema:
    schema = _model_schema(model, "")
    definitions: Schema = schema.pop("$defs", {})
    definitions.pop(ComponentHead.__name__, None)
    for section, kind in sections.items():
        definitions |= _component_definitions(kind, registry)
        schema["properties"][section] = _pointing_at(schema["properties"][section], kind)
    return {"$schema": DIALECT, **schema, "title": title, "$defs": definitions}


def _pointing_at(section: Schema, kind: Kind) -> Schema:
    """The section's schema with the component head replaced by the kind's components."""
    target = {"$ref": f"#/$defs/{kind.value}"}
    head = f"#/$defs/{ComponentHead.__name__}"

    def swap(part: Any) -> Any:
        if isinstance(part, dict):
            return target if part.get("$ref") == head else {key: swap(value) for key, value in part.items()}
        return [swap(member) for member in part] if isinstance(part, list) else part

    swapped: Schema = swap({key: value for key, value in section.items() if key != "default"})
    if section.get("$ref") == head:
        return {**target, "description": section.get("description", "")}
    return swapped


def _component_definitions(kind: Kind, registry: Registry) -> Schema:
    """One definition that chooses by `use`, and one for each plugin of the kind."""
    names = sorted(registry.names(kind))
    described = [{"const": name, "description": registry.get(kind, name).summary} for name in names]
    choices = [
        {
            "if": {"properties": {"use": {"const": name}}, "required": ["use"]},
            "then": {"$ref": f"#/$defs/{kind.value}.{name}"},
        }
        for name in names
    ]
    chooser: Schema = {
        "type": "object",
        "required": ["use"],
        "properties": {"use": {"description": "The plugin.", "oneOf": described}},
        "allOf": choices,
    }
    definitions: Schema = {kind.value: chooser}
    for name in names:
        definitions |= _plugin_definitions(kind, name, registry)
    return definitions


def _plugin_definitions(kind: Kind, name: str, registry: Registry) -> Schema:
    plugin = registry.get(kind, name)
    own = _model_schema(plugin.settings, f"{kind.value}.{name}.")
    definitions: Schema = own.pop("$defs", {})
    head = _model_schema(ComponentHead, "")["properties"]
    properties = {**{key: head[key] for key in HEAD_KEYS}, "use": {"const": name}, **own.get("properties", {})}
    schema = {**own, "properties": properties, "required": ["use", *own.get("required", [])]}
    if kind in {Kind.SOURCE, Kind.STAGE, Kind.DESTINATION}:
        schema["not"] = {"required": ["name", "id"]}
    schema.pop("title", None)
    return {f"{kind.value}.{name}": schema, **definitions}


def _model_schema(model: type[BaseModel], prefix: str) -> Schema:
    """A model's schema; its definitions carry the prefix, so that plugins may call their parts what they like."""
    raw = TypeAdapter(model).json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    definitions = {f"{prefix}{name}": part for name, part in raw.pop("$defs", {}).items()}
    tidied: Schema = _walk({**raw, "$defs": definitions} if definitions else raw, _tidy)
    return tidied


def _walk(part: Any, change: Callable[[Schema], Schema]) -> Any:
    if isinstance(part, dict):
        return change({key: _walk(value, change) for key, value in part.items()})
    return [_walk(member, change) for member in part] if isinstance(part, list) else part


def _tidy(part: Schema) -> Schema:
    """What pydantic writes, as an editor needs it.

    Generated titles go, a value written with a unit takes no bare number and shows its default with
    the unit, and every patterned text may be a reference instead.
    """
    part = {key: value for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(part.get("default"), dict) and ("$ref" in part or "type" in part):
        del part["default"]  # each setting inside has its own
    if "patternProperties" in part:
        part.setdefault("additionalProperties", False)
    pattern = part.get("pattern")
    if isinstance(pattern, str):
        if part.get("type") == ["string", "integer"] and not re.search(pattern, "1"):
            part["type"] = "string"
        if isinstance(part.get("default"), int | float):
            part["default"] = _with_unit(part["default"], pattern)
        part["pattern"] = f"(?:{pattern})|{REFERENCE}"
    if isinstance(part.get("description"), str):
        part["description"] = " ".join(part["description"].split())
    return part


def _with_unit(number: float, pattern: str) -> str | float:
    """A default as an admin would write it: 60.0 seconds as `60s`, 67108864 bytes as `64MiB`."""
    units = (("d", 86400.0), ("h", 3600.0), ("m", 60.0), ("s", 1.0), ("ms", 0.001))
    sizes = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1))
    scale = units if re.search(pattern, "1ms") else sizes if re.search(pattern, "1MiB") else ()
    for unit, worth in scale:
        count = number / worth
        if number and count == int(count):
            return f"{int(count)}{unit}"
    return "0s" if scale is units else number
