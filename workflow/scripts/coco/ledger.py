"""The book of a validation: every finding, what was done about it, and that no record is lost."""

from collections import Counter

from coco.checks import Check

ISSUE_COLUMNS = ("file", "record", "id", "check", "severity", "found", "action")
REMOVALS = ("quarantined", "merged", "dropped")
COUNT_COLUMNS = ("record", "class", "in", "used", *REMOVALS, "repaired")
KINDS = ("image", "annotation")
ALL, UNKNOWN = "(all)", "(unknown)"


class Ledger:
    """What happens to each record, in the order of the findings.

    Attributes:
        issues: a row of ISSUE_COLUMNS for each finding.
        quarantine: for `image` and `annotation`, the records that cannot be used, as imported,
            each with its `reason`.
        stops: how often each check found something that the configuration wants to stop at.
    """

    def __init__(self, imported: dict, policies: dict[str, str]):
        self.policies = policies
        self.issues = []
        self.quarantine = {kind: [] for kind in KINDS}
        self.stops = Counter()
        self.gone = {kind: {action: Counter() for action in REMOVALS} for kind in KINDS}
        self.repaired = {kind: set() for kind in KINDS}
        self.sources = imported["info"]["sources"]
        self.class_names = {one["id"]: one["name"] for one in imported["categories"]}
        self.file_of_image = {image["id"]: image["file_name"] for image in imported["images"]}

    def ask(self, checks: tuple[Check, ...], record: dict, *context) -> str | None:
        """Ask checks about a record until one of them removes it; the action that did, or None."""
        for check in checks:
            found = check.find(record, *context)
            if found and (action := self.note(check, record, found)):
                return action
        return None

    def note(self, check: Check, record: dict, found: str) -> str | None:
        """Record a finding; returns the action if it removes the record.

        A stop quarantines the record, so that the other records can be checked before the end.
        """
        action = check.action(self.policies.get(check.name))
        self.issues.append(
            {
                "file": self.file_of(record),
                "record": check.record,
                "id": record["source_id"],
                "check": check.name,
                "severity": check.severity,
                "found": found,
                "action": action,
            }
        )
        if action == "stopped":
            self.stops[check.name] += 1
            action = "quarantined"
        if check.record in self.gone:
            self.record_fate(check, record, found, action)
        return action if action in REMOVALS else None

    def record_fate(self, check: Check, record: dict, found: str, action: str):
        if action in REMOVALS:
            self.gone[check.record][action][self.class_of(record)] += 1
        elif action == "repaired":
            self.repaired[check.record].add(record["id"])
        if action == "quarantined":
            self.quarantine[check.record].append(record | {"reason": f"{check.name}: {found}"})

    def class_of(self, record: dict) -> str:
        """What the source calls an annotation's class; an image has none."""
        if "category_id" not in record:
            return ALL
        return self.class_names.get(record["category_id"], UNKNOWN)

    def file_of(self, record: dict) -> str:
        """The image that a record is or belongs to, else the file or folder it comes from."""
        if "file_name" in record:
            return record["file_name"]
        image = record.get("image_id")
        return self.file_of_image.get(image) or origin(self.sources[record["source"]])


def origin(source: dict) -> str:
    """The file or folder of a source's annotations, by which messages call it."""
    return source.get("annotations") or source.get("labels") or source["folder"]


def counts(imported: dict, dataset: dict, ledger: Ledger) -> list[dict]:
    """Rows of COUNT_COLUMNS: where the images, and the annotations of each class, went.

    Classes are called as in the sources, before `classes` renames or merges them. `repaired` ones
    are among the `used`.

    Raises:
        RuntimeError: in is not used + quarantined + merged + dropped, in any row. That no record is
            lost or doubled is checked here at every run, whatever the rest of the code does.
    """
    rows = []
    for kind in KINDS:
        class_of = {record["id"]: ledger.class_of(record) for record in imported[f"{kind}s"]}
        used = [record["id"] for record in dataset[f"{kind}s"]]
        tallies = {
            "in": Counter(map(ledger.class_of, imported[f"{kind}s"])),
            "used": Counter(class_of[number] for number in used),
            **ledger.gone[kind],
            "repaired": Counter(class_of[number] for number in ledger.repaired[kind] & {*used}),
        }
        sums = {key: tally.total() for key, tally in tallies.items()}
        rows.append({"record": kind, "class": ALL} | sums)
        for name in sorted(tallies["in"].keys() - {ALL}):
            numbers = {key: tally[name] for key, tally in tallies.items()}
            rows.append({"record": kind, "class": name} | numbers)
    for row in rows:
        if row["in"] != row["used"] + sum(row[action] for action in REMOVALS):
            raise RuntimeError(f"records were lost or doubled by the validation: {row}")
    return rows
