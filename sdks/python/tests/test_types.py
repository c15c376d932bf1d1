"""Types as they are declared: what is made of JSON, what is refused, and which schemas are announced."""

from __future__ import annotations

import datetime
import enum
import json
import unittest
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Literal, NewType, Optional, Tuple, TypedDict, TypeVar, Union

from stepflow_py import InvalidInput, StepflowContext, StepflowServer
from stepflow_py.component import Component
from stepflow_py.convert import converter
from stepflow_py.output import write_result
from stepflow_py.schema import schema_of

try:
    from typing import Annotated, NotRequired
except ImportError:
    Annotated = NotRequired = None  # type: ignore[misc,assignment]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Tree:
    name: str
    children: List[Tree] = field(default_factory=list)
    parent: Optional[Tree] = None
    made: str = field(init=False, default="here")

    def __post_init__(self) -> None:
        if self.name == "":
            raise ValueError("a tree has a name")


class Partial(TypedDict, total=False):
    a: int


Name = NewType("Name", str)
T = TypeVar("T", bound=int)


def make(hint: Any, value: Any) -> Any:
    convert = converter(hint)
    return convert(value, "input") if convert else value


class Types(unittest.TestCase):
    def test_values_become_what_is_declared(self):
        moment = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
        id = uuid.uuid4()
        for hint, value, expected in (
            (Any, {"a": 1}, {"a": 1}),
            (object, 1, 1),
            (dict, {}, {}),
            (Dict[str, int], {"a": 1.0}, {"a": 1}),
            (List[float], [1, 2.5], [1.0, 2.5]),
            (list, [1, "a"], [1, "a"]),
            (Tuple[int, str], [1, "a"], (1, "a")),
            (Tuple[int, ...], [1, 2], (1, 2)),
            (FrozenSet[str], ["a", "a"], frozenset("a")),
            (Optional[int], None, None),
            (Union[int, str, None], "a", "a"),
            (Union[int, List[int]], [1], [1]),
            (Literal["a", 1], 1, 1),
            (Colour, "red", Colour.RED),
            (Name, "a", "a"),
            (T, 1, 1),
            (None, None, None),
            (datetime.datetime, "2026-01-31T12:00:00Z", moment),
            (datetime.date, "2026-01-31", moment.date()),
            (uuid.UUID, str(id), id),
            (Decimal, "1.10", Decimal("1.10")),
            (bytes, "AQI=", b"\1\2"),
            (Partial, {"b": 1}, {"b": 1}),
        ):
            self.assertEqual(make(hint, value), expected, hint)
        tree = make(Tree, {"name": "a", "children": [{"name": "b", "parent": None}]})
        self.assertEqual(tree, Tree("a", [Tree("b")]))

    def test_what_does_not_fit_is_refused_with_the_place(self):
        for hint, value, message in (
            (int, True, "input: expected an integer, got True"),
            (int, 1.5, "input: expected an integer, got 1.5"),
            (float, "1", "input: expected a number, got '1'"),
            (str, None, "input: expected a text, got null"),
            (str, ["x" * 100], "input: expected a text, got a list of 1"),
            (int, "x" * 100, "input: expected an integer, got '" + "x" * 56 + "..."),
            (bool, 1, "input: expected true or false, got 1"),
            (List[int], [1, "a"], "input[1]: expected an integer, got 'a'"),
            (List[int], {}, "input: expected a list, got an object"),
            (Dict[str, List[int]], {"a": [None]}, "input.a[0]: expected an integer, got null"),
            (Tuple[int, str], [1], "input: expected a list of 2, got a list of 1"),
            (Union[int, str], [], "input: expected int or str, got a list of 0"),
            (Optional[int], "a", "input: expected an integer, got 'a'"),
            (Literal["a", 1], True, "input: expected one of 'a', 1, got True"),
            (Colour, [], "input: expected one of 'red', 'blue', got a list of 0"),
            (datetime.date, "x", "input: expected a date such as 2026-01-31, got 'x'"),
            (bytes, "?", "input: expected bytes in base64, got '?'"),
            (Partial, {"a": "b"}, "input.a: expected an integer, got 'b'"),
            (Tree, {"name": "a", "children": [{}]}, "input.children[0].name is missing"),
            (Tree, {"name": ""}, "input: a tree has a name"),
        ):
            with self.assertRaises(InvalidInput) as raised:
                make(hint, value)
            self.assertEqual(str(raised.exception), message)

    def test_outputs_become_json_again(self):
        moment = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc)
        id = uuid.UUID(int=7)
        values = [
            Tree("a"),
            Colour.RED,
            moment,
            moment.date(),
            id,
            Decimal("1.10"),
            Path("/a/b"),
            b"\1\2",
            {1},
            (1, None),
        ]
        line = write_result({"jsonrpc": "2.0", "id": 1, "result": {"output": values}})
        tree = {"name": "a", "children": [], "parent": None, "made": "here"}
        expected = [
            tree,
            "red",
            "2026-01-31T12:00:00+00:00",
            "2026-01-31",
            str(id),
            "1.10",
            "/a/b",
            "AQI=",
            [1],
            [1, None],
        ]
        self.assertEqual(json.loads(line)["result"]["output"], expected)

    def test_schemas_say_the_same(self):
        self.assertIsNone(schema_of(Any))
        self.assertEqual(schema_of(Optional[int]), {"anyOf": [{"type": "integer"}, {"type": "null"}]})
        self.assertEqual(schema_of(Dict[str, List[Colour]])["additionalProperties"]["items"], {"enum": ["red", "blue"]})
        pair = {"type": "array", "prefixItems": [{"type": "integer"}, {}], "minItems": 2, "maxItems": 2}
        self.assertEqual(schema_of(Tuple[int, Any]), pair)
        tree = schema_of(Tree)
        self.assertEqual(tree["$ref"], "#/$defs/Tree")
        self.assertEqual(tree["$defs"]["Tree"]["required"], ["name"])
        self.assertEqual(list(tree["$defs"]["Tree"]["properties"]), ["name", "children", "parent"])
        self.assertEqual(
            schema_of(Partial), {"type": "object", "title": "Partial", "properties": {"a": {"type": "integer"}}}
        )

    @unittest.skipIf(NotRequired is None, "typing of this Python has no NotRequired")
    def test_what_wraps_a_type_is_looked_through(self):
        class Some(TypedDict):
            a: Annotated[int, 7]
            b: NotRequired[str]

        names = {"Annotated": Annotated, "NotRequired": NotRequired}
        self.assertEqual(schema_of(Some, names)["required"], ["a"])
        self.assertEqual(converter(Some, names)({"a": 1}, "input"), {"a": 1})


class Components(unittest.TestCase):
    def component(self, function: Any) -> Component:
        return Component(function, "/it", None, None, None, None)

    def test_the_context_is_found_by_its_annotation_or_its_name(self):
        def by_name(input, ctx): ...
        def by_annotation(input: int, whatever: Optional[StepflowContext] = None): ...
        def first(context, input): ...
        def alone(ctx: StepflowContext): ...
        def none(input): ...

        found = [self.component(each) for each in (by_name, by_annotation, first, alone, none)]
        self.assertEqual([each._context for each in found], ["ctx", "whatever", "context", "ctx", None])
        self.assertEqual([each._input for each in found], ["input", "input", "input", None, "input"])

    def test_a_function_that_cannot_be_a_component_says_why(self):
        def two(a, b): ...
        def impossible(input: "complex"): ...

        for function, why in (
            (two, "takes a, b"),
            (impossible, "complex cannot be made of JSON"),
            (7, "not a function"),
        ):
            with self.assertRaisesRegex(TypeError, why):
                self.component(function)

    def test_types_may_be_defined_inside_a_function_and_later(self):
        server = StepflowServer()

        @dataclass
        class Local:
            a: int

        @server.component
        def take(input: Local) -> int:
            return input.a

        component = server._components["/take"]
        self.assertEqual(component.info()["input_schema"]["required"], ["a"])
        self.assertEqual(take(Local(3)), 3)

    def test_methods_partials_and_callables_are_components_as_well(self):
        class Counter:
            def __init__(self) -> None:
                self.count = 0

            def add(self, input: int) -> int:
                """Adds."""
                self.count += input
                return self.count

            async def __call__(self, input: int) -> int:
                return input

        counter = Counter()
        server = StepflowServer(include_builtins=False)
        server.component(counter.add)
        server.component(name="call")(counter)
        server.component(name="part")(partial(counter.add))
        found = server._components
        self.assertEqual(found["/add"].description, "Adds.")
        self.assertEqual([each.is_async for each in found.values()], [False, True, False])
        self.assertEqual(found["/part"].call(2, None, None), 2)  # type: ignore[arg-type]
        with self.assertRaisesRegex(TypeError, "is there already"):
            server.component(counter.add)


if __name__ == "__main__":
    unittest.main()
