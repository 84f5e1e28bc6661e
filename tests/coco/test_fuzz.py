"""A few of the mutations of `tests/fuzz_annotations.py`, which runs as many as one likes."""

import fuzz_annotations
import pytest

from coco import masks
from coco.errors import InputError
from coco.formats.coco_json import load


@pytest.mark.parametrize("number", range(40))
def test_damaged_annotations_are_refused_or_sound(number, tmp_path):
    fuzz_annotations.run(number, tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"images": ' + "9" * 5000 + "}", '"\\ud800"'])
def test_extreme_json_is_no_crash(text, tmp_path):
    path = tmp_path / "instances.json"
    path.write_text(text)
    try:
        load(path)
    except InputError as error:
        assert str(path) in str(error)


def test_the_check_of_masks_notices_a_wrong_one():
    annotation = {"segmentation": masks.from_polygons([[1, 1, 9, 1, 9, 9]], 20, 20)}
    original = {"segmentation": [[1, 1, 9, 1, 9, 9, 1, 9]]}
    with pytest.raises(AssertionError, match="px from the outline"):
        fuzz_annotations.check_polygons(annotation, original)
