"""What cannot succeed is refused before hours are spent on it."""

from types import SimpleNamespace

import pytest

import backend
from coco.errors import InputError
from mrcnn.errors import ModelError
from split_dataset import refuse_parts_without_objects
from train import refuse_what_does_not_fit


class Samples(SimpleNamespace):
    def __len__(self):
        return 4


@pytest.mark.parametrize(("train", "val"), [(0, 3), (3, 0)])
def test_training_without_any_object(train, val):
    samples, validation = Samples(most_instances=train), Samples(most_instances=val)
    with pytest.raises(InputError, match=r"None of the 4 inputs of (train|val) shows an object"):
        refuse_what_does_not_fit(samples, validation, {"max_objects": 10})


def test_a_split_without_objects():
    row = {"class": "(all)", "split": "train", "images": 0, "instances": 0}
    with pytest.raises(InputError, match="train has 0 images and no object"):
        refuse_parts_without_objects([row])
    refuse_parts_without_objects([row | {"split": "test"}])


@pytest.mark.parametrize(
    "said",
    [
        "OOM when allocating tensor with shape[8,256,256,64]",
        "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2147483648 bytes",
        "CUDA out of memory. Tried to allocate 2.00 GiB",
    ],
)
def test_a_full_gpu_is_said_plainly(said):
    with pytest.raises(ModelError, match="Lower it"), backend.memory_errors("Lower it."):
        raise RuntimeError(said)


def test_other_errors_stay_what_they_are():
    with pytest.raises(KeyError), backend.memory_errors(""):
        raise KeyError("x")
