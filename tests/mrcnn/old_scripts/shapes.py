"""A script as people wrote them for Matterport's code: shapes drawn in memory.

Usage: shapes.py LOGS WEIGHTS, where WEIGHTS is a file of 81 classes, or "none".
"""

import math
import os
import random
import sys

import cv2
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mrcnn.model as modellib
from mrcnn import utils, visualize
from mrcnn.config import Config
from mrcnn.model import log

MODEL_DIR, COCO_MODEL_PATH = sys.argv[1:3]


class ShapesConfig(Config):
    NAME = "shapes"
    GPU_COUNT = 1
    IMAGES_PER_GPU = 2
    NUM_CLASSES = 1 + 3
    BACKBONE = "resnet101" if COCO_MODEL_PATH != "none" else "resnet50"
    IMAGE_MIN_DIM = 128
    IMAGE_MAX_DIM = 128
    RPN_ANCHOR_SCALES = (8, 16, 32, 64, 128)
    TRAIN_ROIS_PER_IMAGE = 32
    STEPS_PER_EPOCH = 2
    VALIDATION_STEPS = 1


config = ShapesConfig()
config.display()


class ShapesDataset(utils.Dataset):
    def load_shapes(self, count, height, width):
        self.add_class("shapes", 1, "square")
        self.add_class("shapes", 2, "circle")
        self.add_class("shapes", 3, "triangle")
        for i in range(count):
            shapes = [
                (
                    random.choice(["square", "circle", "triangle"]),
                    [random.randint(0, 255) for _ in range(3)],
                    (random.randint(20, width - 21), random.randint(20, height - 21), 14),
                )
                for _ in range(random.randint(1, 4))
            ]
            self.add_image(
                "shapes", image_id=i, path=None, width=width, height=height, shapes=shapes
            )

    def load_image(self, image_id):
        info = self.image_info[image_id]
        image = np.full((info["height"], info["width"], 3), 200, np.uint8)
        for shape, color, dims in info["shapes"]:
            image = self.draw_shape(image, shape, dims, color)
        return image

    def image_reference(self, image_id):
        info = self.image_info[image_id]
        if info["source"] == "shapes":
            return info["shapes"]
        return super(self.__class__).image_reference(self, image_id)

    def load_mask(self, image_id):
        info = self.image_info[image_id]
        shapes = info["shapes"]
        mask = np.zeros([info["height"], info["width"], len(shapes)], dtype=np.uint8)
        for i, (shape, _, dims) in enumerate(shapes):
            mask[:, :, i : i + 1] = self.draw_shape(mask[:, :, i : i + 1].copy(), shape, dims, 1)
        class_ids = np.array([self.class_names.index(s[0]) for s in shapes])
        return mask.astype(bool), class_ids.astype(np.int32)

    def draw_shape(self, image, shape, dims, color):
        x, y, s = dims
        if shape == "square":
            cv2.rectangle(image, (x - s, y - s), (x + s, y + s), color, -1)
        elif shape == "circle":
            cv2.circle(image, (x, y), s, color, -1)
        else:
            half = s / math.sin(math.radians(60))
            points = np.array([[(x, y - s), (x - half, y + s), (x + half, y + s)]], dtype=np.int32)
            cv2.fillPoly(image, points, color)
        return image


random.seed(1)
dataset_train = ShapesDataset()
dataset_train.load_shapes(8, config.IMAGE_SHAPE[0], config.IMAGE_SHAPE[1])
dataset_train.prepare()
dataset_val = ShapesDataset()
dataset_val.load_shapes(2, config.IMAGE_SHAPE[0], config.IMAGE_SHAPE[1])
dataset_val.prepare()

for image_id in np.random.choice(dataset_train.image_ids, 2):
    image = dataset_train.load_image(image_id)
    mask, class_ids = dataset_train.load_mask(image_id)
    visualize.display_top_masks(image, mask, class_ids, dataset_train.class_names)

model = modellib.MaskRCNN(mode="training", config=config, model_dir=MODEL_DIR)
if COCO_MODEL_PATH != "none":
    model.load_weights(
        COCO_MODEL_PATH,
        by_name=True,
        exclude=["mrcnn_class_logits", "mrcnn_bbox_fc", "mrcnn_bbox", "mrcnn_mask"],
    )

model.train(
    dataset_train, dataset_val, learning_rate=config.LEARNING_RATE, epochs=1, layers="heads"
)
model.train(
    dataset_train, dataset_val, learning_rate=config.LEARNING_RATE / 10, epochs=2, layers="all"
)
model.keras_model.save_weights(os.path.join(MODEL_DIR, "mask_rcnn_shapes.h5"))


class InferenceConfig(ShapesConfig):
    GPU_COUNT = 1
    IMAGES_PER_GPU = 1
    DETECTION_MIN_CONFIDENCE = 0.0


inference_config = InferenceConfig()
model = modellib.MaskRCNN(mode="inference", config=inference_config, model_dir=MODEL_DIR)
model_path = model.find_last()
print("Loading weights from ", model_path)
model.load_weights(model_path, by_name=True)

image_id = random.choice(dataset_val.image_ids)
original_image, image_meta, gt_class_id, gt_bbox, gt_mask = modellib.load_image_gt(
    dataset_val, inference_config, image_id, use_mini_mask=False
)
log("original_image", original_image)
log("gt_class_id", gt_class_id)
visualize.display_instances(
    original_image, gt_bbox, gt_mask, gt_class_id, dataset_train.class_names, figsize=(8, 8)
)
results = model.detect([original_image], verbose=1)
r = results[0]
ax = plt.subplots(1, 1, figsize=(8, 8))[1]
visualize.display_instances(
    original_image,
    r["rois"],
    r["masks"],
    r["class_ids"],
    dataset_val.class_names,
    r["scores"],
    ax=ax,
)

APs = []
for image_id in np.random.choice(dataset_val.image_ids, 2):
    image, image_meta, gt_class_id, gt_bbox, gt_mask = modellib.load_image_gt(
        dataset_val, inference_config, image_id, use_mini_mask=False
    )
    molded_images = np.expand_dims(modellib.mold_image(image, inference_config), 0)
    results = model.detect([image], verbose=0)
    r = results[0]
    AP, precisions, recalls, overlaps = utils.compute_ap(
        gt_bbox, gt_class_id, gt_mask, r["rois"], r["class_ids"], r["scores"], r["masks"]
    )
    APs.append(AP)
print("mAP: ", np.mean(APs))
print("detections:", len(r["rois"]))
