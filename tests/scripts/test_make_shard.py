import json

import cv2
import numpy as np

import make_shard
from coco import demo, shards


def test_only_training_images_are_augmented(tmp_path, image_settings, recipe, check_schema):
    image = {"id": 7, "file_name": str(tmp_path / "7.png"), "sha256": "a1" * 32}
    pixels, objects = demo.compose(seed=0, index=0)
    cv2.imwrite(image["file_name"], pixels)
    annotations = [demo.annotate(7, kind, mask) for kind, mask in objects]
    dataset = {
        "info": {"images": image_settings},
        "categories": [{"id": number, "name": str(number)} for number in (1, 2, 3, 4)],
        "images": [image | {"height": pixels.shape[0], "width": pixels.shape[1]}],
        "annotations": annotations,
    }
    path = tmp_path / "split.json"
    path.write_text(json.dumps(dataset))
    for split, copies in (("train", [0, 1]), ("val", [0])):
        output = tmp_path / f"{split}.tfrecord"
        make_shard.make_shard(path, recipe, 0, split, "1-of-1", output)
        check_schema(json.loads(output.with_suffix(".json").read_text()), "shard_index")
        reader = shards.Reader([output.with_suffix(".json")])
        assert sorted(record["copy"] for record in reader) == copies
        assert all(np.any(record["image"]) for record in reader)
