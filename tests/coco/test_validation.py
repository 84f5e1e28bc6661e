import copy

import numpy as np
import pytest

from coco import ledger, masks, refusal, validation
from coco.errors import InputError
from coco.thumbnails import thumbnail

SETTINGS = {
    "max_quarantined": 0.05, "min_area": 4, "box_tolerance": 2.0, "min_images": 1, "policies": {}
}  # fmt: skip
SIZE = (20, 30)  # height, width


def rle(x, y, width, height, size=SIZE, holes=()):
    mask = np.zeros(size, bool)
    mask[y : y + height, x : x + width] = True
    for column, row in holes:
        mask[row, column] = False
    return masks.encode(mask)


def image(number, **changes):
    return {
        "id": 100 + number,
        "file_name": f"photos/{number}.png",
        "width": SIZE[1],
        "height": SIZE[0],
        "orientation": 1,
        "sha256": f"{number:064x}",
        "declared_width": SIZE[1],
        "declared_height": SIZE[0],
        "source": 0,
        "source_id": number,
    } | changes


def annotation(number, image_number, **changes):
    return {
        "id": number,
        "image_id": 100 + image_number,
        "category_id": 1 + number % 2,
        "segmentation": rle(number, 3, 5, 6),
        "bbox": [number, 3, 5, 6],
        "iscrowd": 0,
        "source": 0,
        "source_id": number,
        "source_image_id": image_number,
        "source_category_id": 1 + number % 2,
    } | changes


def data():
    """Two images with two objects each, and an empty one."""
    return {
        "info": {
            "description": "",
            "images": {"channels": 3},
            "sources": [
                {"format": "coco", "annotations": "a.json", "images": "photos"},
                {"format": "coco", "annotations": "b.json", "images": "photos"},
            ],
        },
        "categories": [
            {"id": 1, "name": "leaf", "source": 0, "source_id": 1},
            {"id": 2, "name": "stem", "source": 0, "source_id": 2},
        ],
        "images": [image(1), image(2), image(3)],
        "annotations": [
            annotation(1, 1),
            annotation(2, 1),
            annotation(3, 2),
            annotation(4, 2),
        ],
    }


def validate(imported, wanted=None, **policies):
    before = copy.deepcopy(imported)
    result = validation.validate(imported, wanted, SETTINGS | {"policies": policies})
    assert imported == before
    return result


def rows(result):
    """What was found, without the words."""
    return [(row["record"], row["id"], row["check"], row["action"]) for row in result.issues]


def ids(records):
    return [record["id"] for record in records]


def test_good_data_pass_untouched():
    result = validate(data())
    assert result.issues == []
    assert ids(result.dataset["images"]) == [101, 102, 103]
    assert ids(result.dataset["annotations"]) == [1, 2, 3, 4]
    assert result.dataset["annotations"][0] == {
        "id": 1,
        "image_id": 101,
        "category_id": 2,
        "segmentation": rle(1, 3, 5, 6),
        "area": 30,
        "bbox": [1, 3, 5, 6],
        "iscrowd": 0,
        "source_id": 1,
    }
    assert result.totals["image"] == {
        "in": 3, "used": 3, "quarantined": 0, "merged": 0, "dropped": 0
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "found"), [("coco", True), ("yolo", True), ("voc", False)])
def test_shifted_classes_are_found_where_they_are_numbers_that_may_start_at_0(kind, found):
    imported = data()
    imported["info"]["sources"][0]["format"] = kind
    for one in imported["categories"]:
        one["source_id"] -= 1
    finding = "dataset", "", "shifted_category_ids", "stopped"
    assert (finding in rows(validate(imported))) == found


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"sha256": None, "width": None, "height": None, "problem": "none"}, "missing_image"),
        ({"width": None, "height": None, "problem": "truncated"}, "unreadable_image"),
        ({"problem": "no folder masks"}, "unannotated_image"),
        ({"declared_width": 20, "declared_height": 30}, "size_mismatch"),
        ({"sha256": None, "check": "outside_folder", "problem": "a link"}, "outside_folder"),
        ({"width": None, "check": "several_pages", "problem": "3 pages"}, "several_pages"),
    ],
)
def test_unusable_image_takes_its_annotations_along(changes, check):
    imported = data()
    imported["images"][0] |= changes
    result = validate(imported)
    assert rows(result) == [
        ("image", 1, check, "quarantined"),
        ("annotation", 1, "image_quarantined", "quarantined"),
        ("annotation", 2, "image_quarantined", "quarantined"),
    ]
    assert ids(result.quarantine["images"]) == [101]
    assert result.quarantine["images"][0]["reason"].startswith(check)
    assert ids(result.quarantine["annotations"]) == [1, 2]
    assert {row["file"] for row in result.issues} == {"photos/1.png"}
    assert result.dataset["info"]["quarantined"] == [{"file_name": "photos/1.png", "source_id": 1}]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"image_id": None, "source_image_id": 9, "problem": "no image 9"}, "unknown_image"),
        ({"category_id": None, "problem": "no category 9"}, "unknown_category"),
        ({"segmentation": None, "problem": "no segmentation"}, "no_mask"),
        ({"segmentation": rle(1, 1, 5, 5, size=(30, 20))}, "mask_size_mismatch"),
        ({"segmentation": rle(0, 0, 0, 0), "extent": [40, 0, 5, 5]}, "mask_outside_image"),
        ({"segmentation": rle(0, 0, 0, 0), "extent": [4, 5, 0, 5]}, "empty_mask"),
        ({"segmentation": rle(0, 0, 0, 0)}, "empty_mask"),
        ({"segmentation": rle(5, 5, 3, 1)}, "degenerate_mask"),
        ({"extent": [8, 1, 2, 5], "bbox": [1, 8, 5, 2]}, "swapped_axes"),
    ],
)
def test_unusable_annotation(changes, check):
    imported = data()
    imported["annotations"][0] |= changes
    result = validate(imported)
    assert rows(result) == [("annotation", 1, check, "quarantined")]
    assert ids(result.dataset["annotations"]) == [2, 3, 4]
    assert ids(result.dataset["images"]) == [101, 102, 103]


def test_image_that_lost_all_annotations_does_not_pass_for_empty():
    imported = data()
    for record in imported["annotations"][:2]:
        record["segmentation"] = rle(0, 0, 0, 0)
    result = validate(imported)
    assert ("image", 1, "no_usable_annotation", "quarantined") in rows(result)
    assert ids(result.dataset["images"]) == [102, 103]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"bbox": [1, 3, 5, 9]}, "wrong_box"),
        ({"bbox": [0, 0, 1, 1]}, "wrong_box"),
        ({"extent": [-8, 3, 14, 6]}, "mask_partly_outside"),
        ({"remarks": {"incomplete_polygon": "1 of 2 parts"}}, "incomplete_polygon"),
    ],
)
def test_repaired_annotation_is_used_as_its_mask_says(changes, check):
    imported = data()
    imported["annotations"][0] |= changes
    result = validate(imported)
    assert rows(result) == [("annotation", 1, check, "repaired")]
    assert result.dataset == validate(data()).dataset


@pytest.mark.parametrize("box", [None, [0, 4, 7, 7], [-2, 3, 6, 6]])
def test_box_within_the_tolerance_is_no_issue(box):
    imported = data()
    imported["annotations"][0]["bbox"] = box
    assert validate(imported).issues == []


def test_same_annotation_id_gets_a_number_of_its_own():
    imported = data()
    imported["annotations"][2]["source_id"] = 1
    result = validate(imported)
    assert rows(result) == [("annotation", 1, "duplicate_annotation_id", "repaired")]
    assert ids(result.dataset["annotations"]) == [1, 2, 3, 4]


def test_same_object_twice_is_merged():
    imported = data()
    imported["annotations"].append(annotation(1, 1) | {"id": 5, "source_id": 77})
    result = validate(imported)
    assert rows(result) == [("annotation", 77, "duplicate_annotation", "merged")]
    assert result.totals["annotation"]["merged"] == 1


def test_same_category_name_twice_is_one_class():
    imported = data()
    imported["categories"][1]["name"] = "leaf"
    result = validate(imported)
    assert rows(result) == [("category", 2, "duplicate_category", "merged")]
    assert [one["name"] for one in result.dataset["categories"]] == ["leaf"]
    assert {one["category_id"] for one in result.dataset["annotations"]} == {1}


def test_same_content_stays():
    imported = data()
    imported["images"][2]["sha256"] = imported["images"][0]["sha256"]
    result = validate(imported)
    assert rows(result) == [("image", 3, "duplicate_image", "kept")]
    assert len(result.dataset["images"]) == 3


def test_what_the_import_found_odd_is_said():
    imported = data()
    imported["images"][1]["remarks"] = {"wrong_extension": "a JPEG", "name_clash": "2.PNG"}
    result = validate(imported)
    assert rows(result) == [
        ("image", 2, "wrong_extension", "kept"),
        ("image", 2, "name_clash", "kept"),
    ]
    assert [issue["severity"] for issue in result.issues] == ["info", "warning"]
    assert result.totals["image"]["used"] == 3


def test_how_to_read_an_image_is_handed_on():
    imported = data()
    reading = {"orientation": 6, "channels": 5, "intensity": [[0, 9]]}
    imported["images"][0] |= reading
    dataset = validate(imported).dataset
    assert dataset["images"][0].items() >= reading.items()
    assert dataset["info"]["images"] == imported["info"]["images"]


def test_near_duplicates_stay_and_are_marked():
    imported = data()
    picture = np.random.default_rng(0).integers(0, 256, (40, 40))
    imported["images"][0]["thumbnail"] = thumbnail([picture])
    imported["images"][2]["thumbnail"] = thumbnail([picture // 2])
    result = validate(imported)
    assert [row[2:] for row in rows(result)] == [("near_duplicate", "kept")]
    marks = [image.get("same_as") for image in result.dataset["images"]]
    assert marks[0] == marks[2] == min(image["sha256"] for image in imported["images"][::2])
    assert marks[1] is None


def test_id_of_two_images_is_not_guessed():
    imported = data()
    imported["images"][2]["source_id"] = 1
    for record in imported["annotations"][:2]:
        record |= {"image_id": None, "problem": "several images have the id 1"}
    result = validate(imported)
    assert rows(result)[:2] == [
        ("image", 1, "duplicate_image_id", "quarantined"),
        ("image", 1, "duplicate_image_id", "quarantined"),
    ]
    assert ids(result.dataset["images"]) == [102]
    assert ids(result.dataset["annotations"]) == [3, 4]


def test_two_files_of_annotations_for_the_same_images():
    """One JSON per class is common: the image is one, with the annotations of both."""
    imported = data()
    imported["categories"].append({"id": 3, "name": "bud", "source": 1, "source_id": 1})
    imported["images"].append(image(1) | {"source": 1, "source_id": 50})
    imported["annotations"].append(
        annotation(5, 1) | {"source": 1, "source_image_id": 50, "category_id": 3}
    )
    result = validate(imported)
    assert rows(result) == [("image", 50, "image_listed_twice", "merged")]
    assert result.issues[0]["found"] == "listed with the id 1 too"
    assert ids(result.dataset["images"]) == [101, 102, 103]
    assert result.dataset["annotations"][-1]["image_id"] == 101


def test_an_image_listed_twice_with_the_same_id():
    imported = data()
    imported["images"].append(image(1))
    (issue,) = validate(imported).issues
    assert (issue["check"], issue["found"]) == ("image_listed_twice", "listed twice")


def test_image_in_two_splits_stops():
    imported = data()
    imported["images"][0]["split"] = "train"
    imported["images"].append(image(1) | {"source": 1, "split": "test"})
    with pytest.raises(InputError, match=r"photos/1.png .*split: train .*split: test"):
        validate(imported)


def test_name_of_a_group_of_classes_is_dropped():
    imported = data()
    group = {"id": 3, "name": "plants", "source": 0, "source_id": 0, "problem": "not a class"}
    imported["categories"].insert(0, group)
    result = validate(imported)
    assert [one["name"] for one in result.dataset["categories"]] == ["leaf", "stem"]
    assert rows(result) == [("category", 0, "parent_category", "dropped")]


def test_unwanted_class_is_dropped_and_leaves_an_empty_image():
    imported = data()
    imported["annotations"] = imported["annotations"][:1]
    imported["annotations"][0]["category_id"] = 1
    result = validate(imported, ["stem"])
    assert rows(result) == [
        ("annotation", 1, "unwanted_class", "dropped"),
        ("category", 2, "unused_class", "kept"),
    ]
    assert result.dataset["annotations"] == []
    assert len(result.dataset["images"]) == 3


def spoil(imported, rng):
    """Random faults all over the data."""
    for record in imported["images"]:
        record |= rng.choice(
            [{}, {}, {"sha256": None, "width": None, "problem": "gone"}, {"declared_width": 7}]
        )
    for record in imported["annotations"]:
        record |= rng.choice(
            [
                {},
                {},
                {"segmentation": rle(3, 3, 4, 4), "category_id": 1},
                {"segmentation": None, "problem": "none"},
                {"image_id": None, "source_image_id": 77, "problem": "unknown"},
                {"category_id": None, "problem": "unknown"},
                {"bbox": [0, 0, 9, 9]},
                {"source_id": 1},
            ]
        )


def test_nothing_is_lost_whatever_is_wrong():
    rng = np.random.default_rng(0)
    for _ in range(50):
        imported = data()
        imported["images"] = [image(number) for number in range(8)]
        imported["images"] += [image(2), image(5) | {"source": 1, "source_id": 60}]
        imported["annotations"] = [
            annotation(n, n % 8, category_id=1 + n % 2) for n in range(1, 20)
        ]
        spoil(imported, rng)
        result = validate(imported, ["stem"])
        for kind in ("image", "annotation"):
            fates = [row["action"] for row in result.issues if row["record"] == kind]
            gone = sum(action in ledger.REMOVALS for action in fates)
            assert len(imported[f"{kind}s"]) == len(result.dataset[f"{kind}s"]) + gone
            assert len(result.quarantine[f"{kind}s"]) == fates.count("quarantined")
        used = set(ids(result.dataset["images"]))
        assert len(used) == len(result.dataset["images"])
        assert {one["image_id"] for one in result.dataset["annotations"]} <= used


def test_too_much_in_quarantine_stops_with_reasons():
    imported = data()
    imported["images"][0] |= {"sha256": None, "width": None, "problem": "the file does not exist"}
    result = validate(imported)
    refusal.refuse_unusable(result, 0.5, "the.log")
    with pytest.raises(InputError) as error:
        refusal.refuse_unusable(result, 0.4, "the.log")
    message = str(error.value)
    assert "33.3% of the images and 50.0% of the annotations" in message
    assert "images: 3 in, 2 used, 1 quarantined" in message
    assert "1 images quarantined: missing_image, for example photos/1.png: the file" in message
    assert "the.log lists all issues" in message


def test_nothing_left_stops_at_any_limit():
    imported = data()
    imported["annotations"] = []
    with pytest.raises(InputError, match="No annotation is left"):
        refusal.refuse_unusable(validate(imported), 1.0, "the.log")
    imported["images"] = []
    with pytest.raises(InputError, match="No image is left"):
        refusal.refuse_unusable(validate(imported), 1.0, "the.log")


def test_masks_that_nearly_are_the_same_become_one():
    imported = data()
    imported["annotations"].append(
        annotation(1, 1, segmentation=rle(1, 3, 5, 6, holes=[(3, 4)])) | {"id": 5, "source_id": 77}
    )
    assert rows(validate(imported)) == [("annotation", 77, "duplicate_mask", "merged")]
    kept = validate(imported, duplicate_mask="keep")
    assert rows(kept) == [("annotation", 77, "duplicate_mask", "kept")]
    assert ids(kept.dataset["annotations"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("policy", ["quarantine", "repair"])
def test_policy_decides_what_becomes_of_a_record(policy):
    imported = data()
    imported["annotations"][0]["bbox"] = [0, 0, 20, 20]
    result = validate(imported, wrong_box=policy)
    removed = policy == "quarantine"
    action = {"quarantine": "quarantined", "repair": "repaired"}[policy]
    assert rows(result) == [("annotation", 1, "wrong_box", action)]
    assert ids(result.dataset["annotations"]) == ([2, 3, 4] if removed else [1, 2, 3, 4])
    assert result.totals["annotation"]["quarantined"] == removed


def test_stop_says_how_often_and_where():
    imported = data()
    for record in imported["annotations"][:2]:
        record["bbox"] = [0, 0, 20, 20]
    result = validate(imported, wrong_box="stop")
    with pytest.raises(InputError) as error:
        refusal.refuse_unusable(result, 1.0, "the.log")
    assert "validation.policies.wrong_box is stop, and it was found 2 times" in str(error.value)
    assert "wrong_box, for example photos/1.png: box [0, 0, 20, 20]" in str(error.value)


def test_boxes_without_masks_are_refused_with_advice():
    imported = data()
    for record in imported["annotations"]:
        record |= {"segmentation": None, "problem": "a box", "check": "box_without_mask"}
    with pytest.raises(InputError, match=r"100\.0% of the annotations are boxes .*detector"):
        refusal.refuse_unusable(validate(imported), 1.0, "the.log")


def test_counts_say_where_the_records_of_each_class_went():
    imported = data()
    imported["annotations"][0]["segmentation"] = rle(0, 0, 0, 0)
    imported["annotations"][1]["bbox"] = [0, 0, 20, 20]
    imported["annotations"][2]["category_id"] = None
    imported["annotations"][2]["problem"] = "no category has the id 9"
    counts = {(row["record"], row["class"]): row for row in validate(imported).counts}
    columns = ("in", "used", "quarantined", "merged", "dropped", "repaired")
    numbers = {key: tuple(row[column] for column in columns) for key, row in counts.items()}
    assert numbers == {
        ("image", "(all)"): (3, 3, 0, 0, 0, 0),
        ("annotation", "(all)"): (4, 2, 2, 0, 0, 1),
        ("annotation", "(unknown)"): (1, 0, 1, 0, 0, 0),
        ("annotation", "leaf"): (2, 2, 0, 0, 0, 1),
        ("annotation", "stem"): (1, 0, 1, 0, 0, 0),
    }


def test_a_lost_record_is_noticed():
    imported = data()
    result = validate(imported)
    book = ledger.Ledger(imported, {})
    del result.dataset["annotations"][1]
    with pytest.raises(RuntimeError, match="lost or doubled"):
        ledger.counts(imported, result.dataset, book)
