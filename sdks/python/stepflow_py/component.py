"""A function as a component: which parameter is the input, which the context, what both ends are as JSON."""

from __future__ import annotations

import functools
import importlib.util
import inspect
import typing
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional

from . import kinds
from .context import CallContext
from .convert import Convert, converter
from .exceptions import InvalidInput
from .schema import schema_of

if TYPE_CHECKING:
    from .call import Call

_CONTEXT_NAMES = ("ctx", "context")


class Component:
    """Raises TypeError for a function that cannot be one."""

    def __init__(
        self,
        function: Callable[..., Any],
        path: str,
        description: Optional[str],
        input_schema: Optional[dict[str, Any]],
        output_schema: Optional[dict[str, Any]],
        names: Optional[Mapping[str, Any]],
    ) -> None:
        self.path = path
        self.function = function
        self.description = description or (inspect.getdoc(function) if inspect.isroutine(function) else None)
        self.is_async = _is_async(function)
        self._input_schema = input_schema
        self._output_schema = output_schema
        # Types that are defined where the function is, inside another one.
        self._names = names
        self._parameters = _parameters(function, path)
        self._is_ready = False
        self._hints: dict[str, Any] = {}
        self._input: Optional[str] = None
        self._context: Optional[str] = None
        self._convert: Optional[Convert] = None
        self._check: Optional[Callable[[Any], None]] = None
        try:
            self.prepare()
        except NameError:
            pass  # a type that comes later in the file: the server prepares once more before it serves

    def prepare(self) -> None:
        """Resolves the annotations."""
        if self._is_ready:
            return
        function: Any = self.function
        target = function if inspect.isroutine(function) or inspect.isclass(function) else type(function).__call__
        try:
            self._hints = typing.get_type_hints(
                inspect.unwrap(target), localns=dict(self._names) if self._names else None, include_extras=True
            )
        except TypeError as error:
            # `int | None` in a text, on a Python that has no such thing.
            raise TypeError(f"component {self.path}: its annotations cannot be read: {error}") from None
        rest: list[str] = []
        for name, has_default in self._parameters.items():
            if self._context is None and (name in _CONTEXT_NAMES or _is_context(self._hints.get(name))):
                self._context = name
            elif not has_default or not rest:
                rest.append(name)
        if len(rest) > 1:
            raise TypeError(
                f"component {self.path}: it takes {', '.join(self._parameters)}; a component takes one input, "
                "and a context that is named ctx or context, or annotated with StepflowContext"
            )
        self._input = rest[0] if rest else None
        if self._input is not None:
            try:
                self._convert = converter(self._hints.get(self._input, Any), self._names)
            except TypeError as error:
                raise TypeError(f"component {self.path}: parameter {self._input}: {error}") from None
        if self._input_schema is not None:
            self._check = checker(self._input_schema)
        self._is_ready = True

    def call(self, input: Any, context: Callable[[Call], CallContext], call: Call) -> Any:
        """What the function returns, a coroutine if it is one; raises InvalidInput for what does not fit."""
        if self._check:
            self._check(input)
        if self._convert:
            try:
                input = self._convert(input, "input")
            except InvalidInput as error:
                raise self._explained(error, input) from None
        if self._context is None:
            return self.function(input) if self._input is not None else self.function()
        if self._input is None:
            return self.function(**{self._context: context(call)})
        return self.function(**{self._input: input, self._context: context(call)})

    def info(self) -> dict[str, Any]:
        info = {
            "component": self.path,
            "description": self.description,
            "input_schema": self._input_schema or self._schema(self._input),
            "output_schema": self.output_schema(),
        }
        return {name: value for name, value in info.items() if value is not None}

    def output_schema(self) -> Optional[dict[str, Any]]:
        return self._output_schema or self._schema("return")

    # ---

    def _explained(self, error: InvalidInput, given: Any) -> InvalidInput:
        """Whoever sends the parameter by its name expects that it is one field of several."""
        name = self._input
        if error.field != "input" or not isinstance(given, dict) or name not in given:
            return error
        return InvalidInput(
            f'{error}; "{name}" is the only parameter and gets the whole input: send the value itself, '
            f'or declare a dataclass with the field "{name}"'
        )

    def _schema(self, name: Optional[str]) -> Optional[dict[str, Any]]:
        return schema_of(self._hints[name], self._names) if name in self._hints else None


def _parameters(function: Callable[..., Any], path: str) -> dict[str, bool]:
    """Those that may be passed, and whether they have a default."""
    if not callable(function):
        raise TypeError(f"component {path}: {function!r} is not a function")
    names: dict[str, bool] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind == parameter.POSITIONAL_ONLY:
            raise TypeError(f"component {path}: parameter {parameter.name} must not be positional-only")
        names[parameter.name] = parameter.default is not parameter.empty
    return names


def _is_async(function: Callable[..., Any]) -> bool:
    inner = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inner.func
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(type(inner).__call__)


def _is_context(hint: Any) -> bool:
    arms = typing.get_args(hint) if kinds.is_union(hint) else (kinds.bare(hint),)
    return any(isinstance(arm, type) and issubclass(arm, CallContext) for arm in arms)


def checker(schema: dict[str, Any]) -> Optional[Callable[[Any], None]]:
    """Checks by the schema that the author wrote, where jsonschema is installed."""
    if importlib.util.find_spec("jsonschema") is None:
        return None
    import jsonschema  # type: ignore[import-untyped,unused-ignore]

    validator = jsonschema.validators.validator_for(schema)(schema)

    def check(value: Any) -> None:
        error = jsonschema.exceptions.best_match(validator.iter_errors(value))
        if error is not None:
            field = "input" + "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in error.absolute_path)
            raise InvalidInput(f"{field}: {error.message}", field)

    return check
