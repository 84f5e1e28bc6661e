"""What the small model says and learns from given weights, on the backend that KERAS_BACKEND names.

    python answers.py WEIGHTS ANSWERS

Writes an .npz. All anchors and all regions take part, so that nothing depends on random draws.
"""

import sys

import keras
import numpy as np
from keras import ops
from scenes import SIDE, SmallConfig, scene

from mrcnn.data import Batches
from mrcnn.model import MaskRCNN

ANCHORS = 3 * sum((SIDE // stride) ** 2 for stride in (4, 8, 16, 32, 64))


def new_model() -> MaskRCNN:
    config = SmallConfig(RPN_TRAIN_ANCHORS_PER_IMAGE=ANCHORS)
    config.TRAIN_ROIS_PER_IMAGE = 2 * (config.POST_NMS_ROIS_TRAINING + config.MAX_GT_INSTANCES)
    config.ROI_POSITIVE_RATIO = 0.5
    return MaskRCNN("training", config)


def answers(model: MaskRCNN) -> dict[str, np.ndarray]:
    """The stages of two images, their detections, the losses, and the weights after one step."""
    rng = np.random.default_rng(0)
    samples = [scene(rng) for _ in range(2)]
    images = [sample["image"] for sample in samples]
    pyramid = model.features(ops.convert_to_tensor(np.stack(images)))
    logits, deltas = model.region_proposals(pyramid)
    found = {f"P{level}": values for level, values in enumerate(pyramid, 2)}
    found |= {"rpn_logits": logits, "rpn_deltas": deltas}
    found = {name: ops.convert_to_numpy(values) for name, values in found.items()}
    for i, objects in enumerate(model.find(images)):
        found |= {f"{name} of image {i}": values for name, values in objects.items()}

    model.compile(keras.optimizers.SGD(0.1))
    batch = Batches(samples, 2, model.config.MAX_GT_INSTANCES, seed=None)[0]
    found |= model.train_on_batch(batch, return_dict=True)
    learnt = {variable.path: variable for variable in model.trainable_variables}
    return found | {name: ops.convert_to_numpy(value) for name, value in learnt.items()}


if __name__ == "__main__":
    model = new_model()
    model.load_weights(sys.argv[1])
    np.savez(sys.argv[2], **{name.replace("/", "."): v for name, v in answers(model).items()})
