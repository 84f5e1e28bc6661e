"""A script as people wrote them for Matterport's code: nuclei, crops, mini-masks, RLE submission.

Its augmenter is albumentations' instead of imgaug's. Usage: nucleus.py DATASET LOGS
"""

import os
import sys

import albumentations
import numpy as np
import skimage.io
from mrcnn import model as modellib
from mrcnn import utils
from mrcnn.config import Config

DATASET_DIR, LOGS = sys.argv[1:3]


class NucleusConfig(Config):
    NAME = "nucleus"
    IMAGES_PER_GPU = 2
    NUM_CLASSES = 1 + 1
    STEPS_PER_EPOCH = 2
    VALIDATION_STEPS = 1
    DETECTION_MIN_CONFIDENCE = 0
    BACKBONE = "resnet50"
    IMAGE_RESIZE_MODE = "crop"
    IMAGE_MIN_DIM = 128
    IMAGE_MAX_DIM = 128
    IMAGE_MIN_SCALE = 2.0
    RPN_ANCHOR_SCALES = (8, 16, 32, 64, 128)
    POST_NMS_ROIS_TRAINING = 100
    POST_NMS_ROIS_INFERENCE = 200
    RPN_NMS_THRESHOLD = 0.9
    RPN_TRAIN_ANCHORS_PER_IMAGE = 64
    MEAN_PIXEL = np.array([43.53, 39.56, 48.22])
    USE_MINI_MASK = True
    MINI_MASK_SHAPE = (56, 56)
    TRAIN_ROIS_PER_IMAGE = 128
    MAX_GT_INSTANCES = 200
    DETECTION_MAX_INSTANCES = 400


class NucleusInferenceConfig(NucleusConfig):
    GPU_COUNT = 1
    IMAGES_PER_GPU = 1
    IMAGE_RESIZE_MODE = "pad64"
    RPN_NMS_THRESHOLD = 0.7


class NucleusDataset(utils.Dataset):
    def load_nucleus(self, dataset_dir, image_ids):
        self.add_class("nucleus", 1, "nucleus")
        for image_id in image_ids:
            self.add_image(
                "nucleus",
                image_id=image_id,
                path=os.path.join(dataset_dir, image_id, f"images/{image_id}.png"),
            )

    def load_mask(self, image_id):
        info = self.image_info[image_id]
        mask_dir = os.path.join(os.path.dirname(os.path.dirname(info["path"])), "masks")
        mask = []
        for f in next(os.walk(mask_dir))[2]:
            if f.endswith(".png"):
                mask.append(skimage.io.imread(os.path.join(mask_dir, f)).astype(bool))
        mask = np.stack(mask, axis=-1)
        return mask, np.ones([mask.shape[-1]], dtype=np.int32)


def rle_encode(mask):
    m = np.concatenate([[0], mask.T.flatten().astype(np.int8), [0]])
    g = np.where(m[1:] != m[:-1])[0] + 1
    rle = g.reshape([-1, 2])
    rle[:, 1] = rle[:, 1] - rle[:, 0]
    return " ".join(map(str, rle.flatten()))


def mask_to_rle(image_id, mask, scores):
    if mask.shape[-1] == 0:
        return f"{image_id},"
    order = np.argsort(scores)[::-1] + 1
    mask = np.max(mask * np.reshape(order, [1, 1, -1]), -1)
    return "\n".join(f"{image_id}, {rle_encode(np.where(mask == o, 1, 0))}" for o in order)


ids = sorted(os.listdir(DATASET_DIR))
dataset_train = NucleusDataset()
dataset_train.load_nucleus(DATASET_DIR, ids[1:])
dataset_train.prepare()
dataset_val = NucleusDataset()
dataset_val.load_nucleus(DATASET_DIR, ids[:1])
dataset_val.prepare()

augmentation = albumentations.Compose(
    [
        albumentations.HorizontalFlip(p=0.5),
        albumentations.VerticalFlip(p=0.5),
        albumentations.RandomRotate90(p=0.5),
        albumentations.RandomBrightnessContrast(p=0.5),
        albumentations.GaussianBlur(p=0.2),
    ]
)
config = NucleusConfig()
model = modellib.MaskRCNN(mode="training", config=config, model_dir=LOGS)
model.train(
    dataset_train,
    dataset_val,
    learning_rate=config.LEARNING_RATE,
    epochs=1,
    augmentation=augmentation,
    layers="heads",
)

config = NucleusInferenceConfig()
model = modellib.MaskRCNN(mode="inference", config=config, model_dir=LOGS)
model.load_weights(model.find_last(), by_name=True)
submission = []
for image_id in dataset_val.image_ids:
    image = dataset_val.load_image(image_id)
    r = model.detect([image], verbose=0)[0]
    source_id = dataset_val.image_info[image_id]["id"]
    submission.append(mask_to_rle(source_id, r["masks"], r["scores"]))
with open(os.path.join(LOGS, "submit.csv"), "w") as f:
    f.write("ImageId,EncodedPixels\n" + "\n".join(submission))
