"""Why a job runs, in the words of the configuration: Snakemake says it in Python's."""

import ast
import logging
from collections.abc import Iterable, Iterator


class InWords(logging.Filter):
    """Replaces, in what Snakemake says of a job, that its params or the set of its files changed.

    Args:
        workflow: Snakemake's.
    """

    def __init__(self, workflow):
        super().__init__()
        self.workflow = workflow

    def filter(self, record):
        if getattr(record, "reason", "").startswith(("Params have", "Set of input files")):
            dag = self.workflow.dag
            job = next(job for job in dag.jobs if dag.jobid(job) == record.jobid)
            record.reason = "; ".join(self.changes(job, dag.reason(job))) or record.reason
        return True

    def changes(self, job, reason) -> Iterator[str]:
        if reason.input_changed:
            recorded = self.workflow.persistence.input(job.output[0]) or ()
            yield from files(recorded, job.input)
        if reason.params_changed:
            before = [value(text) for text in reason.params_changed.only_old]
            now = {
                name: content
                for name, content in job.params.items()
                if repr(content) in reason.params_changed.only_new
            }
            yield from params(before, now)


def files(before: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    for what, names in (("New", {*now} - {*before}), ("No longer there", {*before} - {*now})):
        if names:
            first = ", ".join(sorted(names)[:3])
            yield f"{what}: {first}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def params(before: list, now: dict) -> Iterator[str]:
    """What is different, with the params of before, whose names are not known."""
    waiting = list(before)
    for name, content in sorted(now.items()):
        if not waiting:
            yield f"{name}: now {short(content)}"
            continue
        old = max(waiting, key=lambda one: likeness(one, content))
        waiting.remove(old)
        changes = list(differences((name,), old, content))
        if name == "code":
            paths = [f"workflow/scripts/{path[-1]}" for path, *_ in changes]
            yield f"Changed code: {', '.join(paths)}"
        else:
            yield from (f"{'.'.join(path)}: {short(a)} -> {short(b)}" for path, a, b in changes)


def likeness(one, other) -> tuple:
    same = type(one) is type(other)
    return same, len({*one} & {*other}) if same and isinstance(one, dict) else 0


def differences(path: tuple, old, new) -> Iterator[tuple]:
    """Each key below which two values differ, with what is there."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from differences((*path, str(key)), old.get(key), new.get(key))
    elif old != new:
        yield path, old, new


def value(text: str):
    """A recorded param: Snakemake keeps how Python writes it."""
    try:
        return ast.literal_eval(text)
    except ValueError:  # infinity
        return text


def short(value) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
