"""A few of the mutations of `tests/fuzz_annotations.py`, which runs as many as one likes."""

import fuzz_annotations
import fuzz_sources
import pytest

from coco import json_files, masks, validation
from coco.errors import InputError
from coco.formats import FORMATS
from coco.formats.files import load_json
from import_annotations import import_annotations


@pytest.mark.parametrize("name", FORMATS)
def test_undamaged_annotations_are_all_used(name, tmp_path, image_settings):
    (tmp_path / "data").mkdir()
    source, files = fuzz_sources.SEEDS[name](tmp_path / "data")
    assert all(path.is_file() for path in files)
    output = tmp_path / "imported.json"
    import_annotations([source], image_settings, output, tmp_path / "embedded")
    settings = {"min_area": 4, "box_tolerance": 2, "min_images": 3, "policies": {}}
    result = validation.validate(json_files.read(output), None, settings)
    assert {row["class"] for row in result.counts} > {"(all)"}
    assert all(row["in"] == row["used"] > 1 for row in result.counts)


@pytest.mark.parametrize("number", range(90))
def test_damaged_annotations_are_refused_or_sound(number, tmp_path):
    fuzz_annotations.run(number, tmp_path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"images": ' + "9" * 5000 + "}", '"\\ud800"'])
def test_extreme_json_is_no_crash(text, tmp_path):
    path = tmp_path / "instances.json"
    path.write_text(text)
    try:
        load_json(path, "expected COCO")
    except InputError as error:
        assert str(path) in str(error)


def test_the_check_of_masks_notices_a_wrong_one():
    annotation = {"segmentation": masks.from_polygons([[1, 1, 9, 1, 9, 9]], 20, 20)}
    original = {"segmentation": [[1, 1, 9, 1, 9, 9, 1, 9]]}
    with pytest.raises(AssertionError, match="px from the outline"):
        fuzz_annotations.check_polygons(annotation, original)
