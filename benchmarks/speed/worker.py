"""A process for each contender and task: it works when asked, and its peak of memory is its own."""

import importlib
import math
import multiprocessing
import re
import time
from pathlib import Path

WARM_UP = 2  # the first compiles, the second may still allocate


class Worker:
    """The contender `place`, "module:class", in a process of its own, warmed up."""

    def __init__(self, place, work, samples):
        context = multiprocessing.get_context("spawn")  # a fork would inherit our memory
        self.place, (self.connection, end) = place, context.Pipe()
        arguments = (end, place, work, samples)
        self.process = context.Process(target=serve, args=arguments, daemon=True)
        self.process.start()
        end.close()
        self._receive()

    def step(self) -> float:
        """Seconds of the work, all of its steps together."""
        self.connection.send("step")
        return self._receive()

    def finish(self) -> dict:
        """Ends the process; `imported` and `peak` in bytes, and the contender's `account`.

        A contender that works on a GPU accounts for that one's `peak` instead.
        """
        self.connection.send("finish")
        report = self._receive()
        self.process.join()
        return report

    def _receive(self):
        try:
            return self.connection.recv()
        except EOFError:
            raise SystemExit(f"{self.place} has failed; the reason stands above.") from None


def serve(connection, place, work, samples):
    """The process: build, warm up, and then work on request."""
    module, name = place.split(":")
    module = importlib.import_module(module)
    imported = peak()
    contender = getattr(module, name)(work, samples)
    run = getattr(contender, work.task)
    for _ in range(WARM_UP):
        run()
    connection.send("ready")
    while connection.recv() == "step":
        start = time.perf_counter()
        outcome = run()
        connection.send(time.perf_counter() - start)
        if work.task == "train" and not math.isfinite(outcome):
            raise FloatingPointError(f"The loss of {place} is {outcome}.")
    memory = {"imported": imported, "peak": peak()}
    connection.send(memory | contender.account())


def peak() -> int:
    """Largest resident memory of this process so far, in bytes.

    Not `ru_maxrss`: that survives `exec`, and so would start at the parent's.
    """
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
