import json

import numpy as np
import pytest
from PIL import Image

from coco import masks
from plot_issues import plot_issues, some, thumbnail


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((200, 300, 3), 128, np.uint8)).save(path)
    return {"id": 1, "file_name": str(path), "width": 300, "height": 200}


def annotation(**changes):
    mask = np.zeros((200, 300), bool)
    mask[50:80, 100:140] = True
    one = {"image_id": 1, "source_id": 7, "segmentation": masks.encode(mask)}
    return one | {"bbox": [100, 50, 40, 60]} | changes


def test_thumbnail_shows_the_mask_and_the_declared_box(photo):
    picture = np.asarray(thumbnail(photo, annotation()))
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 3  # grey, red and blue
    assert picture.shape[1] <= 282 and picture.shape[0] <= 210


@pytest.mark.parametrize(
    "changes",
    [
        {"segmentation": None, "bbox": None},
        {"bbox": [-1e9, 0, 2e9, 5]},
        {"bbox": [290, 190, 50, 50]},
        {"segmentation": masks.encode(np.ones((5, 5), bool))},
        {"segmentation": masks.encode(np.zeros((200, 300), bool))},
    ],
)
def test_thumbnail_of_what_is_wrong(photo, changes):
    assert thumbnail(photo, annotation(**changes)) is not None


def test_no_picture_without_an_image(photo):
    assert thumbnail(None, None) is None
    assert thumbnail(photo | {"file_name": "nowhere.png"}, None) is None
    assert thumbnail(photo | {"width": None, "height": None}, None) is None  # unreadable


def test_examples_are_of_different_images():
    issues = [{"file": name, "id": number} for number, name in enumerate("aaaabcc")]
    assert [issue["file"] for issue in some(issues)] == [*"abcaaac"]
    assert len(some(issues * 5)) == 8


def test_a_sheet_for_each_check_that_has_a_picture(tmp_path, photo):
    table = tmp_path / "issues.tsv"
    rows = [
        "file\trecord\tid\tcheck\tseverity\tfound\taction",
        f"{photo['file_name']}\tannotation\t7\twrong_box\twarning\tbox [1, 2, 3, 4]\trepaired",
        "gone.png\timage\t2\tmissing_image\terror\tthe file does not exist\tquarantined",
        "a.json\tcategory\t1\tunused_class\twarning\tleaf\tkept",
    ]
    table.write_text("\n".join(rows) + "\n")
    imported = {"images": [photo], "annotations": [annotation()]}
    (tmp_path / "imported.json").write_text(json.dumps(imported))
    plot_issues(table, tmp_path / "imported.json", tmp_path / "issues")
    sheets = {path.stem: path for path in (tmp_path / "issues").iterdir()}
    assert sheets.keys() == {"wrong_box"}
    assert Image.open(sheets["wrong_box"]).width <= 1200
