"""What the tests of training data share."""

import hashlib

import cv2
import numpy as np
import pytest

from coco import masks


@pytest.fixture
def recipe(recipe):
    """The recipe of all tests, with two copies of each image."""
    return recipe | {"copies": 2}


@pytest.fixture
def make_dataset(tmp_path, image_settings):
    """A function that writes images with random discs of class 1 and squares of class 2."""

    def make(shapes, objects=5, seed=0):
        rng = np.random.default_rng(seed)
        images, annotations = [], []
        for number, shape in enumerate(shapes, 1):
            pixels = rng.integers(0, 90, (*shape, 3), np.uint8)
            rows, columns = np.mgrid[: shape[0], : shape[1]]
            for kind in rng.integers(1, 3, objects):
                y, x = rng.uniform(0, shape)
                away = rows - y, columns - x
                size = np.hypot(*away) if kind == 1 else np.abs(away).max(axis=0)
                mask = size < rng.uniform(4, 10)
                pixels[mask] = 150 + 50 * kind
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": 1000 + number,
                        "category_id": int(kind),
                        "segmentation": masks.encode(mask),
                        "iscrowd": int(rng.random() < 0.1),
                    }
                )
            path = tmp_path / f"{number}.png"
            cv2.imwrite(str(path), pixels)
            images.append(
                {
                    "id": 1000 + number,
                    "file_name": str(path),
                    "height": shape[0],
                    "width": shape[1],
                    "orientation": 1,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                }
            )
        categories = [{"id": 1, "name": "disc"}, {"id": 2, "name": "square"}]
        return {
            "info": {"images": image_settings},
            "images": images,
            "annotations": annotations,
            "categories": categories,
        }

    return make
