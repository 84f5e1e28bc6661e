"""Backbones: what comes out, where it looks, what it starts from, and its stages."""

import gc
import re

import keras
import numpy as np
import pytest
from keras import layers, ops

from mrcnn.backbones import BACKBONES, backbone, normalise, stage_of
from mrcnn.config import Config
from mrcnn.errors import ModelError
from mrcnn.resnet import BLOCKS, resnet
from mrcnn.weights import weighted_layers

STRIDES = (4, 8, 16, 32)
SMALLEST = (
    "resnet50",
    "resnet50_v2",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "efficientnet_v2_b0",
    "convnext_tiny",
    "inception_v3",
)


def configured(name, channels=3, architecture="aligned", **settings):
    return Config(
        BACKBONE=name, ARCHITECTURE=architecture, IMAGE_CHANNEL_COUNT=channels, **settings
    )


@pytest.fixture(autouse=True)
def one_network_at_a_time():
    """Networks refer to themselves in circles, which Python leaves in memory for long."""
    yield
    gc.collect()


@pytest.fixture
def no_variables():
    """Layers are built, but their variables get no values: as fast for the largest networks."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session(free_memory=False)


def noise(channels=3, side=64):
    return np.random.default_rng(0).uniform(0, 255, (1, side, side, channels)).astype("float32")


def response(config, model, images):
    return [keras.ops.convert_to_numpy(m) for m in model(normalise(images, config))]


@pytest.mark.parametrize(
    ("name", "architecture"),
    [*((name, "aligned") for name in BACKBONES), *((name, "matterport") for name in BLOCKS)],
)
def test_sizes_and_stages(name, architecture, no_variables):
    model = backbone(configured(name, architecture=architecture))
    height, width = 64, 128  # an odd and an even multiple of 64
    shapes = model.compute_output_shape((1, height, width, 3))
    expected = [(height // stride, width // stride) for stride in STRIDES]
    assert [tuple(shape[1:3]) for shape in shapes] == expected
    stages = stage_of(model)
    numbers = [stages[layer.name] for layer in weighted_layers(model)]
    assert set(numbers) == {1, 2, 3, 4, 5}
    assert sorted(numbers) == numbers or name == "inception_v3"  # its branches are interleaved


@pytest.mark.parametrize(
    ("name", "taps", "channels"),
    [
        (
            "mobilenet_v2",
            ["block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"],
            [144, 192, 576, 1280],
        ),
        (
            "resnet152",
            ["conv2_block3_out", "conv3_block8_out", "conv4_block36_out", "conv5_block3_out"],
            [256, 512, 1024, 2048],
        ),
        (
            "resnet101_v2",
            [
                *("conv2_block3_preact_relu", "conv3_block4_preact_relu"),
                *("conv4_block23_preact_relu", "post_relu"),
            ],
            [256, 512, 1024, 2048],
        ),
        (
            "efficientnet_v2_b0",
            [
                *("block2b_add", "block4a_expand_activation"),
                *("block6a_expand_activation", "top_activation"),
            ],
            [32, 192, 672, 1280],
        ),
        ("mobilenet_v3_small", None, [72, 96, 288, 576]),
        ("mobilenet_v3_large", None, [72, 240, 672, 960]),
        ("convnext_tiny", None, [96, 192, 384, 768]),
        ("inception_v3", None, [192, 288, 768, 2048]),
    ],
)
def test_taps(name, taps, channels, no_variables):
    model = backbone(configured(name))
    assert [output.shape[-1] for output in model.outputs] == channels
    if taps:
        assert [output._keras_history.operation.name for output in model.outputs] == taps


def test_batch_norm_of_keras_applications_forgets_faster(no_variables):
    norms = [
        layer
        for layer in backbone(configured("mobilenet_v3_small")).layers
        if isinstance(layer, layers.BatchNormalization)
    ]
    assert norms and {norm.momentum for norm in norms} == {0.9}


class Frozen(keras.Model):
    """A backbone whose normalisation keeps its statistics, as Mask R-CNN calls it."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, images):
        return self.inner(images, training=False)


@pytest.mark.parametrize(
    ("name", "architecture"),
    [*((name, "aligned") for name in SMALLEST), ("resnet50", "matterport")],
)
def test_forward_and_backward(name, architecture):
    """Every map is finite and not constant, and every weight of every stage gets a gradient."""
    keras.utils.set_random_seed(0)
    config = configured(name, architecture=architecture, BACKBONE_ALPHA=0.35)
    model = backbone(config)
    images = normalise(noise(), config)
    maps = [keras.ops.convert_to_numpy(m) for m in model(images)]
    for values, stride in zip(maps, STRIDES, strict=True):
        assert values.shape[:3] == (1, 64 // stride, 64 // stride)
        assert np.isfinite(values).all() and values.std() > 0

    optimizer = keras.optimizers.SGD(1.0, momentum=0.9)  # its momentum is the first gradient
    trained = Frozen(model)
    trained.compile(optimizer, loss=["mae"] * 4, run_eagerly=True)
    assert np.isfinite(trained.train_on_batch(images, [values + 1 for values in maps])).all()
    variables = trained.trainable_variables
    assert len(variables) == len(optimizer.momentums)
    for variable, momentum in zip(variables, optimizer.momentums, strict=True):
        gradient = keras.ops.convert_to_numpy(momentum)
        assert np.isfinite(gradient).all() and gradient.any(), variable.path


@pytest.mark.parametrize(
    ("name", "architecture"),
    [
        ("inception_v3", "aligned"),
        ("mobilenet_v2", "aligned"),
        ("resnet50", "aligned"),
        ("resnet50", "matterport"),
    ],
)
def test_boxes_stay_where_they_are(name, architecture):
    """Each cell of each map looks at the image within half a cell of its own centre.

    The image holds its own coordinates, and each kernel takes just what is under its middle. At
    the edges poolings take what there is, so that these are left out.
    """
    model = backbone(configured(name, architecture=architecture))
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            kernel = np.zeros(layer.kernel.shape, "float32")
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            middle = kernel.shape[0] // 2, kernel.shape[1] // 2
            kernel[middle] = 1 if depthwise else 1 / kernel.shape[2]
            layer.set_weights([kernel, *(0 * w for w in layer.get_weights()[1:])])

    height, width = 256, 384
    y, x = np.indices((height, width)).astype("float32") + 0.5
    pictures = [np.ones_like(y), y, height - y, x, width - x]  # two ways, for the max pooling
    batch = 1e-6 * np.stack(pictures)[..., None].repeat(3, axis=-1)
    seen = [  # one after the other, for less memory
        [keras.ops.convert_to_numpy(values)[0].mean(axis=-1) for values in model(picture[None])]
        for picture in batch
    ]
    for maps, stride in zip(zip(*seen, strict=True), STRIDES, strict=True):
        one, up, down, right, left = maps
        for there, back, size, axis in ((up, down, height, 0), (right, left, width, 1)):
            looks_at = (size + (there - back) / one) / 2
            centre = stride * (np.indices(one.shape)[axis] + 0.5)
            assert abs(looks_at - centre)[2:-2, 2:-2].max() <= stride / 2


def test_padding_changes_nothing_inside_of_inception():
    """Each cell has the value that the network of Keras has at the same place of the image."""
    keras.utils.set_random_seed(0)
    model = backbone(configured("inception_v3"))
    padded = keras.Model(model.input, model.outputs[1])
    original = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(None, None, 3)
    )
    original.set_weights(model.get_weights())
    original = keras.Model(original.input, original.get_layer("mixed2").output)
    images = noise(side=256 + 6) / 127.5 - 1
    # Its first cell has its middle at pixel 13, with padding at pixel 7.
    a, b = (ops.convert_to_numpy(m)[0] for m in (original(images), padded(images[:, 6:, 6:])))
    np.testing.assert_allclose(a[10:18, 10:18], b[10:18, 10:18], atol=1e-4 * a.max())


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("resnet50", "resnet"),
        ("resnet50_v2", "resnet_v2"),
        ("mobilenet_v2", "mobilenet_v2"),
        ("inception_v3", "inception_v3"),
    ],
)
def test_scale_is_that_of_preprocess_input(name, module):
    images = noise()
    expected = getattr(keras.applications, module).preprocess_input(images.copy())
    np.testing.assert_allclose(normalise(images, configured(name)), expected, atol=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        *("mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_v2_b0", "efficientnet_v2_s"),
        "convnext_tiny",
    ],
)
def test_scale_is_that_of_the_layers_inside(name, no_variables):
    """Keras builds these networks with layers that scale; ours are built without."""
    build = getattr(keras.applications, BACKBONES[name].model)
    expected = images = noise()
    for layer in build(weights=None, include_top=False, input_shape=(None, None, 3)).layers:
        if isinstance(layer, layers.Rescaling | layers.Normalization):
            expected = layer(expected)
    assert expected is not images
    np.testing.assert_allclose(normalise(images, configured(name)), expected, atol=1e-4)
    ours = backbone(configured(name)).layers
    assert not [x for x in ours if isinstance(x, layers.Rescaling | layers.Normalization)]


def test_the_original_and_callables_subtract_mean_pixel():
    images = noise(channels=2)
    for name in ("resnet50", "resnet101", len):
        config = configured(name, 2, "matterport", MEAN_PIXEL=(10, 20))
        np.testing.assert_allclose(normalise(images, config), images - [10, 20], atol=1e-4)


@pytest.mark.parametrize("name", SMALLEST)
def test_other_numbers_of_channels(name, no_variables):
    assert backbone(configured(name, 4)).input.shape[-1] == 4
    grey = noise(1)
    rgb = ops.mean(normalise(grey.repeat(3, axis=-1), configured(name)), axis=-1)
    for channels in (1, 4):
        scaled = normalise(grey.repeat(channels, axis=-1), configured(name, channels))
        np.testing.assert_allclose(ops.mean(scaled, axis=-1), rgb, atol=0.02)


@pytest.fixture(scope="module")
def rgb_weights(tmp_path_factory):
    """Weights files of a small network: as Keras 3 writes them, and as Keras 2 did."""
    keras.utils.set_random_seed(1)
    folder = tmp_path_factory.mktemp("weights")
    network = keras.applications.MobileNetV2(
        (None, None, 3), alpha=0.35, include_top=False, weights=None
    )
    network.save_weights(folder / "rgb.weights.h5")
    network.save(folder / "rgb.h5")
    return [folder / "rgb.weights.h5", folder / "rgb.h5"]


@pytest.mark.parametrize("file", [0, 1])
def test_a_file_of_weights(rgb_weights, file):
    path = str(rgb_weights[file])
    loaded = backbone(
        configured("mobilenet_v2", BACKBONE_ALPHA=0.35, BACKBONE_WEIGHTS=path)
    ).get_weights()
    reference = keras.applications.MobileNetV2(
        (None, None, 3), alpha=0.35, include_top=False, weights=path
    ).get_weights()
    for a, b in zip(loaded, reference, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_equal_channels_respond_like_grey(rgb_weights, channels):
    start = {"BACKBONE_ALPHA": 0.35, "BACKBONE_WEIGHTS": rgb_weights[0]}
    rgb, other = (configured("mobilenet_v2", n, **start) for n in (3, channels))
    models = [backbone(config) for config in (rgb, other)]
    grey = noise(1)
    expected = response(rgb, models[0], grey.repeat(3, axis=-1))
    found = response(other, models[1], grey.repeat(channels, axis=-1))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4 * abs(b).max())
    kernels = [model.get_layer("Conv1").get_weights()[0] for model in models]
    each = kernels[0].sum(axis=2) / channels
    for channel in range(channels):
        np.testing.assert_allclose(kernels[1][:, :, channel], each, rtol=1e-6)


def test_weights_of_the_original_for_one_channel(tmp_path):
    keras.utils.set_random_seed(2)
    rgb = resnet("resnet50", 3)
    rgb.save_weights(tmp_path / "rgb.weights.h5")
    config = configured(
        "resnet50",
        *(1, "matterport"),
        MEAN_PIXEL=(110,),
        BACKBONE_WEIGHTS=tmp_path / "rgb.weights.h5",
    )
    grey = backbone(config)
    kernel = rgb.get_layer("conv1").get_weights()[0]
    np.testing.assert_allclose(
        grey.get_layer("conv1").get_weights()[0], kernel.sum(axis=2, keepdims=True), rtol=1e-6
    )
    for a, b in zip(grey.get_weights()[1:], rgb.get_weights()[1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_imagenet_see_more_than_noise(shared):
    """Real weights, without colour: the deepest features of an image differ from those of noise."""
    path = shared / "data" / "weights" / "mobilenetv2_0.35_notop.weights.h5"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    start = {"BACKBONE_ALPHA": 0.35, "BACKBONE_WEIGHTS": path}
    maps = []
    for channels in (3, 1):
        config = configured("mobilenet_v2", channels, **start)
        grey = np.linspace(0, 255, 128, dtype="float32")[None, :, None, None]
        grey = np.broadcast_to(grey, (1, 128, 128, channels))
        maps.append(response(config, backbone(config), grey)[-1])
    np.testing.assert_allclose(*maps, atol=1e-3)
    assert 0.5 < maps[0].max() <= 6


def test_stages_of_the_original(no_variables):
    stages = stage_of(backbone(configured("resnet101", architecture="matterport")))
    named = {name: re.fullmatch(r"(?:res|bn)(\d).+", name) for name in stages}
    found = {name: int(match[1]) for name, match in named.items() if match}
    assert {name: stages[name] for name in found} == found
    assert stages["conv1"] == stages["bn_conv1"] == 1


def test_stages_of_resnet_are_those_in_its_names(no_variables):
    stages = stage_of(backbone(configured("resnet50")))
    named = {name: int(name[4]) for name in stages if re.match(r"conv\d_", name)}
    assert {name: stages[name] for name in named} == named


def test_stages_of_nested_layers(no_variables):
    stages = stage_of(backbone(configured("convnext_tiny")))
    assert stages["convnext_tiny_stem_conv"] == stages["convnext_tiny_stem_layernorm"] == 1
    assert stages["convnext_tiny_stage_0_block_0_depthwise_conv"] == 2
    assert stages["convnext_tiny_downsampling_conv_0"] == 3
    assert stages["convnext_tiny_downsampling_conv_2"] == 5


def test_unknown_stages():
    with pytest.raises(ModelError, match="functional"):
        stage_of(keras.Sequential([layers.Dense(1)]))


def maps_of(images):
    outputs = [layers.Conv2D(4, 7, strides=2, padding="same")(images)]
    for _ in range(4):
        outputs.append(layers.Conv2D(4, 3, strides=2, padding="same")(outputs[-1]))
    return outputs


def test_a_function_of_the_configuration():
    def build(config):
        images = keras.Input((None, None, config.IMAGE_CHANNEL_COUNT))
        return keras.Model(images, maps_of(images)[1:])

    model = backbone(configured(build, 3))
    assert [values.shape[1] for values in model(noise())] == [16, 8, 4, 2]
    assert sorted(set(stage_of(model).values())) == [1, 2, 3, 4, 5]


def test_a_function_as_the_original_expects_it():
    def graph(input_image, stage5=False, train_bn=True):
        assert stage5 and train_bn is False
        return maps_of(input_image)

    model = backbone(configured(graph, 3, "matterport"))
    assert [values.shape[1] for values in model(noise())] == [16, 8, 4, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"BACKBONE": "ResNet-50"}, "Did you mean resnet50"),
        ({"BACKBONE": "efficientnetv2_b0"}, "Did you mean efficientnet_v2_b0"),
        ({"BACKBONE": "vgg"}, "one of resnet50, resnet101"),
        ({"BACKBONE": None}, "Unknown `BACKBONE` None"),
        ({"BACKBONE": "resnet50", "BACKBONE_WEIGHTS": "none.h5"}, "no weights file none.h5"),
        ({"BACKBONE": "resnet50_v2", "BACKBONE_WEIGHTS": "none.h5"}, "no file none.h5"),
        ({"BACKBONE": "resnet101", "BACKBONE_WEIGHTS": "imagenet"}, "get_imagenet_weights"),
        ({"BACKBONE": "resnet50", "IMAGE_CHANNEL_COUNT": 1}, "has 3 values"),
        (
            {"BACKBONE": "mobilenet_v2", "BACKBONE_ALPHA": 0.4, "BACKBONE_WEIGHTS": "imagenet"},
            r"MobileNetV2\(include_top=False, alpha=0.4\).*must be one of",
        ),
    ],
)
def test_errors(settings, message):
    with pytest.raises(ModelError, match=message):
        backbone(Config(**settings))


def test_weights_of_another_network(rgb_weights):
    for path in rgb_weights:
        with pytest.raises(ModelError, match=r"MobileNetV3Small\(include_top=False, alpha=1.0\)"):
            backbone(configured("mobilenet_v3_small", BACKBONE_WEIGHTS=path))
