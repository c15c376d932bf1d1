"""Values from JSON as the types that a component declares. What does not fit is refused with the name of the field."""

from __future__ import annotations

import base64
import collections.abc
import datetime
import decimal
import enum
import sys
import typing
import uuid
from typing import Any, Callable, Mapping, Optional

from . import kinds
from .exceptions import InvalidInput

# Gets the value and the name of its place.
Convert = Callable[[Any, str], Any]


def converter(hint: Any, names: Optional[Mapping[str, Any]] = None) -> Optional[Convert]:
    """How a value becomes what is declared; None: it stays as it is. Raises TypeError for what JSON cannot be."""
    hint = kinds.bare(hint)
    if kinds.is_anything(hint) or hint is dict:
        return None if kinds.is_anything(hint) else _object
    return _Compiler(names).of(hint)


# ---


class _Compiler:
    """Types that contain themselves are compiled once."""

    def __init__(self, names: Optional[Mapping[str, Any]]) -> None:
        self._names = names
        self._classes: dict[Any, Convert] = {}

    def of(self, hint: Any) -> Convert:
        hint = kinds.bare(hint)
        if kinds.is_anything(hint):
            return lambda value, field: value
        simple = _SIMPLE.get(hint) if isinstance(hint, type) else None
        if simple:
            return simple
        if kinds.is_union(hint):
            return self._union(typing.get_args(hint))
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Literal:
            return _one_of(args)
        if origin is not None and not isinstance(origin, type):
            raise TypeError(f"{hint!r} cannot be made of JSON")
        cls: Any = origin or hint
        if kinds.is_struct(cls):
            return _struct(hint)
        if kinds.is_model(cls):
            return _model(cls)
        if kinds.is_dataclass(cls) or kinds.is_typed_dict(cls):
            return self._class(cls)
        if isinstance(cls, type) and issubclass(cls, enum.Enum):
            return _enum(cls)
        if cls in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
            return self._mapping(args)
        if cls is tuple and args and args[-1] is not ...:
            return self._tuple(args)
        make = _LISTS.get(cls)
        if make:
            return self._list(make, self.of(args[0]) if args else None)
        raise TypeError(f"{kinds.name_of(hint)} cannot be made of JSON: declare a dataclass, or take a dict")

    def _class(self, cls: Any) -> Convert:
        def later(value: Any, field: str) -> Any:
            return self._classes[cls](value, field)

        if cls in self._classes:
            return self._classes[cls]
        self._classes[cls] = later
        hints = kinds.fields_of(cls, self._names)
        if kinds.is_typed_dict(cls):
            required = kinds.required_keys(cls, hints)
            members = [(name, self.of(hint), name in required) for name, hint in hints.items()]
            made = _typed_dict(members)
        else:
            made = _dataclass(cls, [(name, self.of(hints[name]), needed) for name, needed in kinds.needed_fields(cls)])
        self._classes[cls] = made
        return made

    def _union(self, arms: tuple[Any, ...]) -> Convert:
        solid = [arm for arm in arms if arm is not type(None)]
        converts = [self.of(arm) for arm in solid]
        is_optional = len(solid) < len(arms)
        expected = " or ".join(kinds.name_of(arm) for arm in solid)

        def convert(value: Any, field: str) -> Any:
            if value is None and is_optional:
                return None
            if len(converts) == 1:
                return converts[0](value, field)
            for each in converts:
                try:
                    return each(value, field)
                except InvalidInput:
                    continue
            raise _wrong(field, expected, value)

        return convert

    def _mapping(self, args: tuple[Any, ...]) -> Convert:
        if not args:
            return _object
        key_of, value_of = self.of(args[0]), self.of(args[1])

        def convert(value: Any, field: str) -> Any:
            members = _object(value, field)
            return {
                key_of(key, f"a key of {field}"): value_of(member, f"{field}.{key}") for key, member in members.items()
            }

        return convert

    def _list(self, make: Callable[[list[Any]], Any], element: Optional[Convert]) -> Convert:
        def convert(value: Any, field: str) -> Any:
            if not isinstance(value, list):
                raise _wrong(field, "a list", value)
            if element is None:
                return make(value)
            return make([element(each, f"{field}[{i}]") for i, each in enumerate(value)])

        return convert

    def _tuple(self, args: tuple[Any, ...]) -> Convert:
        converts = [self.of(arg) for arg in args]

        def convert(value: Any, field: str) -> Any:
            if not isinstance(value, list) or len(value) != len(converts):
                raise _wrong(field, f"a list of {len(converts)}", value)
            return tuple(each(value[i], f"{field}[{i}]") for i, each in enumerate(converts))

        return convert


def _typed_dict(members: list[tuple[str, Convert, bool]]) -> Convert:
    def convert(value: Any, field: str) -> Any:
        made = dict(_object(value, field))
        for name, member, is_required in members:
            if name in made:
                made[name] = member(made[name], f"{field}.{name}")
            elif is_required:
                raise InvalidInput(f"{field}.{name} is missing", f"{field}.{name}")
        return made

    return convert


def _dataclass(cls: Any, members: list[tuple[str, Convert, bool]]) -> Convert:
    def convert(value: Any, field: str) -> Any:
        given = _object(value, field)
        arguments = {}
        for name, member, is_required in members:
            if name in given:
                arguments[name] = member(given[name], f"{field}.{name}")
            elif is_required:
                raise InvalidInput(f"{field}.{name} is missing", f"{field}.{name}")
        try:
            return cls(**arguments)
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{field}: {error}", field) from error

    return convert


def _struct(hint: Any) -> Convert:
    msgspec: Any = sys.modules["msgspec"]

    def convert(value: Any, field: str) -> Any:
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            # "Expected `int`, got `str` - at `$.items[0]`"
            what, _, place = str(error).partition(" - at `$")
            at = field + place.rstrip("`")
            raise InvalidInput(f"{at}: {what[:1].lower()}{what[1:]}", at) from None

    return convert


def _model(cls: Any) -> Convert:
    pydantic: Any = sys.modules["pydantic"]

    def convert(value: Any, field: str) -> Any:
        try:
            return cls.model_validate(value)
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False)
            places = ["".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in each["loc"]) for each in found]
            said = "; ".join(f"{field}{place}: {each['msg']}" for place, each in zip(places, found))
            raise InvalidInput(said, field + places[0]) from None

    return convert


def _enum(cls: Any) -> Convert:
    by_value = {member.value: member for member in cls}

    def convert(value: Any, field: str) -> Any:
        try:
            return by_value[value]
        except (KeyError, TypeError):
            raise _wrong(field, "one of " + ", ".join(map(repr, by_value)), value) from None

    return convert


def _one_of(values: tuple[Any, ...]) -> Convert:
    def convert(value: Any, field: str) -> Any:
        # 1 is True to Python.
        if any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in values):
            return value
        raise _wrong(field, "one of " + ", ".join(map(repr, values)), value)

    return convert


def _object(value: Any, field: str) -> Any:
    if isinstance(value, dict):
        return value
    raise _wrong(field, "an object", value)


def _integer(value: Any, field: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _wrong(field, "an integer", value)


def _number(value: Any, field: str) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise _wrong(field, "a number", value)


def _exactly(kind: type, expected: str) -> Convert:
    def convert(value: Any, field: str) -> Any:
        if isinstance(value, kind):
            return value
        raise _wrong(field, expected, value)

    return convert


def _from_text(make: Callable[[str], Any], expected: str) -> Convert:
    def convert(value: Any, field: str) -> Any:
        try:
            if isinstance(value, str):
                return make(value)
        except (ValueError, ArithmeticError):
            pass
        raise _wrong(field, expected, value)

    return convert


def _moment(text: str) -> datetime.datetime:
    # Python before 3.11 reads no Z.
    return datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)


def _wrong(field: str, expected: str, value: Any) -> InvalidInput:
    return InvalidInput(f"{field}: expected {expected}, got {_shown(value)}", field)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_SIMPLE: dict[Any, Convert] = {
    str: _exactly(str, "a text"),
    bool: _exactly(bool, "true or false"),
    int: _integer,
    float: _number,
    type(None): _exactly(type(None), "null"),
    datetime.datetime: _from_text(_moment, "a date and time in ISO 8601"),
    datetime.date: _from_text(datetime.date.fromisoformat, "a date such as 2026-01-31"),
    uuid.UUID: _from_text(uuid.UUID, "a UUID"),
    decimal.Decimal: _from_text(decimal.Decimal, "a decimal number in a text"),
    bytes: _from_text(lambda text: base64.b64decode(text, validate=True), "bytes in base64"),
}
_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: lambda elements: elements,
    collections.abc.Sequence: lambda elements: elements,
    collections.abc.Iterable: lambda elements: elements,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}
