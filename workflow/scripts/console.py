"""What the user sees of a job: its progress in the terminal, and everything else in its log."""

import os
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import orphans

_terminal = None  # stderr


@contextmanager
def logged(log: str, mistakes: type[Exception] | tuple[type[Exception], ...] = ()):
    """Send all output of the block, native libraries included, to the file `log`.

    An exception ends the job with exit code 1 and one message in the terminal. The log
    keeps its traceback, unless it is one of `mistakes`, whose message says it all.
    """
    global _terminal
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    _terminal = os.fdopen(os.dup(2), "w", errors="backslashreplace")  # names of files may be bytes
    orphans.guard(Path(log))
    with Path(log).open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield
    except Exception as error:
        if isinstance(error, mistakes):
            print(error, file=sys.stderr)
            say(str(error))
        else:
            traceback.print_exc()
            say(f"{type(error).__name__}: {error}\nThe full log: {log}")
        sys.exit(1)


def say(message: str):
    """Print to the terminal, past the log."""
    print(message, file=_terminal or sys.stderr, flush=True)


class Progress:
    """Says in the terminal how far a long job is and how long it still takes.

    Args:
        label: what is under way, for example "shards demo/train".
        total: steps in all.
        start: steps that were done before, and tell nothing of the time that is left.
        seconds: least time between two lines.
    """

    def __init__(self, label: str, total: int, start: int = 0, seconds: float = 5.0):
        self.label, self.total, self.first, self.seconds = label, total, start, seconds
        self.began = self.last = time.monotonic()

    def update(self, done: int, note: str = ""):
        """Report `done` of the total steps, with a `note` such as the current loss."""
        now = time.monotonic()
        if now - self.last < self.seconds and done < self.total:
            return
        self.last = now
        left = (now - self.began) / max(done - self.first, 1) * (self.total - done)
        line = f"{self.label}: {done}/{self.total}, {duration(left)} left"
        say(f"{line}, {note}" if note else line)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, the way a clock shows them: `1:02:03` or `2:03`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
