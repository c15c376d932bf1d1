"""What the command line of a server says of how it is served. The rest is the author's own."""

from __future__ import annotations

import sys
from typing import NamedTuple, Sequence


class Arguments(NamedTuple):
    http: bool
    host: str
    port: int


def read_arguments(words: Sequence[str]) -> Arguments:
    http, host, port = False, "127.0.0.1", 0
    rest = iter(words)
    for word in rest:
        name, _, value = word.partition("=")
        if name == "--http":
            http = True
        elif name == "--host":
            host = value or next(rest, host)
        elif name == "--port":
            said = value or next(rest, "")
            if not said.isdigit() or int(said) > 65535:
                sys.exit(f"--port {said}: expected a number to 65535")
            port = int(said)
    return Arguments(http, host, port)
