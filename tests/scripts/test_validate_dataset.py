import json

import jsonschema
import pandas as pd
import pytest
from PIL import Image
from pycocotools.coco import COCO

from coco import masks
from coco.errors import InputError
from import_annotations import import_annotations
from validate_dataset import validate_dataset

IMAGES = {
    "channels": 3,
    "exif": "auto",
    "intensity": {"percentiles": [1, 99.8], "per": "image", "range": None},
    "max_pixels": 10**7,
}
SETTINGS = {
    "max_quarantined": 0.5, "min_area": 4, "box_tolerance": 2.0, "min_images": 1, "policies": {}
}  # fmt: skip

OUTPUTS = {"dataset": "json", "quarantine": "json", "issues": "tsv", "counts": "tsv"}


@pytest.fixture
def sources(tmp_path):
    """Four images with one object each; the last image is missing."""
    images = [{"id": n, "file_name": f"{n}.png", "width": 20, "height": 10} for n in range(4)]
    for image in images[:3]:
        Image.new("RGB", (20, 10), (image["id"], 0, 0)).save(tmp_path / image["file_name"])
    square = [2, 2, 6, 2, 6, 6, 2, 6]
    annotations = [
        {"id": n, "image_id": n, "category_id": 5, "segmentation": [square], "bbox": [0, 0, 9, 9]}
        for n in range(4)
    ]
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 5, "name": "Blattläuse"}],
    }
    (tmp_path / "in.json").write_text(json.dumps(content))
    return [{"format": "coco", "annotations": f"{tmp_path}/in.json", "images": str(tmp_path)}]


def run(folder, sources, settings=SETTINGS, classes=None):
    import_annotations(sources, IMAGES, folder / "imported.json", folder / "embedded")
    files = {name: folder / f"{name}.{end}" for name, end in OUTPUTS.items()}
    validate_dataset(folder / "imported.json", classes, settings, **files, log="the.log")
    return files


def test_files_are_complete_and_valid(tmp_path, sources, check_schema):
    files = run(tmp_path, sources)
    check_schema(json.loads(files["dataset"].read_text()), "dataset")
    quarantine = json.loads(files["quarantine"].read_text())
    check_schema(quarantine, "quarantine")
    assert [image["source_id"] for image in quarantine["images"]] == [3]
    issues = pd.read_csv(files["issues"], sep="\t")
    found = {"missing_image", "image_quarantined", "wrong_box", "constant_image"}
    assert set(issues["check"]) == found
    assert list(issues.columns) == [
        "file", "record", "id", "check", "severity", "found", "action",
    ]  # fmt: skip


def test_data_set_opens_in_pycocotools(tmp_path, sources):
    coco = COCO(run(tmp_path, sources)["dataset"])
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["Blattläuse"]
    assert len(coco.getImgIds()) == 3
    for annotation in coco.loadAnns(coco.getAnnIds()):
        assert coco.annToMask(annotation).sum() == annotation["area"] == 16
        assert annotation["bbox"] == [2, 2, 4, 4]


def test_same_bytes_again(tmp_path, sources):
    first = {name: path.read_bytes() for name, path in run(tmp_path, sources).items()}
    second = {name: path.read_bytes() for name, path in run(tmp_path, sources).items()}
    assert first == second


def test_too_many_faults_stop_before_anything_is_written(tmp_path, sources, capsys):
    with pytest.raises(InputError, match=r"25\.0% of the images .*\n.*\n.*\n.*missing_image"):
        run(tmp_path, sources, SETTINGS | {"max_quarantined": 0.2})
    assert not (tmp_path / "dataset.json").exists()
    assert "missing_image" in capsys.readouterr().out  # the log has the list


def test_unknown_class_is_refused(tmp_path, sources):
    with pytest.raises(InputError, match=r"no class ant, .*Blattläuse"):
        run(tmp_path, sources, classes=["ant"])


def test_schema_refuses_what_is_not_a_data_set(tmp_path, sources, check_schema):
    content = json.loads(run(tmp_path, sources)["dataset"].read_text())
    content["annotations"][0]["bbox"] = [2, 2, 4]
    with pytest.raises(jsonschema.ValidationError):
        check_schema(content, "dataset")


def test_nuclei(tmp_path, shared, check_schema):
    """97 images with 3409 masks, all usable."""
    folder = shared / "data" / "dsb2018"
    source = {"format": "masks", "folder": str(folder / "stage1_train"), "class": "nucleus"}
    files = run(tmp_path, [source])
    dataset = json.loads(files["dataset"].read_text())
    check_schema(dataset, "dataset")
    manifest = json.loads((folder / "manifest.json").read_text())["images"]
    instances = pd.Series([one["image_id"] for one in dataset["annotations"]]).value_counts()
    found = {image["source_id"]: instances[image["id"]] for image in dataset["images"]}
    assert found == {image["id"]: image["instances"] for image in manifest}
    assert len(files["issues"].read_text().splitlines()) == 1


def test_nuts(tmp_path, shared, check_schema):
    """18 photos with 165 polygons; the image id 0 is used."""
    folder = shared / "data" / "nuts_coco"
    source = {
        "format": "coco",
        "annotations": str(folder / "trainval.json"),
        "images": str(folder / "images"),
    }
    dataset = json.loads(run(tmp_path, [source])["dataset"].read_text())
    check_schema(dataset, "dataset")
    original = COCO(folder / "trainval.json")
    assert len(dataset["annotations"]) == len(original.anns) == 165
    for annotation in dataset["annotations"]:
        before = original.anns[annotation["source_id"]]
        rle = original.annToRLE(before)
        assert annotation["segmentation"]["counts"] == rle["counts"].decode()
        assert masks.area(annotation["segmentation"]) == pytest.approx(before["area"], rel=0.03)


def test_coco_with_crowd_and_empty_image(tmp_path, shared):
    folder = shared / "data" / "formats" / "coco_crowd_negative"
    source = {
        "format": "coco",
        "annotations": str(folder / "annotations.json"),
        "images": str(folder),
    }
    dataset = json.loads(run(tmp_path, [source])["dataset"].read_text())
    assert len(dataset["images"]) == 6
    assert sum(one["iscrowd"] for one in dataset["annotations"]) == 1
    assert len({one["image_id"] for one in dataset["annotations"]}) == 5
