"""What a component returns, as JSON."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import os
import sys
import uuid
from typing import Any, Callable

from . import kinds, wire


def to_json(value: Any) -> Any:
    """For json.dumps: one step from a value that it does not know to one that it does."""
    if kinds.is_struct(type(value)):
        return sys.modules["msgspec"].to_builtins(value)
    if kinds.is_model(type(value)):
        return value.model_dump(mode="json", by_alias=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for kind, make in _MAKERS:
        if isinstance(value, kind):
            return make(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def write_result(message: wire.Message) -> bytes:
    """An answer as its line; raises ValueError or TypeError that name the place of what is not JSON."""
    try:
        return wire.write(message, to_json)
    except wire.TooLarge:
        raise
    except RecursionError:
        raise ValueError("the output is nested too deeply") from None
    except (TypeError, ValueError) as error:
        result = message["result"]
        place = _find(result["output"], "output", 0) if "output" in result else None
        raise type(error)(f"{place or 'output'}: {error}") from None


# ---

_MAKERS: list[tuple[Any, Callable[[Any], Any]]] = [
    (enum.Enum, lambda value: value.value),
    ((datetime.datetime, datetime.date, datetime.time), lambda value: value.isoformat()),
    ((uuid.UUID, decimal.Decimal), str),
    (os.PathLike, os.fspath),
    ((set, frozenset), list),
    ((bytes, bytearray, memoryview), lambda value: base64.b64encode(value).decode("ascii")),
]
_DEEPEST = 100


def _find(value: Any, place: str, depth: int) -> Any:
    """Where in a value that is not JSON the reason lies."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, (str, int, bool)) or value is None:
        return None
    if isinstance(value, float):
        return place if value != value or value in (float("inf"), float("-inf")) else None
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, (str, int, float)) and key is not None:
                return place
            found = _find(member, f"{place}.{key}", depth + 1)
            if found:
                return found
        return None
    if isinstance(value, (list, tuple)):
        for i, member in enumerate(value):
            found = _find(member, f"{place}[{i}]", depth + 1)
            if found:
                return found
        return None
    try:
        return _find(to_json(value), place, depth + 1)
    except Exception:
        return place
