"""The original's utilities against scikit-image, SciPy, COCO's own code, and golden values."""

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from PIL import Image
from pycocotools import mask as coco_mask
from scipy.ndimage import zoom
from skimage.transform import resize as skimage_resize

from mrcnn import trained_weights, utils
from mrcnn.errors import ModelError

GOLDEN = Path(__file__).parents[2] / ".." / "shared" / "golden"
needs_golden = pytest.mark.skipif(not GOLDEN.exists(), reason="no golden values beside the project")


@pytest.fixture(scope="module")
def golden():
    return np.load(GOLDEN / "matterport_r50_4c.npz")


@pytest.fixture(scope="module")
def golden_config():
    return json.loads((GOLDEN / "matterport_r50_4c.config.json").read_text())


def discs(height, width):
    """Bool `(height, width, 3)`: three discs, one cut by the edge, one of a single pixel."""
    rows, columns = np.indices((height, width))
    circles = [(height // 3, width // 2, height // 5), (height, 0, height // 2), (1, 2, 0.5)]
    return np.stack([np.hypot(rows - y, columns - x) < r for y, x, r in circles], axis=2)


# Resizing


@pytest.mark.parametrize("shape", [(37, 53), (37, 53, 3), (1, 9), (28, 28, 1)])
@pytest.mark.parametrize("target", [(20, 20), (80, 131), (15, 90), (1, 1), (37, 53)])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint16", "int16", "float32", "float64"])
def test_resize_is_that_of_scikit_image(shape, target, dtype):
    numbers = np.random.default_rng(0).uniform(-1, 1, shape)
    if dtype == "bool":
        image, reference = numbers > 0, (numbers > 0).astype(float)
    else:
        scale = 1 if dtype.startswith("float") else np.iinfo(dtype).max
        numbers = np.abs(numbers) if dtype.startswith("u") else numbers
        image = reference = (numbers * scale).astype(dtype)
    for options in ({}, {"preserve_range": True}, {"clip": False}, {"cval": 0.3}):
        actual = utils.resize(image, target, **options)
        expected = skimage_resize(
            reference, target, order=1, mode="constant", anti_aliasing=False, **options
        )
        assert actual.dtype == expected.dtype
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)


def test_smoothing_is_that_of_scikit_image():
    image = np.random.default_rng(0).uniform(-1, 1, (61, 40, 3))
    expected = skimage_resize(image, (20, 90), order=1, mode="constant", anti_aliasing=True)
    np.testing.assert_allclose(utils.resize(image, (20, 90), anti_aliasing=True), expected)


@pytest.mark.parametrize(
    "options", [{"order": 3}, {"mode": "reflect"}, {"output_shape": (9, 9, 4)}]
)
def test_resize_refuses_what_it_cannot(options):
    with pytest.raises(ModelError, match="`resize`"):
        utils.resize(np.zeros((5, 5, 3)), **{"output_shape": (9, 9), **options})


@needs_golden
def test_molded_photo_is_golden(golden, golden_config):
    image, window, scale, padding, crop = utils.resize_image(
        golden["image"], min_dim=256, max_dim=256, min_scale=0, mode="square"
    )
    assert (image.shape, image.dtype) == ((256, 256, 3), np.uint8)
    assert window == tuple(golden["windows"][0])
    assert padding == [(42, 43), (0, 0), (0, 0)]
    assert (scale, crop) == (pytest.approx(256 / 600), None)
    expected = np.rint(golden["molded"][0] + np.array(golden_config["MEAN_PIXEL"], np.float32))
    # Equal, but where the value before the cut is an integer up to rounding of the last digit:
    # there scikit-image itself differs from one machine to another.
    differs = image != expected
    exact = utils.resize(golden["image"], (171, 256), preserve_range=True, anti_aliasing=True)
    assert differs.sum() <= 16
    assert np.abs(image - expected).max() <= 1
    assert np.abs(exact - np.rint(exact))[differs[42:213]].max() < 1e-9


@needs_golden
def test_unmolded_masks_are_golden(golden):
    shape = tuple(golden["det_masks_shape"])
    expected = np.unpackbits(golden["det_masks"], count=np.prod(shape)).reshape(shape)
    rows = [
        np.flatnonzero(golden["out/mrcnn_detection"][0, :, 5] == s) for s in golden["det_scores"]
    ]
    for i, (row, box) in enumerate(zip(rows, golden["det_rois"], strict=True)):
        small = golden["out/mrcnn_mask"][0, row[0], :, :, golden["det_class_ids"][i]]
        np.testing.assert_array_equal(utils.unmold_mask(small, box, shape), expected[..., i])


@pytest.mark.parametrize(
    ("size", "settings", "window", "shape", "scale"),
    [
        ((100, 50), {"mode": "none"}, (0, 0, 100, 50), (100, 50), 1),
        ((100, 50), {"min_dim": 80, "max_dim": 128}, (0, 32, 128, 96), (128, 128), 1.28),
        ((100, 50), {"min_dim": 64, "max_dim": 256}, (64, 96, 192, 160), (256, 256), 1.28),
        ((30, 40), {"max_dim": 64}, (17, 12, 47, 52), (64, 64), 1),
        ((30, 40), {"max_dim": 256, "min_scale": 2}, (98, 88, 158, 168), (256, 256), 2),
        ((100, 50), {"min_dim": 64, "mode": "pad64"}, (0, 0, 128, 64), (128, 64), 1.28),
        ((64, 90), {"mode": "pad64"}, (0, 19, 64, 109), (64, 128), 1),
        ((100, 50), {"min_dim": 64, "mode": "crop"}, (0, 0, 64, 64), (64, 64), 1.28),
        ((1, 3000), {"max_dim": 64}, (31, 0, 32, 64), (64, 64), 64 / 3000),
    ],
)
def test_resize_image_modes(size, settings, window, shape, scale):
    image = np.full((*size, 3), 200, np.uint8)
    resized, actual_window, actual_scale, padding, crop = utils.resize_image(image, **settings)
    assert resized.dtype == np.uint8
    assert resized.shape == (*shape, 3)
    assert actual_window == window
    assert actual_scale == pytest.approx(scale)
    y1, x1, y2, x2 = window
    assert (resized[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3] == 200).all()
    outside = np.ones(shape, bool)
    outside[y1:y2, x1:x2] = False
    assert not resized[outside].any()
    masks = utils.resize_mask(discs(*size), actual_scale, padding, crop)
    assert (masks.shape, masks.dtype) == ((*shape, 3), bool)
    assert not masks[outside].any()


def test_crops_are_drawn_by_python():
    image = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    random.seed(3)
    cropped, _, scale, _, (y, x, height, width) = utils.resize_image(image, 64, mode="crop")
    np.testing.assert_array_equal(cropped, image[y : y + 64, x : x + 64])
    mask = utils.resize_mask(image > 99, scale, None, (y, x, height, width))
    np.testing.assert_array_equal(mask, cropped > 99)
    random.seed(3)
    np.testing.assert_array_equal(utils.resize_image(image, 64, mode="crop")[0], cropped)


@pytest.mark.parametrize("settings", [{"mode": "fit"}, {"mode": "crop"}, {"mode": "square"}])
def test_resize_image_names_what_it_lacks(settings):
    with pytest.raises(ModelError, match="`mode` must be"):
        utils.resize_image(np.zeros((9, 9, 3)), **settings)


def test_masks_are_resized_as_by_scipy():
    rng = np.random.default_rng(0)
    for _ in range(40):
        mask = rng.random((*rng.integers(2, 60, 2), 2)) > 0.5
        scale = rng.uniform(0.2, 3)
        # By default rounding carries the last row beyond the edge at times, where SciPy has zeros.
        expected = zoom(mask, (scale, scale, 1), order=0, mode="nearest")
        actual = utils.resize_mask(mask, scale, [(2, 1), (0, 3), (0, 0)])
        np.testing.assert_array_equal(actual, np.pad(expected, [(2, 1), (0, 3), (0, 0)]))


def test_no_masks_are_resized_to_no_masks():
    for shape in ((0, 0, 0), (30, 20, 0)):
        assert utils.resize_mask(np.empty(shape, bool), 0.5, [(1, 1)] * 2 + [(0, 0)]).size == 0


# Masks


def test_small_masks_expand_to_what_they_were():
    masks = discs(120, 90)
    boxes = utils.extract_bboxes(masks)
    small = utils.minimize_mask(boxes, masks, (56, 56))
    assert (small.shape, small.dtype) == ((56, 56, 3), bool)
    expanded = utils.expand_mask(boxes, small, (120, 90, 3))
    assert (expanded.shape, expanded.dtype) == (masks.shape, bool)
    assert (np.diag(utils.compute_overlaps_masks(masks, expanded)) > 0.93).all()


def test_small_masks_are_those_of_scikit_image():
    mask = discs(120, 90)[:, :, :1]
    y1, x1, y2, x2 = box = utils.extract_bboxes(mask)[0]
    inside = mask[y1:y2, x1:x2, 0].astype(float)
    expected = np.around(skimage_resize(inside, (28, 28), 1, "constant", anti_aliasing=False))
    actual = utils.minimize_mask(box[None], mask, [28, 28])
    np.testing.assert_array_equal(actual[:, :, 0], expected)


def test_a_box_without_area_is_named():
    with pytest.raises(ModelError, match=r"mask 0, \[3, 4, 3, 9\]"):
        utils.minimize_mask(np.array([[3, 4, 3, 9]]), np.ones((20, 20, 1)), (28, 28))


def test_a_full_mask_fills_its_box_and_nothing_else():
    full = utils.unmold_mask(np.ones((28, 28), np.float32), (5, 10, 50, 13), (60, 40, 3))
    assert (full.shape, full.dtype, full.sum()) == ((60, 40), bool, 45 * 3)
    assert full[5:50, 10:13].all()
    assert not utils.unmold_mask(np.ones((28, 28)), (5, 5, 5, 9), (60, 40)).any()


# Boxes


def test_boxes_hug_their_masks():
    masks = np.zeros((20, 30, 4), np.uint8)
    masks[3:7, 10:25, 0] = 1
    masks[[0, 19], [29, 0], 1] = 1
    masks[19, 29, 2] = 1
    boxes = utils.extract_bboxes(masks)
    assert boxes.dtype == np.int32
    expected = [[3, 10, 7, 25], [0, 0, 20, 30], [19, 29, 20, 30], [0, 0, 0, 0]]
    np.testing.assert_array_equal(boxes, expected)
    assert utils.extract_bboxes(np.empty((0, 0, 0), bool)).shape == (0, 4)


def random_boxes(rng, count):
    corners = rng.integers(0, 60, (count, 2))
    return np.hstack([corners, corners + rng.integers(1, 40, (count, 2))])


def test_overlaps_are_those_of_coco():
    rng = np.random.default_rng(0)
    boxes, others = random_boxes(rng, 30), random_boxes(rng, 20)

    def xywh(b):
        return np.hstack([b[:, 1::-1], b[:, 3:1:-1] - b[:, 1::-1]]).astype(float)

    expected = coco_mask.iou(xywh(boxes), xywh(others), [0] * 20)
    np.testing.assert_allclose(utils.compute_overlaps(boxes, others), expected)

    masks, further = rng.random((40, 30, 6)) > 0.4, rng.random((40, 30, 5)) > 0.7
    runs = [coco_mask.encode(np.asfortranarray(m.astype(np.uint8))) for m in (masks, further)]
    expected = coco_mask.iou(*runs, [0] * 5)
    np.testing.assert_allclose(utils.compute_overlaps_masks(masks, further), expected, rtol=1e-6)


def test_nothing_overlaps_nothing():
    assert (utils.compute_overlaps(np.zeros((2, 4)), np.zeros((3, 4))) == np.zeros((2, 3))).all()
    empty = np.zeros((5, 5, 2), bool)
    np.testing.assert_array_equal(utils.compute_overlaps_masks(empty, empty), np.zeros((2, 2)))
    assert utils.compute_overlaps_masks(empty, np.empty((0, 0, 0))).shape == (2, 0)


def test_suppression_leaves_the_best_of_each_heap():
    rng = np.random.default_rng(0)
    boxes, scores = random_boxes(rng, 80), rng.random(80)
    kept = utils.non_max_suppression(boxes, scores, 0.3)
    assert kept.dtype == np.int32
    assert (np.diff(scores[kept]) <= 0).all()
    overlaps = utils.compute_overlaps(boxes, boxes)
    assert overlaps[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].max() <= 0.3
    for i in set(range(80)) - set(kept):
        assert any(overlaps[i, j] > 0.3 and scores[j] > scores[i] for j in kept)


def test_refinement_is_undone_by_deltas():
    rng = np.random.default_rng(0)
    boxes, targets = random_boxes(rng, 50), random_boxes(rng, 50)
    deltas = utils.box_refinement(boxes, targets)
    assert deltas.dtype == np.float32
    np.testing.assert_allclose(utils.apply_box_deltas(boxes, deltas), targets, atol=1e-3)
    graph = ops.convert_to_numpy(utils.box_refinement_graph(boxes, targets))
    np.testing.assert_allclose(graph, deltas, rtol=1e-5, atol=1e-6)


def test_deltas_by_hand():
    deltas = np.array([[0.5, -1, np.log(2), 0]])
    moved = utils.apply_box_deltas(np.array([[10, 10, 20, 30]]), deltas)
    np.testing.assert_allclose(moved, [[10, -10, 30, 10]], rtol=1e-6)


def test_normalised_boxes():
    boxes = np.array([[0, 0, 100, 200], [3, 5, 4, 77]])
    normalised = utils.norm_boxes(boxes, (100, 200))
    assert normalised.dtype == np.float32
    np.testing.assert_array_equal(normalised[0], [0, 0, 1, 1])
    back = utils.denorm_boxes(normalised, (100, 200))
    assert back.dtype == np.int32
    np.testing.assert_array_equal(back, boxes)


# Anchors


@needs_golden
def test_anchors_are_golden(golden, golden_config):
    strides = golden_config["BACKBONE_STRIDES"]
    anchors = utils.generate_pyramid_anchors(
        golden_config["RPN_ANCHOR_SCALES"],
        golden_config["RPN_ANCHOR_RATIOS"],
        [(256 // stride, 256 // stride) for stride in strides],
        strides,
        golden_config["RPN_ANCHOR_STRIDE"],
    )
    np.testing.assert_array_equal(utils.norm_boxes(anchors, (256, 256)), golden["anchors"])


def test_anchors_of_several_scales_and_every_other_cell():
    anchors = utils.generate_anchors([10, 20], [0.25, 1], (4, 6), 8, 2).reshape(2, 3, 4, 4)
    np.testing.assert_allclose(anchors[1, 2].reshape(4, 2, 2).mean(axis=1), [[16, 32]] * 4)
    sides = anchors[0, 0, :, 2:] - anchors[0, 0, :, :2]
    np.testing.assert_allclose(sides, [[20, 5], [40, 10], [10, 10], [20, 20]])


# Scores


def squares(*corners, side=10):
    """Masks `(64, 64, N)` and boxes of squares."""
    boxes = np.array([[y, x, y + side, x + side] for y, x in corners], np.int32).reshape(-1, 4)
    masks = np.zeros((64, 64, len(boxes)), bool)
    for i, (y1, x1, y2, x2) in enumerate(boxes):
        masks[y1:y2, x1:x2, i] = True
    return boxes, masks


def objects(classes, *corners):
    boxes, masks = squares(*corners)
    return boxes, np.array(classes, int), masks


def found(classes, scores, *corners):
    boxes, masks = squares(*corners)
    return boxes, np.array(classes, int), np.array(scores, float), masks


TRUTH = objects([1, 1, 2], (0, 0), (20, 20), (40, 40))


def test_average_precision_by_hand():
    """Hit, miss, hit out of three objects: 1/3 at precision 1 and 1/3 at precision 2/3."""
    prediction = found([2, 1, 1], [0.5, 0.7, 0.9], (41, 40), (50, 0), (0, 1))
    precision, precisions, recalls, overlaps = utils.compute_ap(*TRUTH, *prediction)
    assert precision == pytest.approx(1 / 3 + 2 / 9)
    np.testing.assert_allclose(precisions, [1, 1, 2 / 3, 2 / 3, 0])
    np.testing.assert_allclose(recalls, [0, 1 / 3, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(overlaps[[0, 2], [0, 2]], 90 / 110)
    assert overlaps.shape == (3, 3)
    assert utils.compute_ap(*TRUTH, *prediction, iou_threshold=0.9)[0] == 0


def test_matches_want_the_class_and_take_an_object_once():
    prediction = found([2, 1, 1, 1], [0.9, 0.8, 0.7, 0.6], (0, 0), (0, 1), (0, 0), (20, 20))
    gt_match, pred_match, _ = utils.compute_matches(*TRUTH, *prediction)
    np.testing.assert_array_equal(gt_match, [1, 3, -1])
    np.testing.assert_array_equal(pred_match, [-1, 0, -1, 1])


def test_the_first_object_is_not_matched_twice():
    prediction = found([1, 1], [0.9, 0.8], (0, 0), (0, 0))
    gt_match, pred_match, _ = utils.compute_matches(*TRUTH, *prediction)
    np.testing.assert_array_equal(gt_match, [0, -1, -1])
    np.testing.assert_array_equal(pred_match, [0, -1])


def test_padding_does_not_count():
    boxes, classes, masks = TRUTH
    padded = np.pad(boxes, [(0, 5), (0, 0)]), np.pad(classes, (0, 5)), masks
    prediction = found([1, 1, 2], [0.9, 0.8, 0.7], (0, 0), (20, 20), (40, 40))
    filled = [np.pad(x, [(0, 2)] + [(0, 0)] * (x.ndim - 1)) for x in prediction[:3]]
    assert utils.compute_ap(*padded, *filled, prediction[3])[0] == pytest.approx(1)


def test_average_precision_without_objects_is_a_number():
    nothing, no_objects = found([], []), objects([])
    assert utils.compute_ap(*no_objects, *nothing)[0] == 1
    assert utils.compute_ap(*no_objects, *found([1], [0.9], (0, 0)))[0] == 0
    assert utils.compute_ap(*TRUTH, *nothing)[0] == 0
    precision, precisions, recalls, _ = utils.compute_ap(*no_objects, *nothing)
    assert np.trapezoid(precisions, recalls) == precision


def test_average_precision_over_thresholds(capsys):
    prediction = found([1, 1, 2], [0.9, 0.8, 0.7], (0, 0), (20, 22), (40, 40))
    expected = np.mean([1] * 4 + [1 / 3 + 2 / 9] * 6)  # the overlap of the second is 2/3
    for thresholds in (None, np.arange(0.5, 1, 0.05), [t / 100 for t in range(50, 100, 5)]):
        mean = utils.compute_ap_range(*TRUTH, *prediction, iou_thresholds=thresholds)
        assert mean == pytest.approx(expected)
    assert "AP @0.50-0.95:\t 0.733" in capsys.readouterr().out
    utils.compute_ap_range(*TRUTH, *prediction, verbose=0)
    assert not capsys.readouterr().out


def test_recall():
    boxes, _, _ = TRUTH
    proposals = np.array([[0, 0, 10, 11], [0, 1, 10, 11], [50, 50, 60, 60], [40, 40, 50, 52]])
    recall, positive = utils.compute_recall(proposals, boxes, 0.7)
    assert recall == pytest.approx(2 / 3)
    np.testing.assert_array_equal(positive, [0, 1, 3])
    assert utils.compute_recall(proposals, np.empty((0, 4)), 0.7)[0] == 1
    assert utils.compute_recall(np.empty((0, 4)), boxes, 0.7)[0] == 0


def test_trim_zeros():
    rows = np.array([[0, 1], [0, 0], [2, 0], [0, 0]])
    np.testing.assert_array_equal(utils.trim_zeros(rows), [[0, 1], [2, 0]])


# Data sets


@pytest.fixture
def dataset(tmp_path):
    dataset = utils.Dataset()
    dataset.add_class("photos", 7, "leaf, of a tree")
    dataset.add_class("photos", 3, "ring")
    dataset.add_class("drawings", 7, "leaf")
    dataset.add_class("photos", 3, "ring again")
    for i, source in enumerate(["photos", "drawings"]):
        dataset.add_image(source, f"a{i}", tmp_path / f"{i}.png", width=8, height=6)
    dataset.prepare()
    return dataset


def test_data_set_numbers_classes_and_images(dataset, tmp_path):
    assert dataset.class_names == ["BG", "leaf", "ring", "leaf"]
    assert (dataset.num_classes, dataset.num_images) == (4, 2)
    np.testing.assert_array_equal(dataset.class_ids, range(4))
    np.testing.assert_array_equal(dataset.image_ids, range(2))
    assert dataset.sources == ["", "photos", "drawings"]
    assert dataset.source_class_ids == {"": [0], "photos": [0, 1, 2], "drawings": [0, 3]}
    assert dataset.map_source_class_id("drawings.7") == 3
    assert dataset.get_source_class_id(2, "photos") == 3
    assert dataset.image_from_source_map == {"photos.a0": 0, "drawings.a1": 1}
    assert dataset.image_info[1]["width"] == 8
    assert dataset.source_image_link(1) == tmp_path / "1.png"
    assert dataset.image_reference(0) == ""
    masks, class_ids = dataset.load_mask(0)
    assert (masks.shape, masks.dtype, class_ids.dtype) == ((0, 0, 0), bool, np.int32)


def test_data_set_refuses_what_does_not_fit(dataset):
    with pytest.raises(ModelError, match="has a dot"):
        dataset.add_class("a.b", 1, "c")
    with pytest.raises(ModelError, match=r"photos\.8.*photos, drawings"):
        dataset.map_source_class_id("photos.8")
    with pytest.raises(ModelError, match="source 'drawings', not 'photos'"):
        dataset.get_source_class_id(3, "photos")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", "F"])
def test_images_of_all_kinds_are_read_as_rgb(tmp_path, dataset, mode):
    grey = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8))
    if mode == "I;16":
        image = Image.fromarray(np.array(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert(mode)
    path = tmp_path / "image.tif"
    image.save(path)
    dataset.image_info[0]["path"] = str(path)
    pixels = dataset.load_image(0)
    assert pixels.shape == (2, 2, 3)
    assert pixels.dtype == {"I;16": np.uint16, "F": np.float32}.get(mode, np.uint8)
    highest = 65535 if mode == "I;16" else 255
    np.testing.assert_array_equal(pixels[:, :, 1], [[0, highest], [highest, 0]])


def test_alpha_is_dropped_and_the_file_is_not_turned(tmp_path, dataset):
    colours = np.random.default_rng(0).integers(0, 256, (4, 6, 4), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    Image.fromarray(colours).save(tmp_path / "0.png", exif=exif)
    np.testing.assert_array_equal(dataset.load_image(0), colours[:, :, :3])


def test_unreadable_images_are_named(tmp_path, dataset):
    with pytest.raises(FileNotFoundError, match=r"0\.png"):
        dataset.load_image(0)
    for content in (b"no image", b"\x89PNG\r\n\x1a\n" + bytes(30)):
        (tmp_path / "0.png").write_bytes(content)
        with pytest.raises(ModelError, match=r"0\.png cannot be read"):
            dataset.load_image(0)


def test_many_images_and_classes_take_no_time():
    start = time.perf_counter()
    dataset = utils.Dataset()
    for i in range(100_000):
        dataset.add_class("coco", i % 1200, f"class {i % 1200}")
        dataset.add_image("coco", i, f"{i}.jpg")
    dataset.prepare()
    assert time.perf_counter() - start < 5
    assert (dataset.num_images, dataset.num_classes) == (100_000, 1201)


# Tensors and weights


def test_slices_of_a_batch():
    x, y = np.arange(6.0).reshape(2, 3), np.array([10.0, 20])
    single = utils.batch_slice([x, y], lambda a, b: ops.sum(a) + b, 2)
    np.testing.assert_array_equal(ops.convert_to_numpy(single), [13, 32])
    low, high = utils.batch_slice(x, lambda a: (ops.min(a), ops.max(a)), 2, names=["a", "b"])
    np.testing.assert_array_equal(ops.convert_to_numpy(low), [0, 3])
    np.testing.assert_array_equal(ops.convert_to_numpy(high), [2, 5])


def test_weights_are_fetched_whole_or_not_at_all(tmp_path, monkeypatch, capsys):
    assert "/v2.0/" in utils.COCO_MODEL_URL
    source, target = tmp_path / "source.h5", tmp_path / "weights.h5"
    source.write_bytes(b"weights")
    monkeypatch.setattr(trained_weights, "COCO_MODEL_URL", source.as_uri())
    with pytest.raises(ModelError, match=r"7 bytes came, not 257,557,808.*browser"):
        utils.download_trained_weights(str(target))
    assert list(tmp_path.iterdir()) == [source]
    monkeypatch.setattr(trained_weights, "COCO_MODEL_BYTES", 7)
    utils.download_trained_weights(str(target))
    assert target.read_bytes() == b"weights"
    assert "weights.h5" in capsys.readouterr().out


def test_without_a_network_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(trained_weights, "COCO_MODEL_URL", "http://127.0.0.1:9/weights.h5")
    with pytest.raises(ModelError, match=r"could not be fetched.*put it at .*weights\.h5"):
        utils.download_trained_weights(str(tmp_path / "weights.h5"), verbose=0)
    assert not list(tmp_path.iterdir())
