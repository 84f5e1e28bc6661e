"""Pictures of images, boxes, masks and scores: Matterport's `mrcnn/visualize.py`, by its names.

Images are `(H, W, 3)`, 0 to 255; boxes `[y1, x1, y2, x2]` in pixels, half-open; masks `(H, W, N)`.
Arrays stay as they are, except where a function says that it draws into one.
"""

import colorsys
import re

import matplotlib.pyplot as plt
import numpy as np
from contourpy import contour_generator
from matplotlib import lines, patches
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke

from mrcnn import utils
from mrcnn.errors import ModelError

# Okabe and Ito, 2008, "Color Universal Design": told apart by colour-blind people, too.
_ORANGE, _SKY, _GREEN, _YELLOW = (
    (0.9, 0.6, 0),
    (0.35, 0.7, 0.9),
    (0, 0.62, 0.45),
    (0.94, 0.89, 0.26),
)
_BLUE, _VERMILION, _PURPLE = (0, 0.45, 0.7), (0.84, 0.37, 0), (0.8, 0.47, 0.65)
_PALETTE = (_ORANGE, _SKY, _GREEN, _YELLOW, _BLUE, _VERMILION, _PURPLE)

# Images


def display_images(images, titles=None, cols=4, cmap=None, norm=None, interpolation=None):
    """Show images in a grid.

    Args:
        images: list or array of images, `(H, W)` or `(H, W, C)`.
        titles: one per image.
        cols: images per row.
        cmap, norm, interpolation: see `matplotlib.axes.Axes.imshow`.
    """
    titles = [""] * len(images) if titles is None else titles
    rows = max(-(-len(images) // cols), 1)
    figure = plt.figure(figsize=(14, 14 * rows / cols))
    for i, (image, title) in enumerate(zip(images, titles, strict=False), start=1):
        ax = figure.add_subplot(rows, cols, i)
        ax.set_title(title, fontsize=9)
        ax.axis("off")
        ax.imshow(image.astype(np.uint8), cmap=cmap, norm=norm, interpolation=interpolation)
    plt.show()


def display_top_masks(image, mask, class_ids, class_names, limit=4):
    """Show an image, and beside it the masks of the `limit` classes that cover most of it."""
    class_ids = np.asarray(class_ids)
    areas = {i: np.sum(mask[:, :, class_ids == i]) for i in np.unique(class_ids)}
    top = sorted((i for i in areas if areas[i]), key=areas.get, reverse=True)[:limit]
    pictures, titles = [image], [f"H x W={image.shape[0]}x{image.shape[1]}"]
    for class_id in top + [-1] * (limit - len(top)):
        masks = mask[:, :, class_ids == class_id]
        pictures.append(np.sum(masks * np.arange(1, masks.shape[-1] + 1), axis=-1))
        titles.append("-" if class_id == -1 else class_names[class_id])
    display_images(pictures, titles=titles, cols=limit + 1, cmap="Blues_r")


# Objects in an image


def random_colors(N, bright=True):  # noqa: N803  (the interface of the original)
    """Colours for N objects, in spite of the name always the same.

    The first seven are told apart by colour-blind people, too; further ones go round the hues.

    Args:
        N: how many.
        bright: False darkens them.

    Returns:
        List of `(red, green, blue)`, 0 to 1.
    """
    turn, brightness = (5**0.5 - 1) / 2, 1.0 if bright else 0.7  # golden ratio: hues spread evenly
    hues = [colorsys.hsv_to_rgb(i * turn % 1, 1, 1) for i in range(len(_PALETTE), N)]
    colors = [*_PALETTE[:N], *hues]
    return [tuple(brightness * channel for channel in color) for color in colors]


def apply_mask(image, mask, color, alpha=0.5):
    """Tint the pixels of a mask, in the image itself.

    Args:
        image: `(H, W, 3)`, 0 to 255: changed.
        mask: `(H, W)`, 1 inside.
        color: `(red, green, blue)`, 0 to 1, or a colour of Matplotlib.
        alpha: how much of the colour, 0 to 1.

    Returns:
        `image`.
    """
    inside = np.asarray(mask) == 1
    tint = 255 * alpha * np.array(to_rgb(color))
    image[inside, :3] = image[inside, :3] * (1 - alpha) + tint
    return image


def display_instances(
    image,
    boxes,
    masks,
    class_ids,
    class_names,
    scores=None,
    title="",
    figsize=(16, 16),
    ax=None,
    show_mask=True,
    show_bbox=True,
    colors=None,
    captions=None,
):
    """Show the objects of an image: outline, box, name and score of each.

    Args:
        image: `(H, W, 3)`, 0 to 255.
        boxes: `(N, 4)`; an object with a box of zeros is left out.
        masks: `(H, W, N)`.
        class_ids: int `(N,)`.
        class_names: names by class id.
        scores: `(N,)`.
        title: of the picture.
        figsize: in inches, of a figure of its own.
        ax: axes to draw on; None makes a figure and shows it.
        show_mask: whether to tint the masks; outlines are drawn in any case.
        show_bbox: whether to draw the boxes.
        colors: a colour per object.
        captions: a text per object, instead of name and score.

    Raises:
        ModelError: when boxes, masks and class ids are not equally many.
    """
    if not len(boxes):
        print("\n*** No instances to display *** \n")
    elif not len(boxes) == masks.shape[-1] == len(class_ids):
        raise ModelError(
            "`display_instances` needs a box, a mask and a class id per object. Received "
            f"{len(boxes)} boxes, {masks.shape[-1]} masks, {len(class_ids)} class ids."
        )
    own_figure = ax is None
    if own_figure:
        _, ax = plt.subplots(1, figsize=figsize)
    if colors is None:
        colors = random_colors(len(boxes))
    if not captions:
        shown = [None] * len(boxes) if scores is None else scores
        captions = [
            f"{class_names[class_id]} {score:.3f}" if score else class_names[class_id]
            for class_id, score in zip(class_ids, shown, strict=False)
        ]
    _prepare(ax, image, title, margin=10)
    picture = image.astype(np.uint8)
    for i in np.flatnonzero(np.any(boxes, axis=1)):
        if show_bbox:
            _add_box(ax, boxes[i], colors[i], linestyle="dashed", alpha=0.7)
        _add_text(ax, boxes[i], captions[i])
        if show_mask:
            apply_mask(picture, masks[:, :, i], colors[i])
        _add_outline(ax, masks[:, :, i], colors[i])
    ax.imshow(picture)
    if own_figure:
        plt.show()


def display_differences(
    image,
    gt_box,
    gt_class_id,
    gt_mask,
    pred_box,
    pred_class_id,
    pred_score,
    pred_mask,
    class_names,
    title="",
    ax=None,
    show_mask=True,
    show_box=True,
    iou_threshold=0.5,
    score_threshold=0.5,
):
    """Show true objects in green and predicted ones in red, with score and overlap.

    The overlap is that with the object matched, or the largest one.

    Args: those of `mrcnn.utils.compute_matches` and of `display_instances`.
    """
    order = np.argsort(pred_score)[::-1]
    order = order[pred_box[order].any(axis=1)]
    pred_box, pred_class_id, pred_score = pred_box[order], pred_class_id[order], pred_score[order]
    pred_mask = pred_mask[..., order]
    _, pred_match, overlaps = utils.compute_matches(
        gt_box, gt_class_id, gt_mask, pred_box, pred_class_id, pred_score, pred_mask,
        iou_threshold=iou_threshold, score_threshold=score_threshold,
    )  # fmt: skip
    captions = [""] * len(gt_box)
    for score, match, overlap in zip(pred_score, pred_match, overlaps, strict=True):
        shown = overlap[int(match)] if match >= 0 else overlap.max(initial=0)
        captions.append(f"{score:.2f} / {shown:.2f}")
    display_instances(
        image,
        np.concatenate([gt_box, pred_box]),
        np.concatenate([gt_mask, pred_mask], axis=-1) if len(gt_box) else pred_mask,
        np.concatenate([gt_class_id, pred_class_id]),
        class_names,
        ax=ax,
        show_bbox=show_box,
        show_mask=show_mask,
        colors=[(*_GREEN, 0.8)] * len(gt_box) + [(*_VERMILION, 1.0)] * len(pred_box),
        captions=captions,
        title=title or "Ground Truth and Detections\n GT=green, pred=red, captions: score/IoU",
    )


def draw_rois(image, rois, refined_rois, mask, class_ids, class_names, limit=10):
    """Show regions of interest, dashed, and those with an object refined, with its mask.

    Args:
        image: `(H, W, 3)`, 0 to 255.
        rois, refined_rois: `(N, 4)`.
        mask: `(N, h, w)`, 0 to 1, each within its region.
        class_ids: int `(N,)`; 0 for a region without an object.
        class_names: names by class id.
        limit: how many to show, drawn at random.
    """
    chosen = np.arange(len(rois))
    title = f"{len(rois)} ROIs"
    if len(rois) > limit:
        chosen = np.random.default_rng().choice(chosen, limit, replace=False)
        title = f"Showing {limit} random ROIs out of {len(rois)}"
    _, ax = plt.subplots(1, figsize=(12, 12))
    _prepare(ax, image, title, margin=20)
    picture = image.astype(np.uint8)
    for i, color in zip(chosen, random_colors(len(chosen)), strict=True):
        positive = class_ids[i] > 0
        _add_box(ax, rois[i], color if positive else "gray", linestyle="dashed")
        if positive:
            _add_refined_box(ax, rois[i], refined_rois[i], color)
            _add_text(ax, refined_rois[i], class_names[class_ids[i]])
            box = np.asarray(rois[i])[:4].astype(np.int32)
            apply_mask(picture, utils.unmold_mask(mask[i], box, image.shape), color)
    ax.imshow(picture)
    positives = int(np.sum(np.asarray(class_ids) > 0))
    print("Positive ROIs: ", positives)
    print("Negative ROIs: ", len(class_ids) - positives)
    print(f"Positive Ratio: {positives / max(len(class_ids), 1):.2f}")


def draw_box(image, box, color):
    """Draw a box, two pixels wide, into the image itself.

    Args:
        image: `(H, W, 3)`: changed.
        box: int `[y1, x1, y2, x2]`.
        color: values of the three channels, 0 to 255.

    Returns:
        `image`.
    """
    y1, x1, y2, x2 = box
    image[y1 : y1 + 2, x1:x2] = color
    image[y2 : y2 + 2, x1:x2] = color
    image[y1:y2, x1 : x1 + 2] = color
    image[y1:y2, x2 : x2 + 2] = color
    return image


def draw_boxes(
    image,
    boxes=None,
    refined_boxes=None,
    masks=None,
    captions=None,
    visibilities=None,
    title="",
    ax=None,
):
    """Show boxes, dotted, and what they were refined to, solid.

    Args:
        image: `(H, W, 3)`, 0 to 255.
        boxes, refined_boxes: `(N, 4)`, or one of them None. What has a box of zeros is left out.
        masks: `(H, W, N)`.
        captions: a text per box.
        visibilities: for each box 0 (grey), 1 (coloured) or 2 (coloured and solid); 1 if None.
        title: of the picture.
        ax: axes to draw on; None makes a figure.

    Raises:
        ModelError: when there are neither boxes nor refined boxes.
    """
    if boxes is None and refined_boxes is None:
        raise ModelError("`draw_boxes` needs `boxes` or `refined_boxes`.")
    count = len(refined_boxes if boxes is None else boxes)
    if ax is None:
        _, ax = plt.subplots(1, figsize=(12, 12))
    _prepare(ax, image, title, margin=image.shape[0] // 10)
    picture = image.astype(np.uint8)
    for i, color in enumerate(random_colors(count)):
        visibility = 1 if visibilities is None else visibilities[i]
        color = color if visibility else "gray"
        place = None
        if boxes is not None:
            if not np.any(boxes[i]):
                continue
            place = boxes[i]
            style = "solid" if visibility == 2 else "dotted"
            _add_box(ax, place, color, linestyle=style, alpha=1 if visibility else 0.5)
        if refined_boxes is not None and visibility:
            _add_refined_box(ax, place, refined_boxes[i], color)
            place = refined_boxes[i]
        if captions is not None and place is not None:
            frame = {"facecolor": color, "alpha": 0.5, "pad": 2, "edgecolor": "none"}
            ax.text(place[1], place[0], captions[i], size=11, va="top", color="w", bbox=frame)
        if masks is not None:
            apply_mask(picture, masks[:, :, i], color)
            _add_outline(ax, masks[:, :, i], color)
    ax.imshow(picture)


def _prepare(ax, image, title, margin):
    height, width = image.shape[:2]
    ax.set_ylim(height + margin, -margin)
    ax.set_xlim(-margin, width + margin)
    ax.axis("off")
    ax.set_title(title)


def _add_box(ax, box, color, **style):
    y1, x1, y2, x2 = box[:4]
    corner, width, height = (x1, y1), x2 - x1, y2 - y1
    outline = {"edgecolor": color, "facecolor": "none", "linewidth": 2}
    ax.add_patch(patches.Rectangle(corner, width, height, **outline, **style))


def _add_refined_box(ax, box, refined, color):
    """The box, and a line from the corner of what it was before."""
    _add_box(ax, refined, color)
    if box is not None:
        ax.add_line(lines.Line2D([box[1], refined[1]], [box[0], refined[0]], color=color))


def _add_text(ax, box, text):
    edge = withStroke(linewidth=2, foreground="black")  # white on white would be lost
    ax.text(box[1], box[0] + 8, text, color="w", size=11, path_effects=[edge])


def _add_outline(ax, mask, color):
    y1, x1, y2, x2 = utils.extract_bboxes(mask[:, :, None])[0]
    inside = np.pad(mask[y1:y2, x1:x2].astype(float), 1)  # so that outlines close at the edges
    for line in contour_generator(z=inside).lines(0.5):
        shifted = line + [x1 - 1, y1 - 1]
        ax.add_patch(patches.Polygon(shifted, facecolor="none", edgecolor=color))


# Scores


def plot_precision_recall(AP, precisions, recalls):  # noqa: N803
    """Plot the precision-recall curve that `mrcnn.utils.compute_ap` returned."""
    _, ax = plt.subplots(1)
    ax.set_title(f"Precision-Recall Curve. AP@50 = {AP:.3f}")
    ax.set_xlabel("Recall")
    ax.set_ylabel("Precision")
    ax.set_ylim(0, 1.1)
    ax.set_xlim(0, 1.1)
    ax.plot(recalls, precisions)


def plot_overlaps(gt_class_ids, pred_class_ids, pred_scores, overlaps, class_names, threshold=0.5):
    """Show which predictions overlap which objects.

    Args:
        gt_class_ids, pred_class_ids: int `(N,)` and `(M,)`; zeros at the end are padding.
        pred_scores: `(M,)`.
        overlaps: `(M, N)`.
        class_names: names by class id.
        threshold: of the overlap, above which a cell says "match", or "wrong" if classes differ.
    """
    gt_class_ids, pred_class_ids = (
        gt_class_ids[gt_class_ids != 0],
        pred_class_ids[pred_class_ids != 0],
    )
    figure, ax = plt.subplots(1, figsize=(12, 10))
    ax.set_yticks(
        np.arange(len(pred_class_ids)),
        [f"{class_names[int(c)]} ({pred_scores[i]:.2f})" for i, c in enumerate(pred_class_ids)],
    )
    ax.set_xticks(
        np.arange(len(gt_class_ids)), [class_names[int(c)] for c in gt_class_ids], rotation=90
    )
    if overlaps.size:
        ax.imshow(overlaps, interpolation="nearest", cmap="Blues")
    for (i, j), overlap in np.ndenumerate(overlaps):
        verdict = ""
        if overlap > threshold:
            verdict = "match" if gt_class_ids[j] == pred_class_ids[i] else "wrong"
        dark = overlap > overlaps.max() / 2
        color = "white" if dark else "black" if overlap > 0 else "grey"
        ax.text(
            j, i, f"{overlap:.3f}\n{verdict}", ha="center", va="center", fontsize=9, color=color
        )
    ax.set_xlabel("Ground Truth")
    ax.set_ylabel("Predictions")
    figure.tight_layout()


# Tables


def display_table(table):
    """Show rows of values: as HTML in a notebook, else printed, without the values' own HTML."""
    rows = [[str(value) for value in row] for row in table]
    if _in_notebook():
        from IPython.display import HTML, display

        cells = ["".join(f"<td>{value:40}</td>" for value in row) for row in rows]
        display(HTML(f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"))
        return
    rows = [[re.sub("<[^>]*>", "", value) for value in row] for row in rows]
    widths = [0] * max(map(len, rows), default=0)
    for row in rows:
        widths = [max(w, len(v)) for w, v in zip(widths, row + [""] * len(widths), strict=False)]
    for row in rows:
        print("  ".join(f"{v:{w}}" for v, w in zip(row, widths, strict=False)).rstrip())


def _in_notebook():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def display_weight_stats(model):
    """Show shape, range and spread of each tensor of a Keras model, and which look broken.

    "dead?": all values are equal, biases aside; "Overflow?": some are beyond 1000.
    """
    from keras import ops

    from mrcnn.weight_files import named_variables

    table = [["WEIGHT NAME", "SHAPE", "MIN", "MAX", "STD"]]
    for name, variable in named_variables(model).items():
        values, alert = ops.convert_to_numpy(variable), ""
        low, high = values.min(), values.max()
        if low == high and not name.endswith("bias"):
            alert += "<span style='color:red'>*** dead?</span>"
        if max(abs(low), abs(high)) > 1000:
            alert += "<span style='color:red'>*** Overflow?</span>"
        numbers = f"{low:+9.4f}", f"{high:+10.4f}", f"{values.std():+9.4f}"
        table.append([name + alert, str(values.shape), *numbers])
    display_table(table)
