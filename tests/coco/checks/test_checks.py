"""Each check finds the defect that docs/defects.py plants for it, and nothing else is found."""

import sys

import pytest

from coco.checks import CHECKS


@pytest.fixture(scope="module")
def defects(root):
    sys.path.append(str(root / "docs"))
    import defects

    return defects


def test_there_is_a_defect_for_each_check(defects):
    assert defects.DEFECTS.keys() == CHECKS.keys()


def test_nothing_is_found_in_the_sound_data(defects, tmp_path):
    assert defects.find(defects.Defect(), tmp_path) == []


@pytest.mark.parametrize("name", CHECKS)
def test_planted_defect_is_found(name, defects, tmp_path):
    defect = defects.DEFECTS[name]
    issues = defects.find(defect, tmp_path)
    assert {issue["check"] for issue in issues} == {name, *defect.brings}
    issue = next(issue for issue in issues if issue["check"] == name)
    check = CHECKS[name]
    assert issue["record"] == check.record
    assert issue["severity"] == check.severity
    assert issue["action"] == check.action(None)
    assert issue["found"]


@pytest.mark.parametrize("name", CHECKS)
def test_check_says_what_it_means_and_what_to_do(name):
    assert CHECKS[name].meaning.endswith(".")
    assert CHECKS[name].remedy.endswith(".")
    assert CHECKS[name].severity in ("error", "warning", "info")
