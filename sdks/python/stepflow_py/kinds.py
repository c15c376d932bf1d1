"""Which kind of type an annotation is: what `convert` and `schema` both ask. Loads neither msgspec nor pydantic: who
uses one of them has loaded it."""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from typing import Any, Mapping, Optional, Union

_NONE = type(None)
_WRAPPERS = ("Annotated", "Required", "NotRequired", "ReadOnly", "Final", "ClassVar")
_UNIONS: tuple[Any, ...] = (Union, getattr(types, "UnionType", Union))


def bare(hint: Any) -> Any:
    """The type that an annotation wraps: of NewType, Annotated, `type X = ...` and the like. None becomes its type."""
    while True:
        if hint is None:
            return _NONE
        if hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif isinstance(hint, typing.TypeVar):
            hint = hint.__bound__ if hint.__bound__ is not None else Any
        elif is_wrapper(hint, _WRAPPERS):
            hint = typing.get_args(hint)[0]
        else:
            return hint


def is_wrapper(hint: Any, names: tuple[str, ...]) -> bool:
    # typing's, or those of typing_extensions, by name: nobody has to have the latter.
    if hasattr(hint, "__metadata__"):
        return "Annotated" in names
    return getattr(typing.get_origin(hint), "_name", None) in names and bool(typing.get_args(hint))


def is_anything(hint: Any) -> bool:
    return hint is Any or hint is object


def is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in _UNIONS


def is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and "msgspec" in sys.modules and hasattr(hint, "__struct_fields__")


def is_model(hint: Any) -> bool:
    return isinstance(hint, type) and "pydantic" in sys.modules and hasattr(hint, "model_validate")


def is_dataclass(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def is_typed_dict(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, dict) and hasattr(hint, "__total__")


def fields_of(cls: Any, names: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """The annotations of a class, resolved."""
    return typing.get_type_hints(cls, localns=dict(names) if names else None, include_extras=True)


def required_keys(cls: Any, hints: Mapping[str, Any]) -> frozenset[str]:
    """Those of a TypedDict. Its own list is wrong where its annotations are texts: they are asked, too."""
    known: frozenset[str] = getattr(cls, "__required_keys__", frozenset(hints) if cls.__total__ else frozenset())
    named = {name for name, hint in hints.items() if is_wrapper(hint, ("Required",))}
    optional = {name for name, hint in hints.items() if is_wrapper(hint, ("NotRequired",))}
    return (known | named) - optional


def needed_fields(cls: Any) -> list[tuple[str, bool]]:
    """The fields of a dataclass that its constructor takes, and whether it must have them."""
    missing = dataclasses.MISSING
    return [
        (field.name, field.default is missing and field.default_factory is missing)
        for field in dataclasses.fields(cls)
        if field.init
    ]


def name_of(hint: Any) -> str:
    return getattr(hint, "__name__", None) or str(hint).replace("typing.", "")
