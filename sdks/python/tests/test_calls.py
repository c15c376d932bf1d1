"""The same claims over stdio and over HTTP."""

from __future__ import annotations

import unittest
from typing import Any, Union

from tests.runtime import PATIENCE, HttpRuntime, Refusal, StdioRuntime


class Calls:
    runtime: Union[StdioRuntime, HttpRuntime]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.runtime.close()

    def output(self, component: str, input: Any = None, **more: Any) -> Any:
        answer = self.runtime.call(component, input, **more)
        self.assertNotIn("error", answer)
        return answer["result"]["output"]

    def error(self, component: str, input: Any = None) -> dict[str, Any]:
        answer = self.runtime.call(component, input)
        self.assertNotIn("result", answer)
        return answer["error"]

    def test_the_handshake_announces_what_both_sides_have(self):
        self.assertEqual(self.runtime.hello["result"]["server_protocol_version"], 1)
        self.assertTrue(all(self.runtime.hello["result"]["capabilities"].values()))

    def test_components_are_listed_with_descriptions_and_schemas(self):
        listed = self.runtime.ask("components/list", {})["result"]["components"]
        by_name = {info["component"]: info for info in listed}
        self.assertIn("/udf", by_name)
        self.assertEqual(by_name["/repeat"]["description"], "Repeats a text")
        self.assertEqual(by_name["/total"]["description"], "Adds a line that counts all lines.")
        order = by_name["/total"]["input_schema"]
        self.assertEqual(order["required"], ["id", "lines"])
        self.assertEqual(order["properties"]["lines"], {"type": "array", "items": {"$ref": "#/$defs/Line"}})
        self.assertEqual(order["$defs"]["Line"]["properties"]["count"], {"type": "integer"})
        self.assertEqual(
            self.runtime.ask("components/info", {"component": "/total"})["result"]["info"], by_name["/total"]
        )
        inferred = self.runtime.ask("components/infer_schema", {"component": "/repeat", "input_schema": {}})
        self.assertEqual(inferred["result"]["output_schema"]["properties"]["text"], {"type": "string"})

    def test_values_come_through_as_they_are(self):
        for value in [
            None,
            True,
            0,
            1.5,
            "größer 𝄞 \ud800 \u2028",
            [],
            {},
            {"__proto__": [1, {"a": None}]},
            "x" * 1_000_000,
        ]:
            self.assertEqual(self.output("/echo", value), value)

    def test_input_and_output_have_the_types_that_are_declared(self):
        output = self.output("/total", {"id": 7, "lines": [{"sku": "a"}, {"sku": "b", "count": 3}], "unknown": 1})
        lines = [{"sku": "a", "count": 1}, {"sku": "b", "count": 3}, {"sku": "all", "count": 4}]
        self.assertEqual(output, {"id": 7, "lines": lines, "note": None})
        self.assertEqual(self.output("/repeat", {"text": "ab", "times": 2}), {"text": "abab"})
        self.assertIsNone(self.output("/nothing", {"ignored": 1}))

    def test_wrong_input_names_the_field(self):
        error = self.error("/total", {"id": 7, "lines": [{"sku": "a"}, {"sku": "b", "count": "3"}]})
        self.assertEqual(error["code"], -32002)
        self.assertEqual(error["message"], "input.lines[1].count: expected an integer, got '3'")
        self.assertEqual(error["data"]["field"], "input.lines[1].count")
        self.assertEqual(self.error("/total", {"lines": []})["message"], "input.id is missing")
        self.assertEqual(self.error("/total", None)["message"], "input: expected an object, got null")

    def test_a_field_that_is_named_as_the_only_parameter_says_that_it_gets_the_whole_input(self):
        self.assertEqual(self.output("/shout", "a"), "A")
        self.assertEqual(
            self.error("/shout", {"text": "a"})["message"],
            'input: expected a text, got an object; "text" is the only parameter and gets the whole input: '
            'send the value itself, or declare a dataclass with the field "text"',
        )
        self.assertEqual(self.error("/shout", {"txt": "a"})["message"], "input: expected a text, got an object")

    def test_the_context_knows_its_call(self):
        about = {"attempt": 3, "run": "run0", "step": "step", "key": "key", "flow": None}
        self.assertEqual(self.output("/about", None, attempt=3), about)

    def test_blobs_logs_and_progress_work_with_and_without_await(self):
        for component in ("/keep", "/keep_async"):
            self.runtime.heard.queue.clear()
            self.assertEqual(self.output(component, [1, 2]), [1, 2])
            log = self.runtime.heard.get(timeout=PATIENCE)
            said = {"id": 0, "level": "info", "message": "keeping", "data": {"size": 2}}
            self.assertEqual((log["method"], {**log["params"], "id": 0}), ("log", said))
            self.assertEqual(self.runtime.asked[-1]["params"]["observability"], {"run_id": "run0", "step_id": "step"})
        self.output("/keep", [])
        progress = [each["params"] for each in self.runtime.heard.queue if each["method"] == "progress"]
        self.assertEqual({**progress[-1], "id": 0}, {"id": 0, "done": 1, "total": 2, "message": "half"})

    def test_runs_of_a_flow_give_each_item_its_result(self):
        expected = {
            "good": 2,
            "bad": 1,
            "results": [
                {"outcome": "success", "result": 1},
                {"outcome": "failed", "error": {"code": "COMPONENT_FAILED", "message": "a bad one"}},
                {"outcome": "success", "result": 3},
            ],
        }
        self.assertEqual(self.output("/run_all", [1, "bad", 3]), expected)
        submitted = self.runtime.asked[-1]["params"]
        self.assertEqual(self.runtime.blobs[submitted["flowId"]], {"steps": []})
        self.assertEqual(submitted["maxConcurrency"], 2)
        self.assertEqual(self.output("/run_all_sync", [1, "bad", 3]), expected)
        self.assertEqual(self.output("/outputs", [1, 3]), [1, 3])
        self.assertEqual(self.error("/outputs", [1, "bad"])["message"], "a bad one")

    def test_an_evaluated_flow_gives_its_output_or_raises(self):
        self.assertEqual(self.output("/evaluate", {"a": 1}), {"a": 1})
        self.assertEqual(self.output("/evaluate", "bad"), {"failed": "COMPONENT_FAILED", "message": "a bad one"})
        error = self.error("/evaluate_and_fail", "bad")
        self.assertEqual((error["message"], error["data"]["type"]), ("a bad one", "StepflowFailed"))

    def test_runtimes_before_runs_are_asked_in_their_own_words(self):
        new = self.runtime.serve.pop("runs/submit")
        failed = {
            "outcome": "failed",
            "error": {"code": 8, "message": "a bad one", "data": {"code": "COMPONENT_FAILED"}},
        }
        details = {"batch_id": "b", "flow_id": "f", "total_runs": 1, "status": "completed", "completed_runs": 1}
        outputs = [{"batch_input_index": 0, "status": "completed", "result": {"outcome": "success", "result": 1}}]
        self.runtime.serve["flows/evaluate"] = lambda params: {"result": failed}
        self.runtime.serve["flows/submit_batch"] = lambda params: {"batch_id": "b", "total_runs": 1}
        self.runtime.serve["flows/get_batch"] = lambda params: {"details": details, "outputs": outputs}
        try:
            self.assertEqual(self.output("/evaluate", 1), {"failed": "COMPONENT_FAILED", "message": "a bad one"})
            batch = {"id": "b", "done": 1, "outputs": [{"outcome": "success", "result": 1}]}
            self.assertEqual(self.output("/batch", [1]), batch)
        finally:
            self.runtime.serve["runs/submit"] = new

    def test_what_the_runtime_refuses_fails_the_call_with_its_words(self):
        def refuse(params: Any) -> Any:
            raise Refusal(-32011, "there is no such blob")

        usual = self.runtime.serve["blobs/get"]
        self.runtime.serve["blobs/get"] = refuse
        try:
            error = self.error("/keep", [1])
        finally:
            self.runtime.serve["blobs/get"] = usual
        self.assertEqual((error["message"], error["data"]["type"]), ("there is no such blob", "StepflowRefused"))

    def test_exceptions_become_errors_with_type_and_message(self):
        error = self.error("/fail")
        expected = {"code": -32003, "message": "LookupError: there is no such thing", "data": {"type": "LookupError"}}
        self.assertEqual(error, expected)
        self.assertEqual(self.error("/fail_cancelled")["message"], "CancelledError")
        chosen = self.error("/fail_chosen")
        self.assertEqual(chosen["message"], "no such form")
        data = {"code": "INVALID_INPUT", "form": 7, "retryable": False, "retry_after_ms": 5, "type": "ComponentError"}
        self.assertEqual(chosen["data"], data)

    def test_an_exit_fails_its_call_and_ends_nothing(self):
        self.assertEqual(self.error("/leave")["message"], "SystemExit: leaving")
        self.assertEqual(self.error("/leave_async")["message"], "SystemExit: leaving")
        self.assertEqual(self.output("/echo", 1), 1)

    def test_an_output_that_is_not_json_names_its_place(self):
        for what in ("nan", "object", "key"):
            self.assertIn("output.values[1]", self.error("/no_json", what)["message"])
        for what in ("circle", "deep"):
            self.assertIn("output", self.error("/no_json", what)["message"])

    def test_an_output_that_is_too_long_fails_its_call(self):
        self.assertIn("is more than the 64 MiB", self.error("/large", 64 * 1024 * 1024)["message"])
        self.assertEqual(len(self.output("/large", 8 * 1024 * 1024)), 8 * 1024 * 1024)

    def test_a_component_that_is_not_there_is_named_with_those_that_are(self):
        error = self.error("/nope")
        self.assertEqual((error["code"], error["data"]), (-32001, {"component": "/nope"}))
        self.assertIn("/echo", error["message"])
        self.assertEqual(self.runtime.ask("no/method", {})["error"]["code"], -32601)

    def test_code_of_a_flow_runs_as_udf(self):
        codes = {
            "def double(input):\n    return input.a * 2\ndouble": 42,
            "lambda input: input['a'] * 2": 42,
            "input.a * 2": 42,
            "if input.a > 1:\n    return input.a * 2\nreturn 0": 42,
            "async def kept(input, ctx):\n    return await ctx.get_blob(await ctx.put_blob(input.a * 2))": 42,
        }
        for code, expected in codes.items():
            self.runtime.blobs[code] = {"code": code, "input_schema": {"type": "object", "required": ["a"]}}
            self.assertEqual(self.output("/udf", {"blob_id": code, "input": {"a": 21}}), expected, code)
        self.runtime.blobs["bad"] = {"code": "def (", "input_schema": {"type": "object"}}
        self.assertIn("blob bad", self.error("/udf", {"blob_id": "bad", "input": {}})["message"])
        missing = self.error("/udf", {"blob_id": "input.a * 2", "input": {"b": 1}})
        self.assertRegex(missing["message"], "'a'")


class CallsOverStdio(Calls, unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.runtime = StdioRuntime("server.py")


class CallsOverHttp(Calls, unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.runtime = HttpRuntime("server.py")


if __name__ == "__main__":
    unittest.main()
