"""JSON Schemas of the types that a component declares; what has none is left open."""

from __future__ import annotations

import collections.abc
import datetime
import decimal
import enum
import json
import sys
import typing
import uuid
from typing import Any, Mapping, Optional

from . import kinds

Schema = dict[str, Any]


def schema_of(hint: Any, names: Optional[Mapping[str, Any]] = None) -> Optional[Schema]:
    """The schema of an annotation; None if it says nothing."""
    maker = _Maker(names)
    made = maker.of(hint)
    if made == {}:
        return None
    named = str(made.get("$ref", "")).rpartition("/")[2]
    # A class that nothing else refers to needs no name.
    if (
        len(made) == 1
        and named in maker.definitions
        and f'"#/$defs/{named}"' not in json.dumps(maker.definitions, default=str)
    ):
        made = maker.definitions.pop(named)
    return {**made, "$defs": maker.definitions} if maker.definitions else made


# ---


class _Maker:
    """Classes go to `$defs`, so that they may contain themselves."""

    def __init__(self, names: Optional[Mapping[str, Any]]) -> None:
        self._names = names
        self._named: dict[Any, str] = {}
        self.definitions: dict[str, Schema] = {}

    def of(self, hint: Any) -> Schema:
        hint = kinds.bare(hint)
        if kinds.is_anything(hint):
            return {}
        if isinstance(hint, type) and hint in _SIMPLE:
            return dict(_SIMPLE[hint])
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if kinds.is_union(hint):
            arms = [self.of(arm) for arm in args]
            return {} if {} in arms else {"anyOf": arms}
        if origin is typing.Literal:
            return {"enum": list(args)}
        cls: Any = origin or hint
        if kinds.is_struct(cls):
            made: Schema = sys.modules["msgspec"].json.schema(hint)
            return self._inlined(made)
        if kinds.is_model(cls):
            return self._inlined(cls.model_json_schema())
        if kinds.is_dataclass(cls) or kinds.is_typed_dict(cls):
            return self._class(cls)
        if isinstance(cls, type) and issubclass(cls, enum.Enum):
            return {"enum": [member.value for member in cls]}
        if cls in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
            members = self.of(args[1]) if args else {}
            return {"type": "object", "additionalProperties": members} if members else {"type": "object"}
        if cls is tuple and args and args[-1] is not ...:
            return {
                "type": "array",
                "prefixItems": [self.of(arg) for arg in args],
                "minItems": len(args),
                "maxItems": len(args),
            }
        if cls in _LISTS:
            elements = self.of(args[0]) if args else {}
            return {"type": "array", "items": elements} if elements else {"type": "array"}
        return {}

    def _class(self, cls: Any) -> Schema:
        name = self._named.get(cls)
        if name is None:
            name = self._free(cls.__name__)
            self._named[cls] = name
            self.definitions[name] = {}
            self.definitions[name] = self._members(cls)
        return {"$ref": f"#/$defs/{name}"}

    def _members(self, cls: Any) -> Schema:
        hints = kinds.fields_of(cls, self._names)
        if kinds.is_typed_dict(cls):
            needed = kinds.required_keys(cls, hints)
            fields = [(name, name in needed) for name in hints]
        else:
            fields = kinds.needed_fields(cls)
        required = [name for name, is_needed in fields if is_needed]
        made: Schema = {
            "type": "object",
            "title": cls.__name__,
            "properties": {name: self.of(hints[name]) for name, _ in fields},
        }
        return {**made, "required": required} if required else made

    def _inlined(self, made: Schema) -> Schema:
        """A schema that a library made, whose own definitions become ours."""
        definitions = made.pop("$defs", {})
        renamed = {name: self._free(name) for name in definitions}
        for name, definition in definitions.items():
            self.definitions[renamed[name]] = definition
        changed = {f"#/$defs/{old}": f"#/$defs/{new}" for old, new in renamed.items() if old != new}
        if changed:
            for name in renamed.values():
                self.definitions[name] = _point(self.definitions[name], changed)
            made = _point(made, changed)
        return made

    def _free(self, name: str) -> str:
        number, free = 2, name
        while free in self.definitions:
            number, free = number + 1, f"{name}{number}"
        self.definitions[free] = {}
        return free


def _point(schema: Any, changed: Mapping[str, str]) -> Any:
    if isinstance(schema, list):
        return [_point(each, changed) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: changed.get(value, value) if key == "$ref" and isinstance(value, str) else _point(value, changed)
        for key, value in schema.items()
    }


_SIMPLE: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    decimal.Decimal: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
}
_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable)
