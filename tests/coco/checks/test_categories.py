"""Names of categories that may mean the same."""

from coco.checks.categories import simplified


def test_names_are_alike_however_their_letters_are_coded():
    assert simplified("bl\u00e4tter") == simplified("Bla\u0308tter") == simplified("bl\u00e4-tter ")
    assert simplified("bl\u00e4tter") != simplified("blatter")
