"""A script as people wrote them for Matterport's code: VIA polygons, heads, colour splash.

Usage: balloon.py train --dataset=DIR --weights=FILE|imagenet|last --logs=DIR
       balloon.py splash --weights=FILE|last --image=FILE --logs=DIR
"""

import argparse
import json
import os

import numpy as np
import skimage.color
import skimage.draw
import skimage.io
from mrcnn import model as modellib
from mrcnn import utils
from mrcnn.config import Config


class BalloonConfig(Config):
    NAME = "balloon"
    IMAGES_PER_GPU = 2
    NUM_CLASSES = 1 + 1
    STEPS_PER_EPOCH = 2
    VALIDATION_STEPS = 1
    DETECTION_MIN_CONFIDENCE = 0.0
    BACKBONE = "resnet50"
    IMAGE_MIN_DIM = 128
    IMAGE_MAX_DIM = 128


class BalloonDataset(utils.Dataset):
    def load_balloon(self, dataset_dir, subset):
        self.add_class("balloon", 1, "balloon")
        assert subset in ["train", "val"]
        dataset_dir = os.path.join(dataset_dir, subset)
        annotations = json.load(open(os.path.join(dataset_dir, "via_region_data.json")))
        annotations = [a for a in annotations.values() if a["regions"]]
        for a in annotations:
            if type(a["regions"]) is dict:
                polygons = [r["shape_attributes"] for r in a["regions"].values()]
            else:
                polygons = [r["shape_attributes"] for r in a["regions"]]
            image_path = os.path.join(dataset_dir, a["filename"])
            height, width = skimage.io.imread(image_path).shape[:2]
            self.add_image(
                "balloon",
                image_id=a["filename"],
                path=image_path,
                width=width,
                height=height,
                polygons=polygons,
            )

    def load_mask(self, image_id):
        info = self.image_info[image_id]
        if info["source"] != "balloon":
            return super(self.__class__, self).load_mask(image_id)
        mask = np.zeros([info["height"], info["width"], len(info["polygons"])], dtype=np.uint8)
        for i, p in enumerate(info["polygons"]):
            rr, cc = skimage.draw.polygon(p["all_points_y"], p["all_points_x"])
            mask[rr, cc, i] = 1
        return mask.astype(bool), np.ones([mask.shape[-1]], dtype=np.int32)

    def image_reference(self, image_id):
        return self.image_info[image_id]["path"]


def train(model):
    dataset_train = BalloonDataset()
    dataset_train.load_balloon(args.dataset, "train")
    dataset_train.prepare()
    dataset_val = BalloonDataset()
    dataset_val.load_balloon(args.dataset, "val")
    dataset_val.prepare()
    print("Training network heads")
    model.train(
        dataset_train, dataset_val, learning_rate=config.LEARNING_RATE, epochs=1, layers="heads"
    )


def color_splash(image, mask):
    gray = skimage.color.gray2rgb(skimage.color.rgb2gray(image)) * 255
    if mask.shape[-1] > 0:
        mask = np.sum(mask, -1, keepdims=True) >= 1
        return np.where(mask, image, gray).astype(np.uint8)
    return gray.astype(np.uint8)


def detect_and_color_splash(model, image_path):
    image = skimage.io.imread(image_path)
    r = model.detect([image], verbose=1)[0]
    splash = color_splash(image, r["masks"])
    file_name = os.path.join(args.logs, "splash.png")
    skimage.io.imsave(file_name, splash)
    print("Saved to ", file_name)


parser = argparse.ArgumentParser()
parser.add_argument("command")
parser.add_argument("--dataset")
parser.add_argument("--weights", required=True)
parser.add_argument("--logs")
parser.add_argument("--image")
args = parser.parse_args()

if args.command == "train":
    config = BalloonConfig()
else:

    class InferenceConfig(BalloonConfig):
        GPU_COUNT = 1
        IMAGES_PER_GPU = 1

    config = InferenceConfig()
config.display()

mode = "training" if args.command == "train" else "inference"
model = modellib.MaskRCNN(mode=mode, config=config, model_dir=args.logs)
weights_path = model.find_last() if args.weights == "last" else args.weights
if args.weights != "none":
    model.load_weights(weights_path, by_name=True)

if args.command == "train":
    train(model)
else:
    detect_and_color_splash(model, image_path=args.image)
