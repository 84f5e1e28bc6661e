"""Large images in parts: the same pixels, objects and pictures as of the whole."""

import itertools
import os

import numpy as np
import pytest
import tifffile
from PIL import Image

from coco import cutouts, decoding, images, large_images, masks, pictures, windows
from coco.errors import InputError


@pytest.fixture
def small_is_large(monkeypatch):
    """Small images are read as large ones are."""
    monkeypatch.setattr(large_images, "LARGE", 0)


def write(path, pixels, planar=False, **options):
    kind = "rgb" if pixels.shape[2] == 3 else "minisblack"
    options = {"photometric": kind, "planarconfig": "contig"} | options
    if planar:
        pixels, options["planarconfig"] = np.moveaxis(pixels, 2, 0), "separate"
    if pixels.shape[2] == 1:
        pixels, options["planarconfig"] = pixels[..., 0], None
    tifffile.imwrite(path, pixels, **options)
    return path


def noise(shape=(70, 110, 3), dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


LAYOUTS = {
    "one strip": {},
    "strips": {"rowsperstrip": 7, "compression": "lzw"},
    "tiles": {"tile": (32, 48)},
    "compressed tiles": {"tile": (32, 48), "compression": "zlib", "predictor": True},
    "big-endian": {"byteorder": ">", "tile": (32, 48)},
    "big-endian strip": {"byteorder": ">"},
}
KINDS = list(
    itertools.product(
        LAYOUTS, ["uint8", "uint16", "float32"], [(1, False), (3, False), (3, True), (5, True)]
    )
)


@pytest.mark.parametrize(("layout", "dtype", "bands"), KINDS)
def test_parts_are_those_of_the_whole(tmp_path, monkeypatch, layout, dtype, bands):
    channels, planar = bands
    path = write(tmp_path / "a.tif", noise((70, 110, channels), dtype), planar, **LAYOUTS[layout])
    whole = decoding.decode(path, channels, 10**6).pixels
    monkeypatch.setattr(large_images, "LARGE", 0)
    parts = decoding.decode(path, channels, 10**6).pixels
    assert isinstance(whole, np.ndarray) and isinstance(parts, large_images.Parts)
    assert (parts.shape, parts.dtype) == (whole.shape, whole.dtype)
    parts.check()
    for y1, y2, x1, x2 in [(0, 70, 0, 110), (5, 6, 7, 8), (30, 65, 40, 97), (9, 9, 0, 5)]:
        np.testing.assert_array_equal(parts[y1:y2, x1:x2], whole[y1:y2, x1:x2])
    np.testing.assert_array_equal(parts[60:], whole[60:])


@pytest.mark.parametrize("kind", ["white is 0", "JPEG as YCbCr", "JPEG tiles", "alpha", "bits"])
def test_kinds_that_need_care(tmp_path, monkeypatch, kind):
    path, channels = tmp_path / "a.tif", 3
    smooth = np.add.outer(np.arange(128), np.arange(128))[..., None] * np.array([0.9, 0.5, 0.2])
    smooth = smooth.astype(np.uint8)
    if kind == "white is 0":
        write(path, smooth[..., :1], photometric="miniswhite", rowsperstrip=16)
    elif kind == "JPEG as YCbCr":
        Image.fromarray(smooth).save(path, compression="jpeg")
    elif kind == "JPEG tiles":
        write(path, smooth, tile=(64, 64), compression="jpeg")
    elif kind == "alpha":
        pixels = np.dstack([smooth, smooth[..., :1]])
        write(path, pixels, photometric="rgb", extrasamples=["unassalpha"], tile=(64, 64))
    else:
        Image.fromarray(smooth[..., 0] > 90).save(path)
    whole = decoding.decode(path, channels, 10**6).pixels
    monkeypatch.setattr(large_images, "LARGE", 0)
    parts = decoding.decode(path, channels, 10**6).pixels
    assert isinstance(parts, np.ndarray) == (kind == "bits")
    np.testing.assert_array_equal(parts[10:100, 20:90], whole[10:100, 20:90])


@pytest.mark.parametrize("exif", range(1, 9))
def test_orientation_and_intensity_are_those_of_the_whole(tmp_path, small_is_large, exif):
    path = tmp_path / "a.tif"
    write(path, noise(dtype=np.uint16), tile=(32, 48), extratags=[(274, "H", 1, exif, True)])
    height, width = (110, 70) if exif >= 5 else (70, 110)
    record = {"file_name": str(path), "height": height, "width": width, "orientation": exif}
    record["intensity"] = [[50, 200]]
    whole = images.read_image(record)
    assert whole.shape == (height, width, 3)
    part = images.ImageReader(record).read(12, 30, 60, 66)
    np.testing.assert_array_equal(part, whole[12:60, 30:66])


def test_inspection_says_the_same(tmp_path, monkeypatch, image_settings):
    for dtype, channels in (("uint8", 3), ("uint16", 1), ("float32", 5)):
        path = write(tmp_path / "a.tif", noise((70, 110, channels), dtype), tile=(32, 48))
        settings = image_settings | {"channels": channels}
        monkeypatch.setattr(large_images, "LARGE", 10**6)
        expected = images.inspect(path, settings)
        monkeypatch.setattr(large_images, "LARGE", 0)
        assert images.inspect(path, settings) == expected
        assert expected.problem is None


@pytest.mark.parametrize("options", [{}, {"tile": (32, 48), "compression": "zlib"}])
def test_a_truncated_file_is_noticed(tmp_path, small_is_large, image_settings, options):
    path = write(tmp_path / "a.tif", noise((200, 300, 3)), **options)
    # tifffile writes the tags first.
    os.truncate(path, path.stat().st_size - 200)
    found = images.inspect(path, image_settings)
    assert found.check == "unreadable_image"
    assert found.problem


def test_a_damaged_tile_is_named(tmp_path, small_is_large, image_settings):
    path = write(tmp_path / "a.tif", noise(), tile=(32, 48), compression="zlib")
    with tifffile.TiffFile(path) as tiff:
        start = tiff.pages[0].dataoffsets[4]
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"no data")
    assert "damaged at tile 4" in images.inspect(path, image_settings).problem
    record = {"file_name": str(path), "height": 70, "width": 110}
    images.ImageReader(record).read(0, 0, 30, 40)
    with pytest.raises(InputError, match=r"a\.tif: damaged at tile 4"):
        images.read_image(record)


def test_only_what_is_looked_at_is_decoded(tmp_path, small_is_large):
    path = write(tmp_path / "a.tif", noise((640, 960, 3)), tile=(64, 96), compression="zlib")
    parts = decoding.decode(path, 3, 10**6).pixels
    parts[70:100, 100:300]
    assert sorted(parts.cache) == [11, 12, 13]


def test_the_cache_has_a_limit(tmp_path, small_is_large, monkeypatch):
    monkeypatch.setattr(large_images, "CACHE", 100_000)
    path = write(tmp_path / "a.tif", noise((640, 192, 3)), tile=(64, 96), compression="zlib")
    parts = decoding.decode(path, 3, 10**6).pixels
    parts.check()
    assert len(parts.cache) == 5  # of 18432 bytes each


def test_a_small_limit_refuses_a_large_image(tmp_path, small_is_large, image_settings):
    path = write(tmp_path / "a.tif", noise(), tile=(32, 48))
    found = images.inspect(path, image_settings | {"max_pixels": 70 * 110 - 1})
    assert found.check == "too_many_pixels"
    assert "raise images.max_pixels" in found.problem


# Windows


@pytest.fixture
def record(tmp_path):
    """A smooth image of 700 x 900 px, whose interpolation can be compared."""
    rows, columns = np.mgrid[:700, :900]
    waves = [np.sin(rows / 17) + np.cos(columns / 23), np.sin(columns / 11), np.cos(rows / 9)]
    pixels = (np.dstack(waves) * 60 + 125).astype(np.uint8)
    path = write(tmp_path / "a.tif", pixels, tile=(128, 128), compression="zlib")
    return {"file_name": str(path), "height": 700, "width": 900}


@pytest.mark.parametrize("scale", [0.25, 0.5, 0.7, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("angle", [0, 30])
def test_a_window_shows_what_it_shows_of_the_whole(record, small_is_large, scale, angle):
    whole = images.read_image(record)
    larger = windows.magnify(whole, scale)
    turn = np.deg2rad(angle)
    linear = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    centre = np.array([450, 300]) * scale
    matrix = windows.place(larger.shape, centre, 128, linear)
    expected = windows.warp(larger, matrix, 128, 128)
    matrix = matrix @ windows.stretch(whole.shape, larger.shape)
    found = cutouts.cut(images.ImageReader(record), matrix, scale, 128, 128)
    if scale != 1 and (64 * scale) % 1:
        np.testing.assert_allclose(found, expected.astype(int), atol=6)
    else:
        np.testing.assert_allclose(found, expected.astype(int), atol=1)
        if angle == 0:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("x", [-70, -3, 0, 5, 40])
@pytest.mark.parametrize("y", [-60, -1, 0, 9, 64])
def test_a_shift_by_whole_pixels_is_a_copy(x, y):
    part = noise((50, 60, 3))
    expected = windows.warp(part, windows.shift(x, y), 64, 40)
    np.testing.assert_array_equal(cutouts.moved(part, x, y, 64, 40), expected)


def test_the_whole_of_a_large_image_is_shrunk_while_it_is_read(record, monkeypatch):
    matrix, scale = windows.stretch((700, 900), (50, 64)), 64 / 900
    expected = cutouts.cut(images.ImageReader(record), matrix, scale, 64, 64)
    monkeypatch.setattr(cutouts, "MOST", 1000)
    monkeypatch.setattr(cutouts, "BAND", 20_000)
    found = cutouts.cut(images.ImageReader(record), matrix, scale, 64, 64)
    np.testing.assert_allclose(found, expected.astype(int), atol=10)


def test_pictures_of_large_images_are_small(record, monkeypatch):
    monkeypatch.setattr(pictures, "MOST", 50_000)
    mask = np.zeros((700, 900), bool)
    mask[40:400, 100:333] = True
    dot = np.zeros((700, 900), bool)
    dot[698, 899] = True
    objects = [{"id": n, "segmentation": masks.encode(one)} for n, one in enumerate([mask, dot])]
    pixels, (large, small) = pictures.picture(record, objects)
    assert pixels.shape == (175, 225, 3)
    np.testing.assert_allclose(
        pixels, images.read_image(record).reshape(175, 4, 225, 4, 3).mean(axis=(1, 3)), atol=1
    )
    assert masks.box(large["segmentation"]) == [25, 10, 58, 90]
    assert masks.box(small["segmentation"]) == [224, 174, 1, 1]
    assert large["id"] == 0 and objects[0]["segmentation"]["size"] == [700, 900]
