"""Messages as lines, without a process."""

from __future__ import annotations

import unittest
from typing import Any

from stepflow_py import wire
from stepflow_py.output import to_json


class Reading(unittest.TestCase):
    def test_blanks_around_a_message_are_passed_over(self) -> None:
        for line in (b'{"jsonrpc":"2.0","id":1}', b' {"jsonrpc":"2.0","id":1}', b'{"jsonrpc":"2.0","id":1}\t\r'):
            self.assertEqual(wire.read(line)["id"], 1)

    def test_what_is_not_one_message_is_refused(self) -> None:
        for line in (b"", b'{"jsonrpc":"2.0","id":1}{}', b'{"jsonrpc":"2.0","id":1', b'{"jsonrpc":"2.0","id":NaN}'):
            with self.assertRaisesRegex(wire.Unreadable, "not JSON"):
                wire.read(line)


class Writing(unittest.TestCase):
    def test_a_value_that_contains_itself_is_called_one(self) -> None:
        loop: list[Any] = []
        loop.append(loop)
        with self.assertRaisesRegex(ValueError, "Circular"):
            wire.write({"result": loop}, to_json)

        self.assertEqual(wire.write({"result": [1.5, "\u00e9", None]}, to_json), '{"result":[1.5,"é",null]}\n'.encode())

    def test_a_number_that_json_has_not_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "not JSON compliant"):
            wire.write({"result": float("nan")}, to_json)


if __name__ == "__main__":
    unittest.main()
