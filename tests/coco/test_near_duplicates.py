import hashlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from coco.images import inspect
from coco.near_duplicates import clusters, near_duplicates
from coco.thumbnails import read_thumbnail, thumbnail


def scene(seed, side=160):
    """A picture with detail of every size, as photos have it."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    frequency[0, 0] = np.inf
    cells = np.fft.irfft2(np.fft.rfft2(rng.normal(size=(side, side))) / frequency, s=(side, side))
    return np.clip(128 + 40 * cells / cells.std(), 0, 255).astype(np.uint8)


def cells(seed, side=256, number=12):
    """A slide: dark, with bright discs at random places."""
    rng = np.random.default_rng(seed)
    picture = rng.normal(20, 2, (side, side))
    for _ in range(number):
        y, x = rng.uniform(0, side, 2)
        rows, columns = np.mgrid[:side, :side]
        picture[np.hypot(rows - y, columns - x) < rng.uniform(6, 12)] = rng.uniform(60, 120)
    return np.clip(picture, 0, 255).astype(np.uint8)


def pairs(*pictures):
    found = near_duplicates(np.array([read_thumbnail(thumbnail([one])) for one in pictures]))
    return [tuple(map(int, pair)) for pair in found]


def jpeg(picture, quality=60):
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


PLANTS = {
    "resized": lambda picture: cv2.resize(picture, None, fx=0.6, fy=0.6),
    "recompressed": jpeg,
    "cropped at a corner": lambda picture: picture[:-12, 10:],
    "cropped on all sides": lambda picture: picture[8:-8, 8:-8],
    "brighter": lambda picture: np.clip(picture * 1.1 + 8, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("draw", [scene, cells])
def test_copies_are_found_and_nothing_else(plant, draw):
    pictures = [draw(seed) for seed in range(20)]
    copies = [PLANTS[plant](picture) for picture in pictures]
    assert pairs(*pictures, *copies) == [(number, number + 20) for number in range(20)]


def test_the_same_scene_with_another_object_is_no_copy():
    background = cells(0)
    pictures = [background.copy() for _ in range(6)]
    for number, picture in enumerate(pictures):
        cv2.circle(picture, (40 * number + 20, 30 + 35 * number), 14, 200, -1)
    assert pairs(*pictures) == []


def test_many_copies_are_one_cluster():
    pictures = [jpeg(scene(0), quality) for quality in range(40, 95)] + [scene(1), scene(2)]
    found = list(clusters([record(picture) for picture in pictures]))
    assert len(found) == 55
    assert len({first["sha256"] for _, first in found}) == 1


def test_no_images_and_one():
    assert pairs() == pairs(scene(0)) == []
    assert list(clusters([])) == []


def test_blank_images_are_not_compared():
    assert thumbnail([np.full((50, 60), 7, np.uint8)]) is None
    blank = {"sha256": "0", "orientation": 1, "thumbnail": None}
    assert list(clusters([blank, blank | {"sha256": "1"}])) == []


def test_copies_of_content_are_in_the_cluster_too():
    first, second = record(scene(0)), record(jpeg(scene(0)))
    found = list(clusters([first, second, dict(first), record(scene(1))]))
    smallest = min(first["sha256"], second["sha256"])
    assert [image["sha256"] for image, _ in found] == [
        first["sha256"],
        second["sha256"],
        first["sha256"],
    ]
    assert {one["sha256"] for _, one in found} == {smallest}


def record(picture):
    sha256 = hashlib.sha256(picture.tobytes()).hexdigest()
    return {"sha256": sha256, "orientation": 1, "thumbnail": thumbnail([picture])}


def test_photos_turned_by_their_exif_are_one_picture(shared, image_settings):
    for kind in ("Landscape", "Portrait"):
        paths = sorted((shared / "data" / "exif").rglob(f"{kind}_[1-8].jpg"))
        assert len(paths) == 8
        found = [inspect(path, image_settings) for path in paths]
        photos = [
            {"sha256": one.sha256, "orientation": one.exif, "thumbnail": one.thumbnail}
            for one in found
        ]
        assert len(list(clusters(photos))) == 8


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.float32])
def test_depth_and_channels_do_not_matter(tmp_path, image_settings, kind):
    picture = scene(1)
    Image.fromarray(picture).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "b.tif", picture.astype(kind) * kind(100))
    photos = []
    for path in (tmp_path / "a.png", tmp_path / "b.tif"):
        one = inspect(path, image_settings)
        photos.append({"sha256": one.sha256, "orientation": 1, "thumbnail": one.thumbnail})
    assert len(list(clusters(photos))) == 2


def test_real_images(shared):
    data = shared / "data"
    paths = [*data.glob("dsb2018/stage1_train/*/images/*.png"), *data.glob("nuts_coco/images/*")]
    pictures = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(paths)]
    copies = [jpeg(cv2.resize(picture, None, fx=0.7, fy=0.7)) for picture in pictures]
    found = set(pairs(*pictures, *copies))
    planted = {(number, number + len(pictures)) for number in range(len(pictures))}
    assert found <= planted
    assert len(found) >= 0.95 * len(planted)
