"""Polygons as annotations have them: made into masks, with remarks on what masks no longer show."""

import numpy as np
import shapely

from coco import masks
from coco.errors import MaskError

NEGLIGIBLE = 0.01  # fraction of the area that a crossing may turn over without a remark


def translate(polygons: list, size: tuple[int, int]) -> dict:
    """The mask of the union of polygons, as `translate` of a format returns it.

    Args:
        polygons: lists `[x1, y1, x2, y2, ...]` in pixels.
        size: width and height of the image.

    Returns:
        `segmentation`, `extent` and `remarks`, which may be empty.

    Raises:
        MaskError: there is no polygon, or one that is none.
    """
    if not (isinstance(polygons, list) and all(isinstance(part, list) for part in polygons)):
        raise MaskError("invalid_polygon", "neither an RLE nor a list of polygons")
    if are_pairs(polygons) or any(are_pairs(part) for part in polygons):
        raise MaskError(
            "invalid_polygon",
            "points as pairs [x, y], expected one list [x1, y1, x2, y2, ...] for each polygon",
        )
    solid = [part for part in polygons if len(part) >= 6] or polygons
    width, height = size
    parts = masks.of_polygons(solid, height, width)
    found = remarks(solid, parts)
    if len(solid) < len(polygons):
        lacking = f"{len(polygons) - len(solid)} of {len(polygons)} parts"
        found["incomplete_polygon"] = f"{lacking} with fewer than three points"
    return {"segmentation": masks.union(parts), "extent": masks.extent(solid), "remarks": found}


def are_pairs(values: list) -> bool:
    """Whether they are three or more points instead of numbers or outlines."""
    pairs = [value for value in values if isinstance(value, list) and len(value) == 2]
    return len(pairs) == len(values) > 2


def remarks(polygons: list[list[float]], parts: list[dict]) -> dict[str, str]:
    """What is odd about the polygons of an object and their masks, by the name of the check."""
    found = {}
    crossing = next(filter(None, map(crossing_point, polygons)), None)
    if crossing:
        found["crossing_polygon"] = f"an outline crosses itself at [{crossing}]"
    if len(parts) > 1:
        areas = [masks.area(part) for part in parts]
        if 0 < (vanished := areas.count(0)) < len(parts):
            found["vanished_part"] = f"{vanished} of {len(parts)} parts cover no pixel"
        if inside := parts_inside(parts, areas):
            found["filled_hole"] = f"{inside} of {len(parts)} parts lie inside another"
    return found


def crossing_point(polygon: list[float]) -> str | None:
    """Where an outline crosses itself, if that turns over more than a negligible area."""
    shape = shapely.polygons(np.reshape(np.asarray(polygon, float), (-1, 2)))
    if shapely.is_valid(shape):
        return None
    reason = shapely.is_valid_reason(shape)
    if not reason.startswith("Self-intersection"):
        return None
    enclosed, counted = shapely.area(shapely.make_valid(shape)), shapely.area(shape)
    if abs(enclosed - counted) <= max(NEGLIGIBLE * enclosed, 1):
        return None
    return ", ".join(f"{float(value):.6g}" for value in reason.partition("[")[2][:-1].split())


def parts_inside(parts: list[dict], areas: list[int]) -> int:
    """How many parts are wholly covered by a larger one."""
    if sum(areas) == masks.area(masks.union(parts)):
        return 0  # none overlap
    x, y, width, height = np.array([masks.box(part) for part in parts], float).T
    boxes = shapely.box(x, y, x + width, y + height)
    pairs = shapely.STRtree(boxes).query(boxes, predicate="covered_by").T.tolist()
    covered = {
        inner
        for inner, outer in pairs
        if 0 < areas[inner] < areas[outer]
        and masks.common_area(parts[inner], parts[outer]) == areas[inner]
    }
    return len(covered)
