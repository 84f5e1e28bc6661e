import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageOps

from coco import images
from coco.errors import InputError


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


def save(path, array, mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def test_rgb_comes_back_as_it_is(tmp_path, picture):
    path = save(tmp_path / "a.png", picture)
    pixels = images.read_image(path)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, picture)
    found = images.inspect(path)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.width, found.height, found.exif, found.problem) == (20, 12, 1, None)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
def test_other_modes_become_rgb(tmp_path, picture, mode):
    pixels = images.read_image(save(tmp_path / "a.png", picture, mode))
    expected = np.array(Image.fromarray(picture).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(pixels, expected)


def test_cmyk_becomes_rgb(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.tif")
    assert images.read_image(tmp_path / "red.tif")[0, 0].tolist() == [255, 0, 0]


def test_transparency_is_dropped(tmp_path, picture):
    alpha = np.zeros((12, 20, 1), np.uint8)
    path = save(tmp_path / "a.png", np.concatenate([picture, alpha], axis=2))
    np.testing.assert_array_equal(images.read_image(path), picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_as_pillow_does(tmp_path, picture, orientation):
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[images.ORIENTATION_TAG] = orientation
    save(path, picture, exif=exif)
    found = images.inspect(path)
    assert found.exif == orientation
    with Image.open(path) as image:
        expected = np.array(ImageOps.exif_transpose(image))
    record = {"file_name": str(path), "orientation": orientation}
    np.testing.assert_array_equal(images.read_image(record), expected)
    assert images.size_after(orientation, (20, 12)) == expected.shape[1::-1]


@pytest.mark.parametrize(
    ("exif", "declared", "expected"),
    [
        (6, (12, 20), 6),  # fits only once turned
        (6, (20, 12), 1),  # fits only as stored
        (3, (20, 12), 3),  # fits either way
        (6, None, 6),
        (6, (99, 99), 6),  # fits neither: the validation finds it
        (1, (20, 12), 1),
    ],
)
def test_declared_size_decides_about_orientation(exif, declared, expected):
    assert images.orientation_to_apply(exif, (20, 12), declared) == expected


def encoded(array, file_format, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, file_format, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"no image", "no image of a format"),
        (encoded(np.zeros((9, 9), np.uint16), "PNG"), "8 bits"),
        (encoded(np.zeros((9, 9), np.float32), "TIFF"), "8 bits"),
        (encoded(np.zeros((9, 9), np.int32), "TIFF"), "8 bits"),
        (
            encoded(
                np.zeros((9, 9), np.uint8),
                "TIFF",
                save_all=True,
                append_images=[Image.new("L", (9, 9))],
            ),
            "2 pages",
        ),
        (
            encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), "PNG")[:5000],
            "truncated",
        ),
        (
            encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), "JPEG")[
                :2000
            ],
            "truncated",
        ),
    ],
)
def test_unusable_file_is_refused_with_the_reason(tmp_path, data, message):
    path = tmp_path / "a.img"
    path.write_bytes(data)
    found = images.inspect(path)
    assert message in found.problem
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.width is None
    with pytest.raises(InputError, match=f"a.img: .*{message}"):
        images.read_image(path)


def test_missing_file(tmp_path):
    found = images.inspect(tmp_path / "a.png")
    assert found == images.Inspection(problem="the file does not exist")
    with pytest.raises(InputError, match=r"a\.png"):
        images.read_image(tmp_path / "a.png")


@pytest.mark.filterwarnings("ignore")
def test_hostile_images_are_read_or_refused_as_pillow_does(shared):
    folder = shared / "data" / "hostile_images"
    expected = json.loads((folder / "_pillow13_open_result.json").read_text())
    for name, result in expected.items():
        found = images.inspect(folder / name)
        if result.startswith("FAIL"):
            assert found.problem, name
        if found.problem is None:
            pixels = images.read_image(folder / name)
            assert pixels.shape == (found.height, found.width, 3), name


def test_sixteen_bit_colour_is_refused(shared):
    """Pillow itself would cut it down to 8 bits without a word."""
    found = images.inspect(shared / "data" / "hostile_images" / "tiff_16bit_RGB.tiff")
    assert "8 bits" in found.problem


@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_all_orientations_of_a_photo_look_alike(shared, shape):
    folder = shared / "data" / "exif"
    upright = images.read_image(folder / f"{shape}_1.jpg").astype(float)
    for number in range(1, 9):
        path = folder / f"{shape}_{number}.jpg"
        turned = images.read_image(path, images.inspect(path).exif)
        assert turned.shape == upright.shape
        assert np.abs(turned - upright).mean() < 12
