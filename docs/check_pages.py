"""The text of checks.md: every check with an example, and with what the workflow says of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from defects import DEFECTS, find

from coco.checks import CHECKS, Check

TITLE = """\
# Checks

What the workflow looks for in a data set. Every finding is a row of `results/{dataset}/issues.tsv`
(those of inputs and models: `objects.tsv`), the report shows examples, and `counts.tsv` says where
every record went: in = used + quarantined + merged + dropped. Your files are never changed.

`validation.policies` in the configuration decides what is done about a finding, such as

```yaml
validation:
  policies: {wrong_box: stop, duplicate_mask: keep}
```

| policy | what is done |
|---|---|
| `repair` | the record is mended and used, or merged with the one that it repeats |
| `quarantine` | the record is not used; `quarantine.json` has it in full |
| `keep` | the record is used as it is |
| `stop` | the run ends, once all records were checked |

The run also ends if more than `validation.max_quarantined` of the images, or of the annotations, is
in quarantine.

Made from `workflow/scripts/coco/checks` and `docs/defects.py` by `docs/generate.py`: change it
there.
"""
RECORDS = {
    "dataset": "Sources",
    "category": "Categories",
    "image": "Images",
    "annotation": "Annotations",
    "input": "Inputs",
    "model": "Models",
}


def document() -> str:
    lines = [TITLE, "| check | of | severity | policies, the default first |", "|---|---|---|---|"]
    ordered = [check for kind in RECORDS for check in CHECKS.values() if check.record == kind]
    lines += [
        f"| [`{check.name}`](#{check.name}) | {check.record} | {check.severity} | "
        + ", ".join(f"`{policy}`" for policy in check.policies)
        + " |"
        for check in ordered
    ]
    for kind, title in RECORDS.items():
        lines.append(f"\n## {title}")
        for check in ordered:
            if check.record == kind:
                lines += page(check)
    return "\n".join(lines) + "\n"


def page(check: Check) -> Iterator[str]:
    defect = DEFECTS[check.name]
    with tempfile.TemporaryDirectory() as folder:
        issues = find(defect, Path(folder))
        issue = next(issue for issue in issues if issue["check"] == check.name)
        found = issue["found"].replace(f"{folder}/", "")
    yield f"\n### {check.name}\n\n{check.meaning}\n"
    yield f"```{'' if defect.said else 'json'}\n{defect.example}\n```\n"
    yield f"Found: {found}. Action: {issue['action']}.\n"
    yield f"What to do: {check.remedy}"
