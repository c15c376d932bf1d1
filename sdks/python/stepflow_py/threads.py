"""Threads for synchronous components. Trivial calls share one thread, which is the fastest that Python can do; where
calls wait, threads are added until each call has one.

1. While there are jobs, at least one thread takes them.
2. No job waits long for a thread that is stuck in another one: when none was taken for a while, the threads double.
3. At most `limit` threads run; those that wait for the runtime do not count, so that runs within calls always go on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Callable, Iterator

Job = Callable[[], None]
_PATIENCE_SECONDS = 0.002
_QUIET_LOOKS = 20


class Threads:
    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        # Threads that take jobs or are in one, those that sleep, and those that wait for the runtime.
        self._awake = 0
        self._asleep = 0
        self._lent = 0
        self._taken = 0
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._pending = threading.Event()
        self._watches = False
        # Told when jobs wait and none was taken for a while, and when the last of them was taken.
        self.on_rest: Job = lambda: None

    def has_jobs(self) -> bool:
        return bool(self._jobs)

    def add(self, job: Job) -> None:
        """To be taken at the latest after `go`."""
        self._jobs.append(job)

    def go(self) -> None:
        """Has a thread take the jobs that were added."""
        if not self._jobs:
            return
        with self._lock:
            if self._awake == 0:
                self._wake(1)
            if not self._watches:
                self._watches = True
                threading.Thread(target=self._watch, name="stepflow-watch", daemon=True).start()
        if not self._pending.is_set():
            self._pending.set()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Around what waits for the runtime."""
        with self._lock:
            self._lent += 1
            if self._jobs:
                self._wake(1)
        try:
            yield
        finally:
            with self._lock:
                self._lent -= 1

    # ---

    def _wake(self, count: int) -> None:
        """With the lock held."""
        for _ in range(max(0, min(count, self._limit + self._lent - self._awake))):
            self._awake += 1
            if self._asleep > 0:
                self._asleep -= 1
                self._calls.put(None)
            else:
                threading.Thread(target=self._work, name="stepflow-call", daemon=True).start()

    def _work(self) -> None:
        jobs = self._jobs
        while True:
            try:
                job = jobs.popleft()
            except IndexError:
                with self._lock:
                    if jobs:
                        continue
                    self._awake -= 1
                    self._asleep += 1
                self._calls.get()
                continue
            self._taken += 1
            job()

    def _watch(self) -> None:
        while True:
            self._pending.wait()
            before, count, quiet = -1, 1, 0
            # Not asleep at once: to wake it for every few calls would take longer than they do.
            while quiet < _QUIET_LOOKS:
                if not self._jobs:
                    before, count = -1, 1
                    quiet += 1
                    self.on_rest()
                else:
                    quiet = 0
                    if self._taken == before:
                        self.on_rest()
                        with self._lock:
                            self._wake(count)
                        count *= 2
                    before = self._taken
                time.sleep(_PATIENCE_SECONDS)
            self._pending.clear()
            # One that came just before is not forgotten.
            if self._jobs:
                self._pending.set()
            self.on_rest()
