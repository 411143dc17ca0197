"""pydantic's findings in plain words, at the place in the file they are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from engine.config.models import PATTERN_WORDS, ComponentHead
from engine.config.problems import ConfigError, Location, Problem, did_you_mean, joined_path
from engine.config.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode, value_of

ModelT = TypeVar("ModelT", bound=BaseModel)

_PLAIN = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "decimal_type": "expected a number",
    "decimal_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "set_type": "expected a list",
    "frozen_set_type": "expected a list",
    "dict_type": "expected a mapping (key: value)",
    "model_type": "expected a mapping (key: value)",
    "model_attributes_type": "expected a mapping (key: value)",
    "missing": "required setting is missing",
    "path_type": "expected a path",
    "none_required": "expected nothing",
}
_WITH_CONTEXT = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "does not have the form {pattern}",
    "too_short": "needs at least {min_length}",
    "too_long": "may have at most {max_length}",
    "literal_error": "expected {expected}",
    "enum": "expected {expected}",
}
_SLUGS = {"extra_forbidden": "config.unknown_setting", "missing": "config.missing_setting"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a pydantic location leads in the tree; `skipped` are its parts that name union members, not settings."""

    node: Node
    at: Location
    path: tuple[str | int, ...]
    skipped: tuple[str, ...]
    branch: tuple[str | int, ...]


def checked(model: type[ModelT], tree: Node, base: str) -> ModelT:
    """The node's settings.

    Args:
        model: what the settings must fit.
        tree: the node.
        base: the path of the node in its file.

    Raises:
        ConfigError: with one problem for each finding.
    """
    problems = list(_worded_truths(model, tree, (), base))
    try:
        settings = model.model_validate(value_of(tree))
    except ValidationError as error:
        told = {(problem.location, problem.path) for problem in problems}
        found = _explained(error, tree, model, base)
        raise ConfigError([*problems, *(one for one in found if (one.location, one.path) not in told)]) from None
    if problems:
        raise ConfigError(problems)
    return settings


def _explained(error: ValidationError, tree: Node, model: type[BaseModel], base: str) -> list[Problem]:
    found = [(details, _place(tree, details)) for details in error.errors(include_url=False, include_input=False)]
    problems = [
        _problem(details, place, model, base)
        for details, place in _without_far_members(found)
        if not (isinstance(place.node, ScalarNode) and place.node.unresolved)
    ]
    return _alternatives_joined(problems)


def _worded_truths(annotation: Any, node: Node, path: tuple[str | int, ...], base: str) -> Iterator[Problem]:
    """What pydantic takes and other tools do not: `no`, `"yes"` and 1 as truth values, true and false as numbers."""
    parts = get_args(annotation)
    if isinstance(node, ScalarNode):
        kinds = {part for part in (parts or (annotation,)) if part is not type(None)}
        words = isinstance(node.value, str | int | float) and not isinstance(node.value, bool)
        if kinds == {bool} and words and not node.references:
            message = "expected true or false"
        elif kinds in ({int}, {float}) and isinstance(node.value, bool):
            message = "expected a number"
        else:
            return
        yield Problem(location=node.at, path=joined_path(base, path), message=message, slug="config.bad_value")
    elif isinstance(node, SequenceNode):
        for index, member in enumerate(node.members):
            yield from _worded_truths(parts[0] if parts else None, member, (*path, index), base)
    elif get_origin(annotation) is dict:
        for key, entry in node.entries.items():
            yield from _worded_truths(parts[1], entry.node, (*path, key), base)
    else:
        for key, below in settings_keys(annotation):
            if key in node.entries:
                yield from _worded_truths(below, node.entries[key].node, (*path, key), base)


def yaml_key(name: str, info: FieldInfo) -> str:
    """What a setting is called in YAML: its alias where Python has taken the word (`with`)."""
    return info.validation_alias if isinstance(info.validation_alias, str) else info.alias or name


def settings_keys(model: Any) -> Iterator[tuple[str, Any]]:
    """The YAML keys of a model, or of every model inside an annotation, with the annotations of their values."""
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, info in model.model_fields.items():
            yield yaml_key(name, info), info.annotation
    else:
        for part in get_args(model):
            yield from settings_keys(part)


def node_at(tree: Node, path: Sequence[str | int]) -> Node | None:
    """The node under a path of keys and indexes."""
    node: Node | None = tree
    for part in path:
        node = _child(node, part)
    return node


def _child(node: Node | None, part: str | int) -> Node | None:
    if isinstance(node, MappingNode) and str(part) in node.entries:
        return node.entries[str(part)].node
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.members):
        return node.members[part]
    return None


def _place(tree: Node, details: ErrorDetails) -> _Place:
    parts = list(details["loc"])
    last = parts.pop() if parts and details["type"] in {"extra_forbidden", "missing"} else None
    node, at = tree, tree.at
    path: list[str | int] = []
    skipped: list[str] = []
    branch: tuple[str | int, ...] = ()
    for part in parts:
        child = _child(node, part)
        if part == "[key]" and isinstance(path[-1] if path else None, str):
            at = _key_place(tree, path)
        elif child is not None:
            node, at = child, child.at
            path.append(part)
        else:
            branch = branch if skipped else tuple(path)
            skipped.append(str(part))
    if last is not None:
        path.append(last)
        if isinstance(node, MappingNode) and last in node.entries:
            at = node.entries[str(last)].at
    return _Place(node=node, at=at, path=tuple(path), skipped=tuple(skipped), branch=branch)


def _key_place(tree: Node, path: Sequence[str | int]) -> Location:
    owner = node_at(tree, path[:-1])
    entry = owner.entries.get(str(path[-1])) if isinstance(owner, MappingNode) else None
    return entry.at if entry is not None else tree.at


def _without_far_members(found: list[tuple[ErrorDetails, _Place]]) -> list[tuple[ErrorDetails, _Place]]:
    """Of a union only the findings of the members that fit best: those that fail deepest, then least often."""
    members: dict[tuple[str | int, ...], dict[str, list[_Place]]] = {}
    for _, place in found:
        if place.skipped:
            members.setdefault(place.branch, {}).setdefault(place.skipped[0], []).append(place)
    keep: dict[tuple[str | int, ...], set[str]] = {}
    for branch, by_member in members.items():
        scores = {member: _misfit(places, branch) for member, places in by_member.items()}
        keep[branch] = {member for member, score in scores.items() if score == min(scores.values())}
    return [pair for pair in found if not pair[1].skipped or pair[1].skipped[0] in keep[pair[1].branch]]


def _misfit(places: Sequence[_Place], branch: Sequence[str | int]) -> tuple[int, int]:
    at_the_top = sum(1 for place in places if len(place.path) == len(branch))
    return (1 if at_the_top else 0, len(places))


def _problem(details: ErrorDetails, place: _Place, model: type[BaseModel], base: str) -> Problem:
    kind = details["type"]
    context: Mapping[str, Any] = details.get("ctx") or {}
    message, hint = _words(details, context), ""
    if kind == "extra_forbidden":
        message = "unknown setting"
        hint = did_you_mean(place.path[-1], _known_keys(model, place.path[:-1]))
    elif isinstance(place.node, ScalarNode):
        hint = _scalar_hint(kind, place.node, context)
        if place.node.references and kind in {"value_error", "assertion_error", "custom"}:
            message = f"the value of {', '.join(place.node.references)} is not accepted here"
    else:
        message = _without_secrets(message, place.node)
    path = joined_path(base, place.path)
    return Problem(location=place.at, path=path, message=message, hint=hint, slug=_SLUGS.get(kind, "config.bad_value"))


def _words(details: ErrorDetails, context: Mapping[str, Any]) -> str:
    kind = details["type"]
    if kind == "string_pattern_mismatch" and context.get("pattern") in PATTERN_WORDS:
        return PATTERN_WORDS[str(context["pattern"])]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _WITH_CONTEXT:
        return _WITH_CONTEXT[kind].format_map(context)
    said = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return " ".join(said.replace("Input should be", "expected").split())


def _scalar_hint(kind: str, node: ScalarNode, context: Mapping[str, Any]) -> str:
    if node.value is None:
        return "the key is there, its value is not"
    if kind == "string_type":
        return "put the value in quotes"
    if kind == "model_type" and context.get("class_name") == ComponentHead.__name__:
        return "write `use:` and the plugin's name"
    if kind in {"literal_error", "enum"} and not node.references:
        words = str(context.get("expected", "")).replace(" or ", ", ").split(", ")
        return did_you_mean(node.value, [word.strip("'") for word in words])
    return ""


def _known_keys(model: Any, path: Sequence[str | int]) -> list[str]:
    level: list[Any] = [model]
    for part in path:
        if isinstance(part, int):
            continue
        deeper = [annotation for at in level for key, annotation in settings_keys(at) if key == part]
        level = deeper or level
    return [key for at in level for key, _ in settings_keys(at)]


def _without_secrets(message: str, node: Node) -> str:
    """The message, or a neutral one when it repeats a confidential value from somewhere inside the node."""
    for scalar in scalars(node):
        if scalar.references and isinstance(scalar.value, str) and scalar.value and scalar.value in message:
            return "these settings do not fit together (not shown: the reason repeats a secret)"
    return message


def scalars(node: Node) -> Iterator[ScalarNode]:
    """Every single value in a tree."""
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, SequenceNode):
        for member in node.members:
            yield from scalars(member)
    else:
        for entry in node.entries.values():
            yield from scalars(entry.node)


def _alternatives_joined(problems: Sequence[Problem]) -> list[Problem]:
    """Findings of several union members about one value become one: `expected a number, or expected text`."""
    by_place: dict[tuple[Location, str, str], Problem] = {}
    for problem in problems:
        key = (problem.location, problem.path, problem.slug)
        first = by_place.get(key)
        if first is None:
            by_place[key] = problem
        elif problem.message not in first.message:
            both = f"{first.message}, or {problem.message}"
            by_place[key] = Problem(
                location=first.location, path=first.path, slug=first.slug, message=both, hint=first.hint or problem.hint
            )
    return list(by_place.values())
