"""Data sets for the tests of splits."""

SETTINGS = {
    "train": 0.7,
    "val": 0.15,
    "test": 0.15,
    "lists": None,
    "folds": None,
    "group_by": None,
    "near_duplicates": True,
    "keep": None,
    "leaks": "stop",
}


def dataset(*classes_of_images, categories=3):
    """A data set whose image number i shows the classes at place i."""
    images = [
        {"id": 1000 + i, "file_name": f"photos/{i}.png", "sha256": f"{i:064x}", "source_id": i}
        for i in range(len(classes_of_images))
    ]
    pairs = [(1000 + i, c) for i, classes in enumerate(classes_of_images) for c in classes]
    annotations = [
        {"id": n, "image_id": image, "category_id": category, "iscrowd": 0}
        for n, (image, category) in enumerate(pairs, start=1)
    ]
    return {
        "info": {"description": "Test", "images": {"channels": 3}, "quarantined": []},
        "categories": [{"id": n, "name": f"class {n}"} for n in range(1, categories + 1)],
        "images": images,
        "annotations": annotations,
    }
