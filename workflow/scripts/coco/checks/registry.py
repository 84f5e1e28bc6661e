"""What a check is, and the table of all of them, in the order in which the documentation has them.

A check is a function named after what it finds. It gets a record, and returns what is wrong with
it, or None. The first paragraph of its docstring says what a finding means, the second what to do.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

ACTIONS = {
    "repair": "repaired",
    "quarantine": "quarantined",
    "keep": "kept",
    "stop": "stopped",
    "merge": "merged",
    "drop": "dropped",
}


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        find: the function.
        record: what it looks at: dataset, category, image or annotation.
        severity: error, if the record cannot be used as it is; warning, if it may be wrong; info.
        policies: what can be done, the default first. Those with `merge` say repair for it: the
            record is repaired by making it one with another.
        merges: whether that is so.
    """

    find: Callable
    record: str
    severity: str
    policies: tuple[str, ...]
    merges: bool = False

    @property
    def name(self) -> str:
        return self.find.__name__

    @property
    def meaning(self) -> str:
        return self.paragraph(0)

    @property
    def remedy(self) -> str:
        return self.paragraph(1)

    def paragraph(self, number: int) -> str:
        return inspect.getdoc(self.find).split("\n\n")[number].replace("\n", " ")

    def action(self, policy: str | None) -> str:
        """What is done about a finding; None asks for the default."""
        policy = policy or self.policies[0]
        return ACTIONS["merge" if self.merges and policy == "repair" else policy]


CHECKS: dict[str, Check] = {}


def check(record: str, severity: str, *policies: str, merges: bool = False):
    """Decorate a function so that it becomes a Check of the table."""

    def register(find: Callable) -> Check:
        return CHECKS.setdefault(find.__name__, Check(find, record, severity, policies, merges))

    return register
