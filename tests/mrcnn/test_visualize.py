"""What the pictures show: tinted pixels, outlines, boxes, texts."""

import matplotlib

matplotlib.use("Agg")

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Polygon, Rectangle

from mrcnn import utils, visualize
from mrcnn.errors import ModelError

NAMES = ["BG", "leaf", "ring"]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


@pytest.fixture
def ax():
    return plt.subplots()[1]


@pytest.fixture
def scene():
    """A grey image, a filled square at the edge, and a square ring."""
    image = np.full((60, 80, 3), 100, np.uint8)
    masks = np.zeros((60, 80, 2), bool)
    masks[0:20, 0:30, 0] = True
    masks[30:50, 40:70, 1] = True
    masks[35:45, 45:65, 1] = False
    return image, utils.extract_bboxes(masks), masks, np.array([1, 2])


def picture(ax):
    return np.asarray(ax.images[0].get_array())


def drawn(ax, kind):
    return [patch for patch in ax.patches if isinstance(patch, kind)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def rectangle(patch):
    (x, y), width, height = patch.get_xy(), patch.get_width(), patch.get_height()
    return [y, x, y + height, x + width]


def test_the_first_colours_stay_and_none_comes_twice():
    colors = visualize.random_colors(60)
    assert colors == visualize.random_colors(60)
    assert colors[:5] == visualize.random_colors(5)
    assert len(set(colors)) == 60
    assert np.ptp(colors) <= 1
    assert visualize.random_colors(0) == []
    dark = visualize.random_colors(60, bright=False)
    np.testing.assert_allclose(dark, 0.7 * np.array(colors))


def test_a_mask_tints_its_pixels_in_place():
    image = np.full((4, 5, 3), 100, np.uint8)
    mask = np.zeros((4, 5), int)
    mask[1, 2] = 1
    assert visualize.apply_mask(image, mask, (1, 0, 0.2), alpha=0.6) is image
    np.testing.assert_array_equal(image[1, 2], [193, 40, 70])
    assert (image[mask == 0] == 100).all()


def test_instances_are_tinted_outlined_and_named(scene, ax):
    boxes, masks = scene[1:3]
    before = [array.copy() for array in scene]
    visualize.display_instances(
        *scene, NAMES, scores=np.array([0.5, 0.25]), title="two", ax=ax, colors=["r", (0, 0, 1)]
    )
    shown = picture(ax)
    np.testing.assert_array_equal(shown[10, 10], [177, 50, 50])
    np.testing.assert_array_equal(shown[32, 42], [50, 50, 177])
    assert (shown[~masks.any(axis=2)] == 100).all()
    np.testing.assert_array_equal([rectangle(r) for r in drawn(ax, Rectangle)], boxes)
    assert [r.get_edgecolor()[:3] for r in drawn(ax, Rectangle)] == [(1, 0, 0), (0, 0, 1)]
    assert texts(ax) == ["leaf 0.500", "ring 0.250"]
    assert ax.get_title() == "two"
    for array, copy in zip(scene, before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_outlines_run_between_the_pixels(scene, ax):
    visualize.display_instances(*scene, NAMES, ax=ax)
    outer, *ring = (polygon.get_xy() for polygon in drawn(ax, Polygon))
    assert len(ring) == 2  # outside and inside
    np.testing.assert_allclose([outer.min(0), outer.max(0)], [[-0.5, -0.5], [29.5, 19.5]])
    extent = sorted(tuple(np.ptp(line, axis=0)) for line in ring)
    np.testing.assert_allclose(extent, [(20, 10), (30, 20)])
    assert texts(ax) == ["leaf", "ring"]


def test_a_mask_shows_on_paper(scene):
    visualize.display_instances(*scene, NAMES, colors=["r", "b"], figsize=(4, 3))
    figure = plt.gcf()
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3]
    for tint, area in (((177, 50, 50), 20 * 30), ((50, 50, 177), 20 * 30 - 10 * 20)):
        shown = (np.abs(pixels.astype(int) - tint) < 3).all(axis=2).sum()
        grey = (pixels == 100).all(axis=2).sum() / (60 * 80 - 600 - 400)
        assert shown / grey == pytest.approx(area, rel=0.35)  # boxes and texts cover some


def test_what_is_not_wanted_is_not_drawn(scene, ax):
    image, boxes, masks, class_ids = scene
    boxes = np.array([[0, 0, 0, 0], boxes[1]])
    visualize.display_instances(
        image, boxes, masks, class_ids, NAMES,
        ax=ax, show_mask=False, show_bbox=False, captions=["one", "two"],
    )  # fmt: skip
    np.testing.assert_array_equal(picture(ax), image)
    assert not drawn(ax, Rectangle)
    assert texts(ax) == ["two"]


def test_no_instances_show_the_image(ax, capsys):
    image = np.full((6, 8, 3), 9, np.uint8)
    nothing = np.zeros((0, 4), np.int32), np.zeros((6, 8, 0), bool), np.zeros(0, np.int32)
    visualize.display_instances(image, *nothing, NAMES, scores=np.zeros(0), ax=ax)
    assert "*** No instances to display ***" in capsys.readouterr().out
    np.testing.assert_array_equal(picture(ax), image)
    assert not ax.patches
    visualize.display_instances(image, *nothing, NAMES)


def test_instances_that_do_not_fit_together(scene, ax):
    image, boxes, masks, class_ids = scene
    with pytest.raises(ModelError, match="2 boxes, 2 masks, 1 class ids"):
        visualize.display_instances(image, boxes, masks, class_ids[:1], NAMES, ax=ax)


def test_differences(scene, ax):
    image, boxes, masks, class_ids = scene
    moved = np.roll(masks, 2, axis=1)
    prediction = utils.extract_bboxes(moved)[::-1], class_ids[::-1]
    scores = np.array([0.6, 0.9])
    visualize.display_differences(
        image, boxes, class_ids, masks, *prediction, scores, moved[:, :, ::-1], NAMES, ax=ax
    )
    overlap = utils.compute_overlaps_masks(masks, moved)
    assert texts(ax) == ["", "", f"0.90 / {overlap[0, 0]:.2f}", f"0.60 / {overlap[1, 1]:.2f}"]
    colors = [patch.get_edgecolor()[:3] for patch in drawn(ax, Polygon)]
    assert len(set(colors[:3])) == len(set(colors[3:])) == 1  # each a square and a ring
    (green, red) = colors[0], colors[3]
    assert green[1] == max(green)
    assert red[0] == max(red)


def test_differences_from_nothing(scene, ax):
    image, boxes, masks, class_ids = scene
    nothing = np.zeros((0, 4)), np.zeros(0, int), np.zeros((0, 0, 0), bool)
    scores = np.array([0.9, 0.8])
    visualize.display_differences(image, *nothing, boxes, class_ids, scores, masks, NAMES, ax=ax)
    assert texts(ax) == ["0.90 / 0.00", "0.80 / 0.00"]


def test_regions_of_interest(scene, capsys):
    image, boxes, _, _ = scene
    rois = np.vstack([boxes + 2, [[5, 50, 15, 60]]])
    refined = np.vstack([boxes, np.zeros((1, 4))])
    small = np.ones((3, 28, 28), np.float32)
    visualize.draw_rois(image, rois, refined, small, np.array([1, 2, 0]), NAMES)
    ax = plt.gca()
    boxes_drawn = [rectangle(r) for r in drawn(ax, Rectangle)]
    np.testing.assert_array_equal(boxes_drawn, [rois[0], boxes[0], rois[1], boxes[1], rois[2]])
    assert drawn(ax, Rectangle)[-1].get_edgecolor() == to_rgba("gray")
    assert texts(ax) == ["leaf", "ring"]
    assert len(ax.lines) == 2
    tinted = (picture(ax) != 100).any(axis=2)
    y1, x1, y2, x2 = rois[0]
    assert tinted[y1:y2, x1:x2].all()
    assert not tinted[:2].any()
    assert ax.get_title() == "3 ROIs"
    assert "Positive Ratio: 0.67" in capsys.readouterr().out
    visualize.draw_rois(image, rois, refined, small, np.array([1, 2, 0]), NAMES, limit=1)
    assert plt.gca().get_title() == "Showing 1 random ROIs out of 3"
    assert len({rectangle(r)[0] for r in drawn(plt.gca(), Rectangle)}) <= 2


def test_a_box_is_drawn_into_the_image():
    image = np.zeros((20, 20, 3), np.uint8)
    assert visualize.draw_box(image, [4, 5, 12, 15], [255, 128, 0]) is image
    colored = (image == [255, 128, 0]).all(axis=2)
    for pixel in ((4, 5), (4, 14), (11, 5), (12, 10), (8, 15), (8, 6)):
        assert colored[pixel], pixel
    assert not colored[6:12, 7:15].any()
    assert not colored[:4].any()


def test_boxes_refined_boxes_and_visibilities(scene, ax):
    image, boxes, masks, _ = scene
    visualize.draw_boxes(
        image, boxes, boxes + 3, masks, captions=["a", "b"], visibilities=[0, 2], ax=ax, title="t"
    )
    grey, solid, refined = drawn(ax, Rectangle)
    assert grey.get_edgecolor() == to_rgba("gray", 0.5)
    assert grey.get_linestyle() in (":", "dotted")
    assert solid.get_linestyle() in ("-", "solid")
    assert rectangle(refined) == list(boxes[1] + 3)
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        ("a", (boxes[0][1], boxes[0][0])),
        ("b", (boxes[1][1] + 3, boxes[1][0] + 3)),
    ]
    assert len(drawn(ax, Polygon)) == 3
    changed = (picture(ax) != image).any(axis=2)
    np.testing.assert_array_equal(changed, masks.any(axis=2))


def test_boxes_of_zeros_and_no_boxes(scene, ax):
    image, boxes, _, _ = scene
    visualize.draw_boxes(image, np.array([[0, 0, 0, 0], boxes[1]]), ax=ax)
    assert [rectangle(r) for r in drawn(ax, Rectangle)] == [list(boxes[1])]
    visualize.draw_boxes(image, refined_boxes=boxes)
    assert len(drawn(plt.gca(), Rectangle)) == 2
    with pytest.raises(ModelError, match="needs `boxes`"):
        visualize.draw_boxes(image)


def test_a_grid_of_images():
    images = [np.full((4, 6, 3), value) for value in (10.7, 20, 30, 40, 50)]
    visualize.display_images(images, titles="abcde", cols=2)
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == list("abcde")
    assert [picture(ax)[0, 0, 0] for ax in axes] == [10, 20, 30, 40, 50]
    assert axes[0].get_gridspec().get_geometry() == (3, 2)
    visualize.display_images(np.zeros((1, 4, 4)), cols=20)
    visualize.display_images([])


def test_top_masks(scene):
    image, _, masks, _ = scene
    twice = np.concatenate([masks, masks[:, :, :1] & masks[:, :, 1:], masks[:, ::-1, :1]], axis=2)
    visualize.display_top_masks(image, twice, [1, 2, 0, 2], NAMES, limit=3)
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == ["H x W=60x80", "ring", "leaf", "-"]
    assert set(np.unique(picture(axes[1]))) == {0, 1, 2}  # two rings, told apart
    np.testing.assert_array_equal(picture(axes[2]), masks[:, :, 0])
    assert not picture(axes[3]).any()


def test_precision_recall_curve():
    visualize.plot_precision_recall(0.625, [1, 1, 0.5, 0], [0, 0.5, 0.75, 1])
    ax = plt.gca()
    assert ax.get_title() == "Precision-Recall Curve. AP@50 = 0.625"
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0, 0.5, 0.75, 1])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 1, 0.5, 0])


def test_grid_of_overlaps():
    overlaps = np.array([[0.9, 0.6, 0], [0, 0.1, 0]])
    visualize.plot_overlaps(
        np.array([1, 2, 2, 0]), np.array([1, 2, 0]), np.array([0.9, 0.8, 0]), overlaps, NAMES
    )
    ax = plt.gca()
    expected = ["0.900\nmatch", "0.600\nwrong", "0.000\n", "0.000\n", "0.100\n", "0.000\n"]
    assert texts(ax) == expected
    assert [text.get_color() for text in ax.texts[:4]] == ["white", "white", "grey", "grey"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["leaf", "ring", "ring"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["leaf (0.90)", "ring (0.80)"]
    nothing = np.zeros(0, int)
    visualize.plot_overlaps(nothing, np.array([1]), np.array([0.5]), np.zeros((1, 0)), NAMES)
    assert not plt.gca().texts


def test_table_is_printed_without_a_notebook(capsys):
    visualize.display_table([["NAME", "N"], ["kernel <b>big</b>", 12], ["bias"]])
    assert capsys.readouterr().out.splitlines() == ["NAME        N", "kernel big  12", "bias"]
    visualize.display_table([])


def test_weights_that_look_broken(capsys):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="a"), keras.layers.Dense(1, name="b")]
    )
    model.get_layer("a").set_weights([np.full((3, 2), 0.5), np.zeros(2)])
    model.get_layer("b").set_weights([np.array([[2000.0], [1]]), np.ones(1)])
    visualize.display_weight_stats(model)
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["WEIGHT", "NAME", "SHAPE", "MIN", "MAX", "STD"]
    names = ["a/kernel*** dead?", "a/bias", "b/kernel*** Overflow?", "b/bias"]
    assert [row.split("  ")[0] for row in rows] == names
    assert rows[2].split()[-3:] == ["+1.0000", "+2000.0000", "+999.5000"]
