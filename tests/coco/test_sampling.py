import pytest

from coco.sampling import copies_of_images


def dataset(*contents):
    """One image per argument, which lists the classes of its objects."""
    pairs = [(image, label) for image, labels in enumerate(contents) for label in labels]
    return {
        "images": [{"id": image} for image in range(len(contents))],
        "annotations": [{"image_id": image, "category_id": label} for image, label in pairs],
    }


# Class 1 is in 4 of 4 images, class 2 in 1 of 4, class 3 in 2 of 4, whatever the objects' number.
IMAGES = dataset([1, 1, 1], [1, 2], [1, 3, 3, 3, 3], [3, 1])


@pytest.mark.parametrize(
    ("threshold", "copies", "expected"),
    [
        (0, 1, [1, 1, 1, 1]),
        (0.25, 1, [1, 1, 1, 1]),  # sqrt(0.25 / 0.25) = 1
        (0.5, 1, [1, 2, 1, 1]),  # sqrt(0.5 / 0.25) = 1.41
        (0.5, 8, [8, 12, 8, 8]),  # 11.3
        (1.0, 1, [1, 2, 2, 2]),  # 2 and sqrt(1 / 0.5) = 1.41
        (1.0, 10, [10, 20, 15, 15]),  # 14.1
    ],
)
def test_rare_classes_repeat_by_the_paper_s_formula(threshold, copies, expected):
    assert list(copies_of_images(IMAGES, copies, threshold).values()) == expected


def test_empty_images_are_not_repeated():
    assert copies_of_images(dataset([], [1], []), 3, 1.0) == {0: 3, 1: 6, 2: 3}
