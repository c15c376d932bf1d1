"""msgspec, pydantic and jsonschema, where they are installed."""

from __future__ import annotations

import importlib.util
import unittest

from stepflow_py import InvalidInput, StepflowServer
from tests.runtime import HttpRuntime, StdioRuntime


def needs(name: str):  # type: ignore[no-untyped-def]
    return unittest.skipIf(importlib.util.find_spec(name) is None, f"{name} is not installed")


@needs("msgspec")
class Msgspec(unittest.TestCase):
    def test_a_processor_of_batches_runs_as_it_is_published(self):
        for kind in (StdioRuntime, HttpRuntime):
            runtime = kind("batch_server.py")
            try:
                answer = runtime.call("/batch_processor", {"items": [{"a": 1}, {"a": 2}], "workflow_id": "flow1"})
                self.assertEqual(
                    answer["result"]["output"],
                    {
                        "results": [
                            {"outcome": "success", "result": {"a": 1}},
                            {"outcome": "success", "result": {"a": 2}},
                        ],
                        "total_processed": 2,
                        "success_count": 2,
                        "error_count": 0,
                    },
                )
                self.assertEqual(runtime.asked[-1]["params"]["maxConcurrency"], 10)
                wrong = runtime.call("/batch_processor", {"items": [{}, 7], "workflow_id": "flow1"})["error"]
                self.assertEqual(wrong["message"], "input.items[1]: expected `object`, got `int`")
                missing = runtime.call("/batch_processor", {"items": []})["error"]
                self.assertIn("workflow_id", missing["message"])
                info = runtime.ask("components/info", {"component": "/batch_processor"})["result"]["info"]
                self.assertEqual(info["input_schema"]["required"], ["items", "workflow_id"])
                self.assertEqual(info["description"], "Process a batch of items using a sub-workflow")
            finally:
                runtime.close()


@needs("pydantic")
class Pydantic(unittest.TestCase):
    def test_models_are_made_checked_and_announced(self):
        runtime = StdioRuntime("pydantic_server.py")
        self.addCleanup(runtime.close)
        orders = [{"lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 2}]}]
        self.assertEqual(runtime.call("/largest", orders[0])["result"]["output"], {"sku": "b", "count": 2})
        self.assertEqual(runtime.call("/lines", orders)["result"]["output"], orders[0]["lines"])
        wrong = runtime.call("/lines", [{"lines": [{"sku": "a", "count": 0}]}])["error"]
        self.assertEqual(wrong["code"], -32002)
        self.assertRegex(wrong["message"], r"^input\[0\]\.lines\[0\]\.count: .*greater than or equal to 1")
        schema = runtime.ask("components/info", {"component": "/lines"})["result"]["info"]["input_schema"]
        self.assertEqual(schema["$defs"]["Line"]["properties"]["count"]["minimum"], 1)


@needs("jsonschema")
class Jsonschema(unittest.TestCase):
    def test_a_schema_of_the_authors_own_is_announced_and_checked(self):
        server = StepflowServer(include_builtins=False)
        schema = {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}}

        @server.component(input_schema=schema, output_schema={"type": "integer"})
        def size(input):  # type: ignore[no-untyped-def]
            return input["size"]

        component = server._components["/size"]
        self.assertEqual((component.info()["input_schema"], component.output_schema()), (schema, {"type": "integer"}))
        with self.assertRaises(InvalidInput) as raised:
            component.call({"size": 0}, None, None)  # type: ignore[arg-type]
        self.assertEqual(str(raised.exception), "input.size: 0 is less than the minimum of 1")


if __name__ == "__main__":
    unittest.main()
