import pytest
from squares import as_predictions, prediction

from evaluation.galleries import choose, named_mistakes
from evaluation.image_scores import image_scores
from evaluation.matching import match
from evaluation.overlaps import find_overlaps


@pytest.fixture
def found(truth):
    """Image 11 is perfect; in 12 a leaf is taken for a ring and one is missed; 14 is empty."""
    perfect = [item for item in as_predictions(truth["annotations"]) if item["image_id"] == 11]
    return [
        *perfect,
        prediction(12, 2, 10, 70, 30, 0.9),
        prediction(13, 2, 5, 5, 20, 0.8),
        prediction(13, 2, 5, 6, 20, 0.7),
        prediction(14, 2, 0, 0, 50, 0.6),
        prediction(14, 2, 60, 60, 50, 0.1),
    ]


@pytest.fixture
def matching(truth, found):
    return match(find_overlaps(truth, found, "segm"))


def test_each_gallery_shows_what_it_says(matching, truth):
    chosen = choose(image_scores(matching, truth, 0.5), 3)
    assert chosen["best"] == [11, 13]
    assert set(chosen["worst"]) == {12, 14}
    assert chosen["missed"] == chosen["confused"] == [12]
    assert len(set(chosen["random"])) == 3


def test_random_images_are_the_same_each_time(matching, truth):
    scores = image_scores(matching, truth, 0.5)
    assert choose(scores, 2)["random"] == choose(scores.iloc[::-1], 2)["random"]


def test_mistakes_are_named(matching, found):
    objects, detections = named_mistakes(matching, 0.5)
    assert objects == {2: "taken for ring", 3: "missed"}
    names = {(found[i]["image_id"], found[i]["score"]): word for i, word in detections.items()}
    assert names == {
        (12, 0.9): "wrong class",
        (13, 0.7): "found twice",
        (14, 0.6): "nothing here",
    }


def test_nothing_to_show(truth):
    truth["annotations"] = []
    scores = image_scores(match(find_overlaps(truth, [], "segm")), truth, 0.5)
    chosen = choose(scores, 4)
    assert len(chosen.pop("random")) == 4
    assert not any(chosen.values())
