import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from coco import images, intensity, large_images
from coco.errors import InputError

HOSTILE = {  # all others can be used
    "unreadable_image": """
        broken.png broken_data_stream.png truncated_end_chunk.png truncated_image.png
        truncated_jpeg.jpg zero_width.gif seek_too_large.tif
        crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif
        crash-0e16d3bfb83be87356d026d66919deaefca44dac.tif
        crash-1152ec2d1a1a71395b6f2ce6721c38924d025bf3.tif
        crash-1185209cf7655b5aed8ae5e77784dfdd18ab59e9.tif
        crash-338516dbd2f0e83caddb8ce256c22db3bd6dc40f.tif
        crash-4f085cc12ece8cde18758d42608bed6a2a2cfb1c.tif
        crash-63b1dffefc8c075ddc606c0a2f5fdc15ece78863.tif
        crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif
        crash-f46f5b2f43c370fe65706c11449f567ecc345e74.tif
    """,
    "too_many_pixels": "decompression_bomb.gif",
    "several_pages": """
        blend_transparency.png comment_after_last_frame.gif crash-2020-10-test.tif
        decompression_bomb_extents.gif different_transparency.gif dispose_bgnd_rgba.gif
        dispose_bgnd_transparency.gif multipage-mmap.tiff multipage.tiff
        multipage_multiple_frame_loop.tiff multipage_out_of_order.tiff
        no_palette_with_transparency.gif no_palette_with_transparency_after_rgb.gif
        test_extents_transparency.gif total-pages-zero.tif transparent_dispose.gif
    """,
    "wrong_channels": "tiff_strip_cmyk_16l_jpeg.tif",  # CMYK of 16 bits
}


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)


@pytest.fixture
def settings(image_settings):
    """A function that changes settings of the section `images`; limits make values comparable."""

    def make(low=0, high=255, **changes):
        mapping = image_settings["intensity"] | {"range": [[low, high]]}
        return image_settings | {"intensity": mapping} | changes

    return make


def record(path, settings):
    """What the import writes of an image that can be used."""
    found = images.inspect(path, settings)
    assert found.problem is None, found.problem
    record = {"file_name": str(path), "width": found.width, "height": found.height}
    record |= {"channels": settings["channels"], "orientation": 1}
    return record | ({"intensity": found.intensity} if found.intensity else {})


def read(path, settings):
    pixels = images.read_image(record(path, settings))
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == settings["channels"]
    return pixels


def save(path, array, mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def save_bands(path, array, separate=False, **options):
    """A TIFF of an array [height, width, bands], of which tifffile makes pages unless told."""
    if array.shape[2] == 1:
        tifffile.imwrite(path, array[..., 0], **options)
    elif separate:
        tifffile.imwrite(path, np.moveaxis(array, 2, 0), planarconfig="separate", **options)
    else:
        tifffile.imwrite(path, array, photometric="minisblack", planarconfig="contig", **options)
    return path


# Up to 8 bits


def test_rgb_comes_back_as_it_is(tmp_path, picture, image_settings):
    path = save(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(read(path, image_settings), picture)
    found = images.inspect(path, image_settings)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.width, found.height, found.exif, found.problem) == (20, 12, 1, None)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_other_modes_become_rgb(tmp_path, picture, image_settings, mode, suffix):
    pixels = read(save(tmp_path / f"a.{suffix}", picture, mode), image_settings)
    expected = np.array(Image.fromarray(picture).convert(mode).convert("RGB"))
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "bmp"])
def test_formats_are_read_as_pillow_does(tmp_path, picture, image_settings, suffix):
    path = save(tmp_path / f"a.{suffix}", picture)
    with Image.open(path) as image:
        np.testing.assert_array_equal(read(path, image_settings), np.array(image))


def test_cmyk_becomes_rgb(tmp_path, image_settings):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.tif")
    assert read(tmp_path / "red.tif", image_settings)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_transparency_is_dropped(tmp_path, picture, image_settings, suffix):
    alpha = np.full((12, 20, 1), 200, np.uint8)
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"a.{suffix}", np.concatenate([picture, alpha], axis=2), **options)
    np.testing.assert_array_equal(read(path, image_settings), picture)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
def test_one_channel_is_grey_as_pillow_makes_it(tmp_path, picture, settings, mode):
    pixels = read(save(tmp_path / "a.png", picture, mode), settings(channels=1))
    converted = Image.fromarray(picture).convert(mode)
    expected = converted.convert("L" if mode in ("1", "LA") else "RGB").convert("L")
    np.testing.assert_array_equal(pixels[..., 0], expected)


def test_four_channels_are_all_that_is_stored(tmp_path, settings):
    stored = np.random.default_rng(0).integers(0, 256, (12, 20, 4), np.uint8)
    path = save(tmp_path / "a.png", stored)
    np.testing.assert_array_equal(read(path, settings(channels=4)), stored)


# More than 8 bits, and bands


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int16", "int32", "uint32", "float32"])
@pytest.mark.parametrize("bands", [1, 3, 5])
@pytest.mark.parametrize("separate", [False, True])
def test_bands_of_every_type(tmp_path, settings, dtype, bands, separate):
    stored = np.random.default_rng(0).integers(0, 120, (12, 20, bands)).astype(dtype)
    path = save_bands(tmp_path / "a.tif", stored, separate)
    np.testing.assert_array_equal(read(path, settings(channels=bands)), stored.astype(np.uint8))


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lzw"},
        {"compression": "zlib", "predictor": True},
        {"compression": "zstd"},
        {"tile": (16, 16)},
        {"byteorder": ">"},
        {"bigtiff": True},
    ],
)
def test_layouts_of_tiff(tmp_path, settings, options):
    stored = np.random.default_rng(0).integers(0, 4096, (40, 30, 5), np.uint16)
    path = save_bands(tmp_path / "a.tif", stored, **options)
    pixels = read(path, settings(0, 4096, channels=5))
    np.testing.assert_array_equal(pixels, intensity.to_8_bits(stored, [[0, 4096]]))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_not_cut_down(tmp_path, settings, channels, suffix):
    """Pillow itself would cut colours down to 8 bits without a word."""
    stored = np.random.default_rng(0).integers(0, 1000, (12, 20, channels), np.uint16)
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        cv2.imwrite(str(path), stored[..., [2, 1, 0, 3][:channels]] if channels > 1 else stored)
    else:
        kind = "rgb" if channels > 1 else "minisblack"
        alpha = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
        tifffile.imwrite(path, stored, photometric=kind, **alpha)
    expected = intensity.to_8_bits(stored[..., :3], [[0, 1000]])
    pixels = read(path, settings(0, 1000))
    np.testing.assert_array_equal(pixels, np.broadcast_to(expected, pixels.shape))


def test_percentiles_of_the_image_are_recorded_and_used(tmp_path, image_settings):
    stored = np.random.default_rng(0).normal(5000, 300, (90, 80)).astype(np.uint16)
    made = record(save(tmp_path / "a.png", stored), image_settings)
    ((low, high),) = made["intensity"]
    np.testing.assert_allclose([low, high], np.percentile(stored, [1, 99.8]), rtol=3e-3)
    expected = np.clip((stored - low) / (high - low), 0, 1) * 255
    np.testing.assert_allclose(images.read_image(made)[..., 0], expected, atol=0.51)


def test_white_may_be_0(tmp_path, settings):
    stored = np.array([[0, 65535, 1000]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="miniswhite")
    assert read(tmp_path / "a.tif", settings(0, 65535, channels=1)).ravel().tolist() == [
        255,
        0,
        251,
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("first", ["the image", "a smaller version"])
def test_smaller_versions_of_an_image_are_no_pages(tmp_path, settings, dtype, channels, first):
    stored = np.random.default_rng(0).integers(0, 256, (64, 64, channels), dtype)
    smaller = stored[::2, ::2].copy(), {"subfiletype": 1}
    mask = np.ones((64, 64), bool), {"subfiletype": 4, "photometric": "mask"}
    pages = [(stored, {}), smaller, mask] if first == "the image" else [smaller, (stored, {}), mask]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, kind in pages:
            file.write(pixels, **kind)
    np.testing.assert_array_equal(read(tmp_path / "a.tif", settings(channels=channels)), stored)


def test_numbers_that_stand_for_colours_are_not_taken_for_brightness(tmp_path, settings):
    stored = np.random.default_rng(0).integers(0, 2**16, (12, 20, 3), np.uint16)
    table = {"photometric": "palette", "colormap": np.zeros((3, 2**16), np.uint16)}
    for pixels, kind in ((stored[..., 0], table), (stored, {"photometric": "cielab"})):
        tifffile.imwrite(tmp_path / "a.tif", pixels, **kind)
        found = images.inspect(tmp_path / "a.tif", settings())
        assert found.check == "unreadable_image"
        assert "save it as RGB" in found.problem


def test_a_band_beside_rgb_is_left_out_with_a_remark(tmp_path, settings):
    stored = np.random.default_rng(0).integers(0, 256, (12, 20, 4), np.uint8)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric="rgb", extrasamples=["unspecified"])
    np.testing.assert_array_equal(read(path, settings()), stored[..., :3])
    assert "extra_channels" in images.inspect(path, settings()).remarks
    np.testing.assert_array_equal(read(path, settings(channels=4)), stored)
    assert not images.inspect(path, settings(channels=4)).remarks


@pytest.mark.parametrize("stored", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_another_number_of_channels_is_refused(tmp_path, settings, stored, channels):
    path = save_bands(tmp_path / "a.tif", np.zeros((12, 20, stored), np.uint16))
    found = images.inspect(path, settings(channels=channels))
    if stored == channels or {stored, channels} <= {1, 3}:
        assert found.problem is None
    else:
        assert found.check == "wrong_channels"
        assert f"{stored} channels" in found.problem
        assert f"images.channels is {channels}" in found.problem


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_pictures_are_rgb(tmp_path, settings, channels):
    stored = np.random.default_rng(0).integers(0, 256, (12, 20, channels), np.uint8)
    path = save_bands(tmp_path / "a.tif", stored)
    seen = images.as_rgb(images.read_image(record(path, settings(channels=channels))))
    black = np.zeros((12, 20), np.uint8)
    expected = {1: [0, 0, 0], 2: [0, 1], 3: [0, 1, 2], 5: [0, 1, 2]}[channels]
    expected = [stored[..., channel] for channel in expected] + [black]
    np.testing.assert_array_equal(seen, np.dstack(expected[:3]))


# Orientation


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
@pytest.mark.parametrize("deep", [False, True])
def test_stored_pixels_are_not_turned_by_the_reader(tmp_path, settings, suffix, deep):
    """Pillow turns TIFFs itself, and no others."""
    stored = np.zeros((12, 20), np.uint16 if deep else np.uint8)
    stored[:4, :9] = 255
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, stored, extratags=[(274, "H", 1, 6, True)])
    elif deep and suffix != "png":
        pytest.skip("has 8 bits only")
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        save(path, stored, exif=exif)
    made = record(path, settings())
    assert images.inspect(path, settings()).exif == 6
    assert (made["width"], made["height"]) == (20, 12)
    np.testing.assert_allclose(images.read_image(made)[..., 0], stored, atol=60)
    turned = images.read_image(made | {"orientation": 6, "width": 12, "height": 20})
    np.testing.assert_allclose(turned[..., 0], np.rot90(stored, -1), atol=60)


@pytest.mark.parametrize("shape", ["Landscape", "Portrait"])
def test_all_orientations_of_a_photo_look_alike(shared, image_settings, shape):
    """Within what JPEG loses: 9 photos each, without and with each orientation."""
    folder = shared / "data" / "exif"

    def upright(number):
        path = folder / f"{shape}_{number}.jpg"
        exif = images.inspect(path, image_settings).exif
        assert exif == max(number, 1)
        made = record(path, image_settings) | {"orientation": exif}
        if exif >= 5:
            made |= {"width": made["height"], "height": made["width"]}
        return images.read_image(made).astype(float)

    expected = upright(1)
    for number in (0, *range(2, 9)):
        found = upright(number)
        assert found.shape == expected.shape
        assert np.abs(found - expected).mean() < 12


# What cannot be used, or is odd


def encoded(array, file_format, **options):
    file = io.BytesIO()
    Image.fromarray(array).save(file, file_format, **options)
    return file.getvalue()


def noise(file_format):
    return encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), file_format)


def two_pages():
    pages = [Image.new("L", (9, 9))]
    return encoded(np.zeros((9, 9), np.uint8), "TIFF", save_all=True, append_images=pages)


@pytest.mark.parametrize(
    ("data", "check", "message"),
    [
        (b"", "empty_file", "empty"),
        (b"no image", "unreadable_image", "none of BMP"),
        (b"II*\0 no TIFF either", "unreadable_image", "save it as PNG"),
        (two_pages(), "several_pages", "2 pages"),
        (noise("PNG")[:5000], "unreadable_image", "truncated"),
        (noise("JPEG")[:2000], "unreadable_image", "truncated"),
        (encoded(np.full((9, 9), np.nan, np.float32), "TIFF"), "not_finite", "81 of 81"),
    ],
)
def test_unusable_file_is_refused_with_the_reason(tmp_path, image_settings, data, check, message):
    path = tmp_path / "a.img"
    path.write_bytes(data)
    found = images.inspect(path, image_settings)
    assert found.check == check
    assert message in found.problem
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.width is None


@pytest.mark.parametrize("kind", ["deep TIFF", "TIFF", "PNG"])
def test_large_image_is_refused_before_it_is_decoded(tmp_path, settings, kind):
    stored = np.zeros((11, 10), np.uint16 if "deep" in kind else np.uint8)
    Image.fromarray(stored).save(tmp_path / "a", kind.split()[-1])
    assert images.inspect(tmp_path / "a", settings(max_pixels=110)).problem is None
    for limit in (109, 1):
        assert images.inspect(tmp_path / "a", settings(max_pixels=limit)).check == "too_many_pixels"


def test_missing_file(tmp_path, image_settings):
    found = images.inspect(tmp_path / "a.png", image_settings)
    assert (found.check, found.problem) == ("missing_image", "the file does not exist")
    with pytest.raises(InputError, match=r"a\.png"):
        images.read_image({"file_name": str(tmp_path / "a.png"), "width": 1, "height": 1})
    assert images.inspect(tmp_path, image_settings).check == "missing_image"


@pytest.mark.parametrize(
    "name", ["leaf 1.png", "LEAF 1.JPG", "leaf%201.jpg", r"D:\photos\leaf 1.jpg", "leaf 1"]
)
def test_missing_file_whose_name_is_written_differently(name, tmp_path, image_settings):
    for suffix in ("jpg", "json", "txt"):
        (tmp_path / f"leaf 1.{suffix}").touch()
    found = images.inspect(tmp_path / name, image_settings)
    assert found.problem == "the file does not exist, but leaf 1.jpg does"


def test_missing_file_whose_letters_are_coded_differently(tmp_path, image_settings):
    there, listed = "bla\u0308tter.jpg", "bl\u00e4tter.jpg"
    (tmp_path / there).touch()
    found = images.inspect(tmp_path / listed, image_settings).problem
    assert found.endswith(f", but {there} does: its letters are coded differently, rename it")


def test_link_that_leads_nowhere(tmp_path, image_settings):
    (tmp_path / "a.png").symlink_to("gone.png")
    found = images.inspect(tmp_path / "a.png", image_settings)
    assert found.check == "missing_image"
    assert found.problem.startswith("a link to gone.png, which does not exist")


def test_missing_file_of_a_folder_that_is_missing_too(tmp_path, image_settings):
    (tmp_path / "leaf 1.jpg").touch()
    found = images.inspect(tmp_path / "C:/photos/leaf 1.jpg", image_settings)
    assert found.problem == f"the file does not exist, but {tmp_path}/leaf 1.jpg does"


@pytest.mark.parametrize("size", [(20, 13), (20, 11), (12, 20)])
def test_file_that_changed_since_the_import_is_refused(tmp_path, picture, image_settings, size):
    made = record(save(tmp_path / "a.png", picture), image_settings)
    with pytest.raises(InputError, match=r"a\.png: .*20x12"):
        images.read_image(made | {"width": size[0], "height": size[1]})


def test_extension_that_lies_is_a_remark(tmp_path, picture, image_settings):
    path = save(tmp_path / "a.png", picture, format="JPEG")
    found = images.inspect(path, image_settings)
    assert found.problem is None
    assert found.remarks == {"wrong_extension": "the name says PNG, the content is JPEG"}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_constant_image_is_a_remark(tmp_path, image_settings, dtype):
    path = save(tmp_path / "a.png", np.full((9, 9), 7, dtype))
    assert "constant_image" in images.inspect(path, image_settings).remarks
    assert len(np.unique(read(path, image_settings))) == 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("large", [large_images.LARGE, 0])
def test_hostile_images_are_used_or_refused_for_their_reason(
    shared, image_settings, monkeypatch, large
):
    monkeypatch.setattr(large_images, "LARGE", large)
    folder = shared / "data" / "hostile_images"
    expected = {name: check for check, names in HOSTILE.items() for name in names.split()}
    files = [path for path in sorted(folder.iterdir()) if path.suffix not in ("", ".json")]
    assert len(files) == 145
    assert expected.keys() <= {path.name for path in files}
    for path in files:
        found = images.inspect(path, image_settings)
        assert found.check == expected.get(path.name), path.name
        if found.problem is None:
            read(path, image_settings)


MEMORY = """
import json, pathlib, sys
from coco import images

def peak():  # MiB; not ru_maxrss, which a process takes over from its parent
    return int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024

before = peak()
for path in sys.argv[2:]:
    images.inspect(path, json.loads(sys.argv[1]))
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_hostile_images_need_little_memory(root, shared, image_settings):
    files = (shared / "data" / "hostile_images").iterdir()
    output = subprocess.run(
        [sys.executable, "-c", MEMORY, json.dumps(image_settings), *map(str, files)],
        env={"PYTHONPATH": str(root / "workflow" / "scripts")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    ).stdout
    assert float(output) < 150


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "float32"])
@pytest.mark.parametrize("bands", [1, 3])
def test_real_bands(shared, settings, name, bands):
    path = shared / "data" / "multiband" / f"test_{bands}_bands_{name}.tif"
    stored = tifffile.imread(path).reshape(100, 101, bands)
    limits = [float(stored.min()), float(stored.max())]
    pixels = read(path, settings(*limits, channels=bands))
    expected = 255 * (stored.astype(float) - limits[0]) / (limits[1] - limits[0])
    np.testing.assert_allclose(pixels, expected, atol=0.51)
