"""What a shard holds of one training image: see workflow/schemas/shard_record.schema.yaml."""

import cv2
import numpy as np

from coco import example
from coco.views import View


def serialise(view: View, image: dict) -> bytes:
    """The bytes of a `tf.train.Example` of a view of an image, a record of a COCO data set."""
    return example.encode(
        {
            "image_id": np.array([image["id"]]),
            "file_name": image["file_name"].encode(),
            "sha256": image["sha256"].encode(),
            "copy": np.array([view.copy]),
            "window": np.array(view.window),
            "scale": np.array([view.scale], np.float32),
            "height": np.array([image["height"]]),
            "width": np.array([image["width"]]),
            "channels": np.array([view.pixels.shape[2]]),
            "image": as_png(view.pixels),
            "boxes": np.array([item.box for item in view.objects], np.float32).reshape(-1),
            "classes": np.array([item.class_id for item in view.objects], int),
            "crowd": np.array([item.crowd for item in view.objects], int),
            "masks": b"".join(np.packbits(item.mask).tobytes() for item in view.objects),
        }
    )


def parse(data: bytes) -> dict:
    """The arrays of a serialised record.

    Returns:
        `image` uint8 `(S, S, C)`; `boxes` int32 `(N, 4)`, `[y1, x1, y2, x2]` in pixels;
        `classes` int32 `(N,)` from 1; `crowd` bool `(N,)`; `masks`, N bool arrays, each as large
        as its box; `image_id`, `file_name`, `sha256`, `copy`, `window`, `scale`, `height`, `width`.
    """
    features = example.decode(data)
    boxes = features["boxes"].astype(np.int32).reshape(-1, 4)
    return {
        "image": from_png(features["image"], int(features["channels"][0])),
        "boxes": boxes,
        "classes": features["classes"].astype(np.int32),
        "crowd": features["crowd"].astype(bool),
        "masks": unpack(features["masks"], boxes),
        "image_id": int(features["image_id"][0]),
        "file_name": features["file_name"].decode(),
        "copy": int(features["copy"][0]),
        "window": features["window"].tolist(),
        "scale": float(features["scale"][0]),
        "height": int(features["height"][0]),
        "width": int(features["width"][0]),
        "sha256": features["sha256"].decode(),
    }


def as_png(pixels: np.ndarray) -> bytes:
    """A PNG of pixels `(S, S, C)`: RGB, or grey with the channels one below the other."""
    if pixels.shape[2] == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    else:
        pixels = np.vstack(cv2.split(pixels))
    return cv2.imencode(".png", pixels)[1].tobytes()


def from_png(png: bytes, channels: int) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if channels == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return cv2.merge(np.split(pixels, channels)).reshape(-1, pixels.shape[1], channels)


def unpack(packed: bytes, boxes: np.ndarray) -> list[np.ndarray]:
    """The bool mask of each box, from their bits: row by row, padded to whole bytes."""
    masks, start = [], 0
    data = np.frombuffer(packed, np.uint8)
    for height, width in boxes[:, 2:] - boxes[:, :2]:
        count = height * width
        end = start + (count + 7) // 8
        bits = np.unpackbits(data[start:end], count=count)
        masks.append(bits.reshape(height, width).astype(bool))
        start = end
    return masks
