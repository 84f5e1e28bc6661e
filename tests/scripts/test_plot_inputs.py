import json

import cv2
import numpy as np
from PIL import Image

import make_shard
import plot_inputs
from coco import demo


def test_the_sheet_has_a_row_per_image_and_a_column_per_copy(tmp_path, image_settings, recipe):
    images, annotations = [], []
    for number in (1, 2, 3):
        pixels, objects = demo.compose(seed=0, index=number)
        image = {"id": number, "file_name": str(tmp_path / f"{number}.png")}
        cv2.imwrite(image["file_name"], pixels)
        height, width = pixels.shape[:2]
        images.append(image | {"sha256": f"{number}1" * 32, "height": height, "width": width})
        if number < 3:  # the third shows nothing, and has no row
            annotations += [demo.annotate(number, kind, mask) for kind, mask in objects]
    split, shard, sheet = (tmp_path / name for name in ("split.json", "1.tfrecord", "sheet.png"))
    categories = [{"id": number, "name": str(number)} for number in (1, 2, 3, 4)]
    dataset = {"info": {"images": image_settings}, "categories": categories}
    split.write_text(json.dumps(dataset | {"images": images, "annotations": annotations}))
    make_shard.make_shard(split, recipe | {"copies": 2}, 0, "train", "1-of-1", shard)
    plot_inputs.plot_inputs([shard.with_suffix(".json")], split, sheet)

    page = np.asarray(Image.open(sheet))
    assert page.shape[1] <= 1200
    white = (page == 255).all(axis=2)
    side = 228 + 8  # of an input and its margin
    assert [white[:, x + 100].all() for x in range(8, 1180, side)] == [False] * 3 + [True] * 2
    assert page.shape[0] == 8 + 2 * (side + 18)
