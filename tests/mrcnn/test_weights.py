"""Weights files of all layouts are loaded whole, or refused with a reason; nothing is silent."""

import logging
import re
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from mrcnn.config import Config
from mrcnn.errors import ModelError
from mrcnn.model import MaskRCNN
from mrcnn.weights import load, named_variables, restore_optimizer

SMALL = {
    "NUM_CLASSES": 4,
    "IMAGE_MAX_DIM": 64,
    "TOP_DOWN_PYRAMID_SIZE": 8,
    "RPN_CHANNELS": 8,
    "MASK_CHANNELS": 8,
    "MASK_CONVOLUTIONS": 1,
    "FPN_CLASSIF_FC_LAYERS_SIZE": 8,
}
GOLDEN_R101 = Path(__file__).parents[2] / ".." / "shared" / "golden" / "matterport_r101_81c.h5"
ORIGINAL_EXCLUDE = ["mrcnn_class_logits", "mrcnn_bbox_fc", "mrcnn_bbox", "mrcnn_mask"]


@pytest.fixture(scope="module")
def mobilenet():
    config = Config(**SMALL, BACKBONE="mobilenet_v2", BACKBONE_ALPHA=0.35, ARCHITECTURE="aligned")
    return MaskRCNN("training", config)


@pytest.fixture(scope="module")
def published():
    return keras.applications.MobileNetV2((64, 64, 3), alpha=0.35, include_top=False, weights=None)


@pytest.fixture
def model():
    """A model so small that each test can have its own; its backbone has the original's names."""
    return MaskRCNN("training", Config(**SMALL, BACKBONE=named_backbone))


def named_backbone(config):
    image = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT))
    x = layers.Conv2D(2, 4, 4, name="conv1")(image)
    outputs = [layers.BatchNormalization(name="bn_conv1")(x)]
    for stage in (3, 4, 5):
        x = layers.Conv2D(2, 2, 2, name=f"res{stage}a_branch2a")(outputs[-1])
        outputs.append(layers.BatchNormalization(name=f"bn{stage}a_branch2a")(x))
    return keras.Model(image, outputs, name="backbone")


def nameless_backbone(config):
    image = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT))
    outputs = [layers.Conv2D(2, 4, 4)(image)]
    for _ in range(3):
        outputs.append(layers.Conv2D(2, 2, 2)(outputs[-1]))
    return keras.Model(image, outputs, name="backbone")


def values(model):
    """A copy of all weights, by name."""
    return {
        name: keras.ops.convert_to_numpy(variable).copy()
        for name, variable in named_variables(model).items()
    }


def scramble(model, seed=0):
    """Give every weight a value of its own; returns them."""
    rng = np.random.default_rng(seed)
    for variable in named_variables(model).values():
        variable.assign(rng.normal(size=variable.shape).astype("float32"))
    return values(model)


def assert_equal(actual, expected):
    assert actual.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


def write_legacy(path, tensors, name="{layer}/{variable}:0", root=None):
    """A file as Keras 1 and 2 wrote them: attributes `layer_names` and `weight_names`."""
    groups = {}
    for tensor, array in tensors.items():
        layer, variable = tensor.split("/")
        group = "rpn_model" if layer.startswith("rpn_") else layer
        groups.setdefault(group, {})[name.format(layer=layer, variable=variable)] = array
    groups["mrcnn_class"] = {}  # the original's softmax: a layer without weights
    with h5py.File(path, "w") as file:
        top = file.create_group(root) if root else file
        top.attrs["layer_names"] = [layer.encode() for layer in groups]
        for layer, weights in groups.items():
            group = top.create_group(layer)
            group.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, array in weights.items():
                group[weight] = array
    return path


def keras_1(tensors):
    """Tensors by the names in fchollet's ResNet-50 of 2017: `conv1/conv1_W:0`."""
    former = {
        "kernel": "W",
        "bias": "b",
        "moving_mean": "running_mean",
        "moving_variance": "running_std",
    }
    return {
        f"{layer}/{layer}_{former.get(variable, variable)}:0": array
        for (layer, variable), array in ((name.split("/"), a) for name, a in tensors.items())
    }


def write_keras_1(path, tensors):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = sorted({name.split("/")[0].encode() for name in tensors})
        for name, array in keras_1(tensors).items():
            file[name] = array
    return path


def with_classes(tensors, classes):
    """Tensors like those of a model with another number of classes."""
    shaped = dict(tensors)
    for layer, per_class in (("mrcnn_class_logits", 1), ("mrcnn_bbox_fc", 4), ("mrcnn_mask", 1)):
        for variable in ("kernel", "bias"):
            old = tensors[f"{layer}/{variable}"]
            shaped[f"{layer}/{variable}"] = np.ones((*old.shape[:-1], classes * per_class))
    return shaped


# Layouts


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_keras_3_files_come_back_whole(mobilenet, tmp_path, suffix):
    path, expected = tmp_path / f"model{suffix}", scramble(mobilenet)
    (mobilenet.save if suffix == ".keras" else mobilenet.save_weights)(path)
    scramble(mobilenet, seed=1)
    account = load(mobilenet, path)
    assert_equal(values(mobilenet), expected)
    assert account.loaded.keys() == expected.keys()
    assert account.parameters("loaded") == sum(array.size for array in expected.values())
    assert not account.missing and not account.unused and not account.optimizer


@pytest.mark.parametrize("root", [None, "model_weights"])
def test_the_originals_layout(model, tmp_path, root):
    expected = scramble(model)
    path = write_legacy(tmp_path / "model.h5", expected, root=root)
    with h5py.File(path, "a") as file:
        file["optimizer_weights/training/SGD/iterations:0"] = 7
    scramble(model, seed=1)
    account = load(model, path)
    assert_equal(values(model), expected)
    assert account.loaded.keys() == expected.keys()


def test_names_inside_a_layers_group_may_differ(model, tmp_path):
    """`conv1/conv1_1/kernel:0`: the second model in one session of TensorFlow 1."""
    expected = scramble(model)
    path = write_legacy(tmp_path / "model.h5", expected, "{layer}_1/{variable}:0")
    scramble(model, seed=1)
    assert not load(model, path).unused
    assert_equal(values(model), expected)


def test_names_made_up_by_keras_are_no_names(tmp_path):
    """They count the layers of a process: two models of one process have different ones."""
    first, second = (
        MaskRCNN("training", Config(**SMALL, BACKBONE=nameless_backbone)) for _ in range(2)
    )
    assert named_variables(first).keys() != named_variables(second).keys()
    expected = scramble(first)
    first.save_weights(tmp_path / "model.weights.h5")
    scramble(second, seed=1)
    load(second, tmp_path / "model.weights.h5")
    for actual, array in zip(values(second).values(), expected.values(), strict=True):
        np.testing.assert_array_equal(actual, array)


@pytest.mark.parametrize("name", ["mobilenet.weights.h5", "mobilenet.h5", "whole.weights.h5"])
def test_a_backbone_alone(mobilenet, published, tmp_path, name):
    path, before = tmp_path / name, scramble(mobilenet)
    if name.startswith("whole"):
        expected = values(mobilenet.backbone)
        mobilenet.save_weights(path)
        before = scramble(mobilenet, seed=1)
    else:
        expected = scramble(published, seed=2)
        (published.save if name == "mobilenet.h5" else published.save_weights)(path)
        with pytest.raises(ModelError, match=re.escape('pass scope="backbone".')):
            load(mobilenet, path)
        assert_equal(values(mobilenet), before)
    account = load(mobilenet, path, scope="backbone")
    assert_equal(values(mobilenet), before | expected)
    assert account.loaded.keys() == expected.keys()
    assert account.outside.keys() == before.keys() - expected.keys()
    assert "outside the scope" in str(account)


def test_published_imagenet_weights(mobilenet, published, shared):
    path = shared / "data" / "weights" / "mobilenetv2_0.35_notop.weights.h5"
    account = load(mobilenet, path, scope="backbone")
    assert (len(account.loaded), account.parameters("loaded")) == (260, 410_208)
    published.load_weights(path)
    assert_equal(values(mobilenet.backbone), values(published))


def test_resnet_of_keras_1(model, tmp_path):
    """The names of the ImageNet weights that the original starts from."""
    before, expected = scramble(model), scramble(named_backbone(model.config), seed=2)
    account = load(model, write_keras_1(tmp_path / "r.h5", expected), scope="backbone")
    assert account.loaded.keys() == expected.keys()
    assert_equal(values(model), before | expected)


# What is left out


@pytest.mark.parametrize("exclude", ["classes", ORIGINAL_EXCLUDE])
def test_another_number_of_classes(model, tmp_path, exclude):
    before = scramble(model)
    path = write_legacy(tmp_path / "model.h5", with_classes(before, 81))
    with pytest.raises(ModelError) as error:
        load(model, path)
    for text in (
        "81 classes in the file, 4 in the model",
        f"exclude={ORIGINAL_EXCLUDE}".replace("'", '"'),
        'exclude="classes"',
        "NUM_CLASSES = 81",
        "mrcnn_class_logits/bias (file (81,), model (4,))",
    ):
        assert text in str(error.value)
    account = load(model, path, exclude=exclude)
    heads = ("mrcnn_class_logits", "mrcnn_bbox_fc", "mrcnn_mask")
    assert set(account.excluded) == {f"{layer}/{v}" for layer in heads for v in ("kernel", "bias")}
    assert not account.unused
    assert_equal(values(model), before)


def test_exclude_takes_expressions_groups_and_layers_without_weights(model, tmp_path):
    before = scramble(model)
    path = write_legacy(tmp_path / "model.h5", {n: a + 1 for n, a in before.items()})
    account = load(model, path, exclude=["fpn_p[23]", "rpn_model", "mrcnn_bbox", "mrcnn_class"])
    excluded = {name.split("/")[0] for name in account.excluded}
    assert excluded == {"fpn_p2", "fpn_p3", "rpn_conv_shared", "rpn_class_raw", "rpn_bbox_pred"}
    after = values(model)
    for name in before:
        assert (after[name] == before[name]).all() == (name in account.excluded), name


def test_exclude_refuses_what_fits_nothing(model, tmp_path):
    path = write_legacy(tmp_path / "model.h5", scramble(model))
    with pytest.raises(ModelError, match=r"'mrcnn_maks', but neither .* There is mrcnn_mask"):
        load(model, path, exclude=["mrcnn_maks"])
    with pytest.raises(ModelError, match="leaves nothing to load"):
        load(model, path, exclude=[".*"])


# What does not fit


def test_missing_tensors_are_named(model, tmp_path):
    before = scramble(model)
    partly = {name: array + 1 for name, array in before.items() if "fpn_p2" not in name}
    path = write_legacy(tmp_path / "model.h5", partly)
    with pytest.raises(ModelError, match=r"(?s)fpn_p2/kernel, fpn_p2/bias.*exclude=\['fpn_p2'\]"):
        load(model, path)
    assert_equal(values(model), before)
    account = load(model, path, partial=True)
    assert account.missing.keys() == {"fpn_p2/kernel", "fpn_p2/bias"}
    assert_equal(values(model), before | partly)


def test_what_the_model_lacks_is_named(model, tmp_path):
    """As `anchors` in files of forks for TensorFlow 2."""
    tensors = scramble(model)
    path = write_legacy(tmp_path / "model.h5", tensors | {"anchors/Variable": np.zeros((3, 4))})
    assert load(model, path).unused == {"anchors/Variable": (3, 4)}
    assert "anchors/Variable" in load(model, path, exclude=["anchors"]).excluded


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5"])
def test_a_deeper_network_is_refused(model, tmp_path, suffix):
    before, path = scramble(model), tmp_path / f"model{suffix}"
    if suffix == ".h5":
        write_legacy(path, before | {"res4b_branch2a/kernel": np.zeros((1, 1, 2, 2))})
    else:
        settings = SMALL | {"MASK_CONVOLUTIONS": 2}
        MaskRCNN("training", Config(**settings, BACKBONE=named_backbone)).save_weights(path)
    with pytest.raises(ModelError, match=r"deeper network, with (res4b|mrcnn_mask_)"):
        load(model, path)
    assert_equal(values(model), before)
    assert load(model, path, partial=True).unused


def test_another_width_is_refused(model, tmp_path):
    before = scramble(model)
    wide = Config(**SMALL | {"TOP_DOWN_PYRAMID_SIZE": 16}, BACKBONE=named_backbone)
    MaskRCNN("training", wide).save_weights(tmp_path / "wide.weights.h5")
    with pytest.raises(ModelError, match=r"fpn_c5p5/bias \(file \(16,\), model \(8,\)\)"):
        load(model, tmp_path / "wide.weights.h5", partial=True)
    assert_equal(values(model), before)


def test_another_network_is_refused(model, tmp_path):
    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((2,)), layers.Dense(3, name="answer")]).save_weights(path)
    with pytest.raises(ModelError, match=r"another network. Its layers: answer.* Expected: conv1"):
        load(model, path, partial=True)


def test_files_that_cannot_be_read(model, tmp_path):
    before, good = scramble(model), tmp_path / "good.weights.h5"
    model.save_weights(good)
    whole = good.read_bytes()
    archive = tmp_path / "good.keras"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(good, "model.weights.h5")
    packed = archive.read_bytes()
    cases = {
        "absent.h5": (None, "There is no weights file"),
        "empty.h5": (b"", "0 bytes"),
        "cut.h5": (whole[: len(whole) // 2], "cut off"),
        "head.h5": (whole[:600], "cut off"),
        "cut.keras": (packed[: len(packed) // 2], "cut off"),
        "flipped.keras": (packed.replace(b"fpn", b"npf"), "damaged"),
        "pointer.h5": (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs"),
    }
    for name, (content, reason) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ModelError, match=reason) as error:
            load(model, path)
        assert str(path) in str(error.value)
    assert_equal(values(model), before)


def test_files_of_something_else(model, tmp_path):
    with h5py.File(tmp_path / "nothing.h5", "w"):
        pass
    with pytest.raises(ModelError, match="holds nothing"):
        load(model, tmp_path / "nothing.h5")
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["images/first"] = np.zeros(3)
    with pytest.raises(ModelError, match=r"none with weights of Keras.*images/first"):
        load(model, tmp_path / "images.h5")
    with zipfile.ZipFile(tmp_path / "torch.pt", "w") as file:
        file.writestr("archive/data.pkl", b"cos\nsystem\n")
    with pytest.raises(ModelError, match=r"no model\.weights\.h5"):
        load(model, tmp_path / "torch.pt")


def test_a_damaged_tensor_leaves_the_model_as_it_was(model, tmp_path):
    before, path = scramble(model), tmp_path / "model.weights.h5"
    model.save_weights(path)
    with h5py.File(path, "a") as file:
        stored = file["fpn/layers/conv2d/vars"]
        array = stored["0"][()]
        del stored["0"]
        stored.create_dataset("0", data=array, compression="gzip", fletcher32=True)
        offset = stored["0"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[offset + 8] ^= 255
    path.write_bytes(content)
    scrambled = scramble(model, seed=1)
    with pytest.raises(ModelError, match="damaged"):
        load(model, path)
    assert_equal(values(model), scrambled)
    assert before.keys() == scrambled.keys()


@pytest.mark.parametrize("kind", ["link", "external", "text"])
def test_only_numbers_in_the_file_itself_are_read(model, tmp_path, kind):
    path, shape = tmp_path / "model.h5", (8,)
    write_legacy(path, scramble(model))
    secret = write_legacy(tmp_path / "secret.h5", {"fpn_p2/bias": np.zeros(shape)})
    with h5py.File(path, "a") as file:
        del file["fpn_p2/fpn_p2/bias:0"]
        if kind == "link":
            file["fpn_p2/fpn_p2/bias:0"] = h5py.ExternalLink(secret, "fpn_p2/fpn_p2/bias:0")
        elif kind == "external":
            file.create_dataset(
                "fpn_p2/fpn_p2/bias:0", shape, "float32", external=[(secret, 0, 32)]
            )
        else:
            file["fpn_p2/fpn_p2/bias:0"] = ["import os"] * 8
    with pytest.raises(ModelError, match=r"Missing in the file|plain numbers"):
        load(model, path)


# The optimizer, the account


def compiled(model):
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
    model.optimizer.build(model.trainable_variables)
    return [v for v in model.optimizer.variables if v.dtype == "float32"]


def test_the_optimizer_goes_on(model, tmp_path):
    path, state = tmp_path / "model.weights.h5", compiled(model)
    for i, variable in enumerate(state):
        variable.assign(np.full(variable.shape, 0.5 + i, "float32"))
    weights = scramble(model)
    model.save_weights(path)

    def start_anew():
        scramble(model, seed=1)
        for variable in state:
            variable.assign(np.zeros(variable.shape, "float32"))

    def restored(but=()):
        first = [float(np.ravel(v)[0]) for v in map(keras.ops.convert_to_numpy, state)]
        return all(v.name in but or first[i] == 0.5 + i for i, v in enumerate(state))

    start_anew()
    assert load(model, path).optimizer == "restored"
    assert restored()
    start_anew()
    assert load(model, path, exclude="classes").optimizer == "left in the file"
    assert not restored()
    start_anew()
    assert restore_optimizer(model, path)
    assert not restored()  # the learning rate is the new training's
    assert (
        restored(but=["learning_rate"])
        and (values(model)["conv1/kernel"] != weights["conv1/kernel"]).all()
    )

    model.fpn.trainable = False
    compiled(model)
    account = load(model, path)
    assert account.optimizer == "left in the file" and not account.unused
    assert not restore_optimizer(model, path)


def test_the_table(model, tmp_path, caplog, capsys):
    path = write_legacy(tmp_path / "model.h5", scramble(model))
    with caplog.at_level(logging.INFO, "mrcnn"):
        account = load(model, path, exclude="classes")
    assert str(account) in caplog.text and str(path) in caplog.text
    lines = str(account).splitlines()
    total = len(named_variables(model))
    assert lines[1].startswith(f"loaded {total - 6:22,}")
    assert lines[2].endswith("216  mrcnn_bbox_fc, mrcnn_class_logits, mrcnn_mask")
    assert [line[:20].rstrip() for line in lines[3:]] == [
        "shape differs",
        "missing in the file",
        "unused in the file",
    ]
    assert not capsys.readouterr().out


def test_scope_must_be_a_part(model, tmp_path):
    with pytest.raises(ModelError, match="Received 'spine'"):
        load(model, tmp_path / "any.h5", scope="spine")


# The original's own files


@pytest.mark.skipif(not GOLDEN_R101.exists(), reason="no golden values beside the project")
def test_the_original_coco_structure():
    model = MaskRCNN("inference", Config(NUM_CLASSES=81, ARCHITECTURE="matterport"))
    account = load(model, GOLDEN_R101)
    assert (len(account.loaded), account.parameters("loaded")) == (690, 64_158_584)
    assert not account.missing and not account.unused
    with h5py.File(GOLDEN_R101) as file:
        loaded = named_variables(model)
        for name in ("bn4w_branch2c/moving_variance", "mrcnn_mask/kernel"):
            layer = name.split("/")[0]
            np.testing.assert_array_equal(loaded[name], file[f"{layer}/{name}:0"])


@pytest.mark.skipif(not GOLDEN_R101.exists(), reason="no golden values beside the project")
def test_four_classes_from_coco_and_a_resnet_50_in_a_resnet_101(tmp_path):
    model = MaskRCNN("training", Config(NUM_CLASSES=4, ARCHITECTURE="matterport"))
    with pytest.raises(ModelError, match="81 classes in the file, 4 in the model"):
        load(model, GOLDEN_R101)
    account = load(model, GOLDEN_R101, exclude=ORIGINAL_EXCLUDE)
    assert (len(account.loaded), len(account.excluded)) == (684, 6)

    shallow = {
        name: array
        for name, array in values(model.backbone).items()
        if not re.match(r"(res|bn)4[g-w]", name)
    }
    path = write_keras_1(tmp_path / "resnet50_notop.h5", shallow)
    with pytest.raises(ModelError, match=re.escape('scope="backbone", partial=True')):
        load(model, path)
    account = load(model, path, scope="backbone", partial=True)
    assert account.parameters("loaded") == 23_587_712  # of keras.applications' ResNet-50
    assert len({name.split("/")[0] for name in account.missing}) == 17 * 6
