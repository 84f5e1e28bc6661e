import pytest

from coco import export_layouts


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_roboflow_has_a_folder_per_split(tmp_path):
    touch(tmp_path, *(f"{one}/_annotations.coco.json" for one in ("train", "valid", "test")))
    parts = export_layouts.parts(tmp_path)
    assert [one["split"] for one in parts] == ["test", "train", "val"]
    assert parts[1] == {
        "annotations": f"{tmp_path}/train/_annotations.coco.json",
        "images": f"{tmp_path}/train",
        "split": "train",
    }


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        ("images/train2017/a.jpg", "images/train2017"),
        ("train2017/a.jpg", "train2017"),
        ("images/a.jpg", "images"),
    ],
)
def test_cvat_and_coco_have_a_file_per_split(tmp_path, image, folder):
    names = [f"annotations/instances_{one}.json" for one in ("train2017", "val2017")]
    touch(tmp_path, image, *names, "annotations/captions_val2017.json")
    train, val = export_layouts.parts(tmp_path)
    assert (train["annotations"], train["split"]) == (f"{tmp_path}/{names[0]}", "train")
    assert (val["annotations"], val["split"]) == (f"{tmp_path}/{names[1]}", "val")
    assert train["images"] == f"{tmp_path}/{folder}"


@pytest.mark.parametrize("name", ["train", "default"])
def test_single_part_is_the_whole_data_set(tmp_path, name):
    touch(tmp_path, f"annotations/instances_{name}.json", "images/a.jpg")
    (part,) = export_layouts.parts(tmp_path)
    assert "split" not in part


def test_other_folders_are_no_exports(tmp_path):
    touch(tmp_path, "annotations/a.json", "images/a.jpg")
    assert export_layouts.parts(tmp_path) == []
    assert export_layouts.parts(tmp_path / "nowhere") == []
