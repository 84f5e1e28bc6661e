"""Data sets by the original's interface: subclass `Dataset`, add classes and images, prepare."""

import numpy as np
from PIL import Image

from mrcnn.errors import ModelError


class Dataset:
    """Images with objects, from one or several sources.

    A subclass fills it by `add_class` and `add_image`, and overrides `load_mask`. `prepare` comes
    last, and again after additions: it makes the attributes below.

    Attributes:
        class_info: list of dicts `source`, `id`, `name`; the background first.
        image_info: list of dicts `source`, `id`, `path`, and what else `add_image` was given.
        image_ids: int array, 0 to `num_images - 1`.
        class_ids: int array, 0 to `num_classes - 1`.
        class_names: names of the classes, each cut at its first comma.
        num_images, num_classes: how many there are, the background included.
        sources: names of the sources of classes; the background's is "".
        source_class_ids: dict from source to the ids of its classes, the background's included.
        class_from_source_map, image_from_source_map: dicts from "source.id" to the id here.
    """

    def __init__(self, class_map=None):
        self._image_ids = []
        self.image_info = []
        self.class_info = [{"source": "", "id": 0, "name": "BG"}]
        self.source_class_ids = {}
        self._known_classes = {("", 0)}

    def add_class(self, source, class_id, class_name):
        """Add a class, unless the source has one of this id already.

        Args:
            source: name of the source, without a dot.
            class_id: what the source calls it.
            class_name: for people.

        Raises:
            ModelError: when `source` has a dot.
        """
        if "." in source:
            raise ModelError(
                f"The source {source!r} has a dot, which stands between source and id, as in "
                "'coco.12': leave it out."
            )
        if (source, class_id) not in self._known_classes:
            self._known_classes.add((source, class_id))
            self.class_info.append({"source": source, "id": class_id, "name": class_name})

    def add_image(self, source, image_id, path, **kwargs):
        """Add an image; further arguments are kept in its `image_info`."""
        self.image_info.append({"id": image_id, "source": source, "path": path, **kwargs})

    def image_reference(self, image_id):
        """A link to the image, or what else helps to find it: for subclasses to override."""
        return ""

    def prepare(self, class_map=None):
        """Number classes and images. `class_map` does nothing, as in the original."""
        self.num_classes = len(self.class_info)
        self.class_ids = np.arange(self.num_classes)
        self.class_names = [str(info["name"]).split(",")[0] for info in self.class_info]
        self.num_images = len(self.image_info)
        self._image_ids = np.arange(self.num_images)
        self.class_from_source_map, self.image_from_source_map = (
            {f"{info['source']}.{info['id']}": i for i, info in enumerate(infos)}
            for infos in (self.class_info, self.image_info)
        )
        self.sources = list(dict.fromkeys(info["source"] for info in self.class_info))
        self.source_class_ids = {source: [0] for source in self.sources}
        for i, info in enumerate(self.class_info[1:], start=1):
            self.source_class_ids[info["source"]].append(i)

    def map_source_class_id(self, source_class_id):
        """The id here of a source's class, such as "coco.12".

        Raises:
            ModelError: when there is no such class.
        """
        if source_class_id not in self.class_from_source_map:
            raise ModelError(
                f"There is no class {source_class_id!r}, written 'source.id'; the sources are "
                f"{', '.join(self.sources[1:])}. Add it by `add_class` before `prepare`."
            )
        return self.class_from_source_map[source_class_id]

    def get_source_class_id(self, class_id, source):
        """What `source` calls the class `class_id`.

        Raises:
            ModelError: when the class is of another source.
        """
        info = self.class_info[class_id]
        if info["source"] != source:
            raise ModelError(f"Class {class_id} is of source {info['source']!r}, not {source!r}.")
        return info["id"]

    @property
    def image_ids(self):
        return self._image_ids

    def source_image_link(self, image_id):
        """Path or address of the image."""
        return self.image_info[image_id]["path"]

    def load_image(self, image_id):
        """An image from its file.

        As in the original, pixels stay as they lie in the file, whatever its EXIF orientation.

        Returns:
            `(H, W, 3)`, RGB, without alpha: uint8; 16-bit and float images keep their type.

        Raises:
            ModelError: when the file is no image, or a damaged one.
        """
        path = self.image_info[image_id]["path"]
        try:
            with Image.open(path) as image:
                deep = image.mode[0] in "IF"
                pixels = np.array(image if deep else image.convert("RGB"))
        except FileNotFoundError:
            raise
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ModelError(
                f"{path} cannot be read as an image: {error}. Repair it, or leave it out."
            ) from error
        return np.repeat(pixels[:, :, None], 3, axis=2) if deep else pixels

    def load_mask(self, image_id):
        """The objects of an image: for subclasses to override.

        Returns:
            masks: bool `(H, W, N)`.
            class_ids: int32 `(N,)`.
        """
        return np.empty((0, 0, 0), bool), np.empty(0, np.int32)
