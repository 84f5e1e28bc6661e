import numpy as np
import pytest

from coco import instances, masks, windows

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IDENTITY = np.eye(2)


def blob(shape, centre, radius):
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2


def annotation(mask, category=1, crowd=0):
    return {"segmentation": masks.encode(mask), "category_id": category, "iscrowd": crowd}


def paste(visible, size):
    mask = np.zeros((size, size), bool)
    y1, x1, y2, x2 = visible.box
    mask[y1:y2, x1:x2] = visible.mask
    return mask


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("shape", [(50, 60), (64, 64), (65, 200), (300, 129), (1, 1)])
def test_grid_covers_the_image_with_as_few_windows_as_it_takes(shape):
    seen = np.zeros(shape, bool)
    corners = windows.grid(*shape, size=64)
    for y, x in corners:
        assert 0 <= y <= max(shape[0] - 64, 0) and 0 <= x <= max(shape[1] - 64, 0)
        seen[y : y + 64, x : x + 64] = True
    assert seen.all()
    assert len(corners) == -(-shape[0] // 64) * -(-shape[1] // 64)


@pytest.mark.parametrize("overlap", [1, 20, 32, 63])
def test_neighbouring_windows_have_something_in_common(overlap):
    for length in range(1, 400):
        places = np.array(windows.starts(length, 64, overlap))
        assert places[0] == 0
        assert places[-1] == max(length - 64, 0)
        assert (np.diff(places) <= 64 - overlap).all()
        assert len(places) == 1 or len(places) - 1 < (length - overlap) / (64 - overlap)


@pytest.mark.parametrize("shape", [(40, 100), (100, 40), (192, 192), (500, 333), (3, 1000)])
def test_resize_makes_the_longer_side_fit(shape):
    recipe = {"mode": "resize", "size": 192, "scale": 1.0}
    image = np.zeros((*shape, 3), np.uint8)
    made = windows.magnify(image, windows.scale_of(*shape, recipe)).shape
    assert max(made[:2]) == 192
    np.testing.assert_allclose(made[0] / made[1], shape[0] / shape[1], rtol=0.35, atol=0.01)


def test_window_on_the_grid_is_a_plain_cut():
    image = np.random.default_rng(0).integers(0, 256, (150, 170, 3), np.uint8)
    for y, x in windows.grid(150, 170, 64):
        matrix = windows.place(image.shape, (x + 32, y + 32), 64, IDENTITY)
        np.testing.assert_array_equal(
            windows.warp(image, matrix, 64, 64), image[y : y + 64, x : x + 64]
        )
        assert windows.source(matrix, 64, image.shape) == (y, x, y + 64, x + 64)


def test_small_image_lies_at_the_top_left_of_black():
    image = np.full((20, 30, 3), 200, np.uint8)
    matrix = windows.place(image.shape, (5, 5), 64, IDENTITY)
    view = windows.warp(image, matrix, 64, 64)
    np.testing.assert_array_equal(view[:20, :30], image)
    assert view.sum() == image.sum()
    assert windows.inside(matrix, image.shape, 64, 64).sum() == 20 * 30
    assert windows.source(matrix, 64, image.shape) == (0, 0, 20, 30)


def test_window_beyond_an_edge_moves_back():
    matrix = windows.place((100, 100), (500, -500), 64, IDENTITY)
    assert windows.source(matrix, 64, (100, 100)) == (0, 36, 64, 100)


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0, 1.7, 3.0])
def test_mask_and_image_have_the_same_geometry(scale):
    mask = blob((120, 90), (50.3, 40.8), 25)
    image = np.where(mask, np.uint8(255), np.uint8(0))
    magnified = windows.magnify(image, scale)
    matrix = windows.stretch(image.shape, magnified.shape)
    size = 400
    window = windows.place(magnified.shape, (0, 0), size, IDENTITY)
    (visible,) = instances.see(instances.instances_of([annotation(mask)]), window @ matrix, size)
    assert iou(paste(visible, size), windows.warp(magnified, window, size, size) >= 128) > 0.97


def test_cut_object_keeps_its_visible_part():
    mask = np.zeros((100, 100), bool)
    mask[20:40, 50:80] = True
    known = instances.instances_of([annotation(mask, category=3)])
    matrix = windows.place((100, 100), (32, 32), 64, IDENTITY)
    (visible,) = instances.see(known, matrix, 64)
    assert visible.box == (20, 50, 40, 64)
    assert visible.class_id == 3
    assert visible.mask.shape == (20, 14) and visible.mask.all()


@pytest.mark.parametrize(
    ("left", "width", "seen"),
    [
        (60, 39, True),  # 4 of 39 columns
        (61, 29, True),  # 3 of 29
        (61, 31, False),  # less than a tenth
        (64, 20, False),  # nothing
    ],
)
def test_object_of_which_little_is_left_is_dropped(left, width, seen):
    mask = np.zeros((100, 100), bool)
    mask[10:20, left : left + width] = True
    known = instances.instances_of([annotation(mask)])
    matrix = windows.place((100, 100), (32, 32), 64, IDENTITY)
    assert len(instances.see(known, matrix, 64)) == seen


@pytest.mark.parametrize("left", [62, 63])
@pytest.mark.parametrize(("cut", "crowds"), [("drop", []), ("crowd", [True])])
def test_cut_object_is_dropped_or_neither_object_nor_background(left, cut, crowds):
    mask = np.zeros((100, 100), bool)
    mask[10:20, left : left + 10] = True
    known = instances.instances_of([annotation(mask)])
    seen = instances.see(known, np.eye(3), 64, min_visible=0.3, cut_objects=cut)
    assert [visible.crowd for visible in seen] == crowds
    (whole,) = instances.see(known, np.eye(3), 64, min_visible=0.05, cut_objects=cut)
    assert not whole.crowd


def test_no_part_of_a_crowd_is_background():
    mask = np.zeros((100, 100), bool)
    mask[10:12, 63:] = True
    known = instances.instances_of([annotation(mask, crowd=1)])
    (seen,) = instances.see(known, np.eye(3), 64)
    assert seen.crowd
    assert seen.box == (10, 63, 12, 64)


def test_an_object_larger_than_the_window_is_seen_in_it():
    mask = blob((400, 400), (200, 200), 150)
    known = instances.instances_of([annotation(mask)])
    matrix = windows.place(mask.shape, (80, 90), 64, IDENTITY)
    (seen,) = instances.see(known, matrix, 64, min_visible=0)
    y1, x1, y2, x2 = windows.source(matrix, 64, mask.shape)
    np.testing.assert_array_equal(paste(seen, 64), mask[y1:y2, x1:x2])


def test_object_of_fewer_than_four_pixels_is_dropped():
    for pixels in (3, 4):
        mask = np.zeros((64, 64), bool)
        mask[5, 5 : 5 + pixels] = True
        seen = instances.see(instances.instances_of([annotation(mask)]), np.eye(3), 64)
        assert len(seen) == (pixels == 4)


def test_holes_parts_and_crowds_survive():
    mask = blob((64, 64), (30, 30), 20) & ~blob((64, 64), (30, 30), 10)
    mask[:5, :5] = True
    seen = instances.see(instances.instances_of([annotation(mask, crowd=1)]), np.eye(3), 64)
    np.testing.assert_array_equal(paste(seen[0], 64), mask)
    assert seen[0].crowd is True


def test_boxes_are_tight():
    rng = np.random.default_rng(0)
    for _ in range(30):
        mask = blob((90, 90), rng.uniform(10, 80, 2), rng.uniform(3, 20))
        turn = rng.normal(size=(2, 2))
        matrix = windows.place((90, 90), (45, 45), 64, turn / abs(np.linalg.det(turn)) ** 0.5)
        for visible in instances.see(instances.instances_of([annotation(mask)]), matrix, 64):
            y1, x1, y2, x2 = visible.box
            assert visible.mask.shape == (y2 - y1, x2 - x1)
            for edge in (visible.mask[0], visible.mask[-1]):
                assert edge.any()
            for edge in (visible.mask[:, 0], visible.mask[:, -1]):
                assert edge.any()


def test_grid_shows_every_pixel_of_every_object():
    """What no window keeps is less than a tenth of its object in each."""
    rng = np.random.default_rng(1)
    shape, size = (200, 230), 64
    all_masks = [blob(shape, rng.uniform(0, shape), rng.uniform(3, 30)) for _ in range(40)]
    all_masks = [mask for mask in all_masks if mask.sum() >= 4]
    for mask in all_masks:
        found = np.zeros(shape, bool)
        for y, x in windows.grid(*shape, size):
            matrix = windows.place(shape, (x + size / 2, y + size / 2), size, IDENTITY)
            for visible in instances.see(instances.instances_of([annotation(mask)]), matrix, size):
                found[y : y + size, x : x + size] |= paste(visible, size)
        assert not (found & ~mask).any()
        assert found.sum() > 0.6 * mask.sum()


@pytest.mark.parametrize("channels", [1, 2, 5, 7])
@pytest.mark.parametrize("scale", [0.4, 1.7])
def test_every_channel_is_seen_like_an_image_of_its_own(channels, scale):
    image = np.random.default_rng(0).integers(0, 256, (80, 60, channels), np.uint8)
    matrix = windows.place(image.shape, np.array([30, 40]), 64, 0.9 * np.eye(2))

    def seen(pixels):
        return windows.magnify(pixels, scale), windows.warp(pixels, matrix, 64, 64)

    alone = [seen(channel) for channel in np.moveaxis(image, 2, 0)]
    for whole, parts in zip(seen(image), zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.dstack(parts))
