from collections import defaultdict

import numpy as np
import pytest

from coco import views

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def of(dataset, recipe, copies=3, seed=0):
    image = dataset["images"][0]
    return list(views.of_image(image, dataset["annotations"], recipe, copies, seed))


def test_resize_shows_the_whole_image_in_copy_0(make_dataset, recipe):
    view, *others = of(make_dataset([(100, 150)]), recipe)
    assert view.copy == 0
    assert view.window == (0, 0, 100, 150)
    assert view.scale == pytest.approx(64 / 150)
    assert (view.pixels[43:] == 0).all()
    assert (view.pixels[:43] > 0).mean() > 0.9
    assert [other.copy for other in others] == [1, 2]
    assert not np.array_equal(others[0].pixels, others[1].pixels)


def test_crop_shows_windows_of_the_magnified_image(make_dataset, recipe):
    recipe |= {"mode": "crop", "scale": 2.0}
    dataset = make_dataset([(40, 70)])
    found = of(dataset, recipe, copies=1)
    assert [view.window for view in found] == [
        (0, 0, 32, 32), (0, 19, 32, 51), (0, 38, 32, 70),
        (8, 0, 40, 32), (8, 19, 40, 51), (8, 38, 40, 70),
    ]  # fmt: skip
    assert {view.scale for view in found} == {2.0}


def test_crop_copies_move_the_window_within_the_image(make_dataset, recipe):
    recipe |= {"mode": "crop", "preset": "none"}
    windows = defaultdict(set)
    for view in of(make_dataset([(200, 200)]), recipe, copies=8):
        y1, x1, y2, x2 = view.window
        assert 64 <= y2 - y1 <= 65
        assert 64 <= x2 - x1 <= 65
        windows[view.copy > 0].add(view.window)
    assert len(windows[False]) == 16
    assert len(windows[True]) > 90


def test_windows_overlap(make_dataset, recipe):
    recipe |= {"mode": "crop", "overlap": 30}
    found = of(make_dataset([(100, 64)]), recipe, copies=1)
    assert [view.window for view in found] == [(0, 0, 64, 64), (18, 0, 82, 64), (36, 0, 100, 64)]


def test_a_fraction_of_the_empty_windows_is_kept(make_dataset, recipe):
    """Those with objects are all kept, as they were, and the choice does not change."""
    recipe |= {"mode": "crop"}
    dataset = make_dataset([(640, 640)])
    image, objects = dataset["images"][0], dataset["annotations"]
    kept = {
        empty: list(views.of_image(image, objects, recipe, copies=3, seed=0, empty=empty))
        for empty in (1.0, 0.5, 0.25, 0.0)
    }
    places = {empty: [(view.copy, view.window) for view in found] for empty, found in kept.items()}
    assert len(kept[1.0]) == 300
    filled = [(view.copy, view.window) for view in kept[1.0] if view.objects]
    assert 0 < len(filled) < 60
    assert places[0.0] == filled
    for more, fewer in ((1.0, 0.5), (0.5, 0.25)):
        assert set(places[fewer]) < set(places[more])
        share = (len(kept[fewer]) - len(filled)) / (300 - len(filled))
        assert share == pytest.approx(fewer, abs=0.08)


def test_objects_are_bright_and_ground_is_dark_in_every_copy(make_dataset, recipe):
    """Masks and pixels agree, up to edges and the bits of objects that are left out."""
    recipe |= {"augmentation": {"brightness": 0, "contrast": 0, "hue": 0, "noise": 0, "blur": 0}}
    for mode, shape in (("resize", (90, 60)), ("crop", (150, 130))):
        for view in of(make_dataset([shape], objects=8), recipe | {"mode": mode}, copies=10):
            covered = np.zeros((64, 64), bool)
            for item in view.objects:
                y1, x1, y2, x2 = item.box
                covered[y1:y2, x1:x2] |= item.mask
            bright = view.pixels[..., 0] >= 145
            assert (bright ^ covered).sum() <= 0.2 * covered.sum() + 40


def test_outside_of_the_image_is_black_and_empty(make_dataset, recipe):
    recipe |= {"augmentation": {"scale": [0.5, 0.5], "brightness": 0.5, "noise": 0.1, "blur": 2}}
    for view in of(make_dataset([(64, 64)]), recipe, copies=6)[1:]:
        assert (view.pixels == 0).all(axis=2).mean() > 0.6
        for item in view.objects:
            y1, x1, y2, x2 = item.box
            black = (view.pixels[y1:y2, x1:x2] == 0).all(axis=2)
            assert (black & item.mask).mean() < 0.1


def test_same_seed_makes_the_same_views(make_dataset, recipe):
    dataset = make_dataset([(80, 70)])
    first, again, other = (of(dataset, recipe, seed=seed) for seed in (0, 0, 1))
    for view, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(view.pixels, same.pixels)
        assert [item.box for item in view.objects] == [item.box for item in same.objects]
        assert np.array_equal(view.pixels, different.pixels) == (view.copy == 0)


def test_more_copies_leave_the_first_as_they_are(make_dataset, recipe):
    dataset = make_dataset([(80, 70)])
    for few, many in zip(of(dataset, recipe, 2), of(dataset, recipe, 5), strict=False):
        np.testing.assert_array_equal(few.pixels, many.pixels)
