"""`/udf`: Python code that a flow brings along as a blob, run in this process as its author's."""

from __future__ import annotations

import inspect
import json
import math
import re
import sys
import typing
from collections import OrderedDict
from typing import Any, Callable, Optional, TypedDict

from .component import checker
from .context import StepflowContext, StepflowSyncContext
from .exceptions import ComponentError


class UdfCall(TypedDict):
    blob_id: str
    input: Any


class UdfInput(dict):  # type: ignore[type-arg]
    """The input of such a function: its members by item or by attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"Input has no attribute {name!r}") from None


def run_udf(input: UdfCall, ctx: StepflowSyncContext) -> Any:
    """Runs the Python function in the blob `blob_id`, `{code, input_schema}`, on `input`."""
    udf = _compiled.get(input["blob_id"])
    if udf is None:
        udf = _Udf(ctx.get_blob(input["blob_id"]), input["blob_id"])
        _compiled[input["blob_id"]] = udf
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
    return udf.run(input["input"], ctx)


# ---

_KEPT = 1000
_compiled: OrderedDict[str, _Udf] = OrderedDict()


class _Udf:
    def __init__(self, blob: Any, blob_id: str) -> None:
        code = blob.get("code") if isinstance(blob, dict) else None
        if not isinstance(code, str):
            data = {"blob_id": blob_id}
            raise ComponentError(f'blob {blob_id} has no "code"', code="INVALID_INPUT", data=data, retryable=False)
        self._function = _function_of(code, blob.get("function_name"), blob_id)
        schema = blob.get("input_schema")
        self._check: Optional[Callable[[Any], None]] = None
        if isinstance(schema, dict) and schema:
            self._check = checker(schema)
            if self._check is None:
                print("jsonschema is not installed: the inputs of /udf are not checked", file=sys.stderr)
        parameters = list(inspect.signature(self._function).parameters.values())
        self._takes_context = len(parameters) > 1
        hint = parameters[0].annotation if parameters else dict
        self._is_wrapped = hint in (inspect.Parameter.empty, dict, "dict") or typing.get_origin(hint) is dict

    def run(self, value: Any, ctx: StepflowSyncContext) -> Any:
        if self._check:
            self._check(value)
        given = _wrapped(value) if self._is_wrapped else value
        if not inspect.iscoroutinefunction(self._function):
            return self._function(given, ctx) if self._takes_context else self._function(given)
        import asyncio

        # A loop of its own, in the thread of this call.
        context = StepflowContext(ctx._call)
        return asyncio.run(self._function(given, context) if self._takes_context else self._function(given))


def _function_of(code: str, name: Any, blob_id: str) -> Callable[..., Any]:
    """The code is a function, an expression that is one, an expression over `input`, or the body of a function."""
    first: Optional[SyntaxError] = None
    for make in (_defined, _expression, _over_input, _body):
        try:
            found = make(code, name)
        except SyntaxError as error:
            first = first or error
            continue
        if found is not None:
            return found
    why = f": {first}" if first else ""
    raise ComponentError(
        f"the code of blob {blob_id} is neither one function, nor an expression that is one, nor an expression over "
        f"input, nor the body of a function{why}",
        code="INVALID_INPUT",
        data={"blob_id": blob_id},
        retryable=False,
    )


def _globals() -> dict[str, Any]:
    return {"__name__": "udf", "json": json, "math": math, "re": re}


def _defined(code: str, name: Any) -> Optional[Callable[..., Any]]:
    compiled = compile(code, "<udf>", "exec")
    if not any(word in code for word in ("def ", "lambda", "class ")):
        return None
    names = _globals()
    given = set(names)
    exec(compiled, names)
    if isinstance(name, str) and callable(names.get(name)):
        return _callable(names[name])
    own = [
        value
        for key, value in names.items()
        if key not in given and not key.startswith("_") and inspect.isfunction(value)
    ]
    return own[0] if len(own) == 1 else None


def _expression(code: str, name: Any) -> Optional[Callable[..., Any]]:
    compiled = compile(code.strip(), "<udf>", "eval")
    try:
        found = eval(compiled, {**_globals(), "input": None})
    except Exception:
        return None  # it is over `input`, or not an expression that stands alone
    return _callable(found) if callable(found) else None


def _over_input(code: str, name: Any) -> Optional[Callable[..., Any]]:
    compile(code.strip(), "<udf>", "eval")
    return _callable(eval(f"lambda input: ({code.strip()})", _globals()))


def _body(code: str, name: Any) -> Optional[Callable[..., Any]]:
    names = _globals()
    lines = "\n".join(f"    {line}" for line in code.splitlines())
    kind = "async def" if re.search(r"\bawait\b", code) else "def"
    exec(compile(f"{kind} body(input, context):\n{lines}\n", "<udf>", "exec"), names)
    return _callable(names["body"])


def _callable(found: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = found
    return function


def _wrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return UdfInput({key: _wrapped(member) for key, member in value.items()})
    return [_wrapped(each) for each in value] if isinstance(value, list) else value
