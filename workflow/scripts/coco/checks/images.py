"""The checks of images: of their files, and of how the sources list them.

Those of UNUSABLE and DOUBTFUL are asked as check(image, files), with all files that its id stands
for; those of REPEATED as check(image, first), with an image of the same file that came before. What
a look into the file shows, the import leaves in the image: in its `problem`, with the name of the
`check`, or in its `remarks`.
"""

from coco.checks.registry import check


@check("image", "error", "quarantine", "stop")
def invalid_record(image: dict, files: set[str]) -> str | None:
    """The file of annotations lists an image without an id or name that can be used.

    Correct the record, or remove it.
    """
    return problem("invalid_record", image)


@check("image", "error", "quarantine", "stop")
def outside_folder(image: dict, files: set[str]) -> str | None:
    """The image lies outside the folder of its source, by its path or as a link.

    Put the file itself into the folder, or set the folder to one that holds all images.
    """
    return problem("outside_folder", image)


@check("image", "error", "quarantine", "stop")
def missing_image(image: dict, files: set[str]) -> str | None:
    """The annotations name an image whose file is not there.

    Copy the file to where the message looks for it, or correct the `file_name`.
    """
    return image["problem"] if image["sha256"] is None else None


@check("image", "error", "quarantine", "stop")
def empty_file(image: dict, files: set[str]) -> str | None:
    """The file has no content, often from a copy that broke off.

    Copy it again from its source.
    """
    return problem("empty_file", image)


@check("image", "error", "quarantine", "stop")
def several_pages(image: dict, files: set[str]) -> str | None:
    """The file holds several pages or frames: a stack, a film or an animation.

    Save each as an image of its own. If they are channels, save them as one page with so many.
    """
    return problem("several_pages", image)


@check("image", "error", "quarantine", "stop")
def too_many_pixels(image: dict, files: set[str]) -> str | None:
    """The image has more pixels than `images.max_pixels`, which keeps the memory within bounds.

    Cut it into several images, or raise `images.max_pixels`.
    """
    return problem("too_many_pixels", image)


@check("image", "error", "quarantine", "stop")
def wrong_channels(image: dict, files: set[str]) -> str | None:
    """The image has another number of channels than `images.channels`, and cannot be converted.

    Save it with as many as the others, or change `images.channels`.
    """
    return problem("wrong_channels", image)


@check("image", "error", "quarantine", "stop")
def not_finite(image: dict, files: set[str]) -> str | None:
    """Pixels of an image of floating-point numbers are not a number (NaN) or infinite.

    Replace them, for example with the darkest value.
    """
    return problem("not_finite", image)


@check("image", "error", "quarantine", "stop")
def unreadable_image(image: dict, files: set[str]) -> str | None:
    """The file is truncated, damaged, or of a kind that the pipeline cannot use.

    Copy it again from its source, or save it as the message says.
    """
    return image["problem"] if image["width"] is None else None


@check("image", "error", "quarantine", "stop")
def unannotated_image(image: dict, files: set[str]) -> str | None:
    """Nothing says whether there are objects in the image.

    Annotate it. If it shows no object, say so as its format does, such as by an empty folder.
    """
    return image.get("problem")


@check("image", "error", "quarantine", "keep", "stop")
def size_mismatch(image: dict, files: set[str]) -> str | None:
    """The file has another width or height than the annotations declare, or the label map has.

    Annotations of another size lie in the wrong place: put the file back that was annotated. If
    only the declared numbers are wrong, correct them, or set `keep`.
    """
    size = image["width"], image["height"]
    declared = image["declared_width"], image["declared_height"]
    if None in declared or declared == size:
        return None
    return f"{size[0]}x{size[1]} pixels, its annotations are for {declared[0]}x{declared[1]}"


@check("image", "warning", "keep", "quarantine", "stop")
def invalid_size(image: dict, files: set[str]) -> str | None:
    """The declared width or height is no number of pixels; the file's own counts.

    Nothing, if the annotations fit the file. Correct the numbers where they were exported.
    """
    return remark("invalid_size", image)


@check("image", "error", "quarantine", "stop")
def duplicate_image_id(image: dict, files: set[str]) -> str | None:
    """One id stands for several files, so that nobody knows whose the annotations are.

    Give each image its own id, and its annotations the right one.
    """
    return f"the id of {', '.join(sorted(files))}" if len(files) > 1 else None


@check("image", "info", "keep", "stop")
def wrong_extension(image: dict, files: set[str]) -> str | None:
    """The name of the file says another format than its content has.

    Nothing: the content counts. Other programs may stumble over it.
    """
    return remark("wrong_extension", image)


@check("image", "warning", "keep", "quarantine", "stop")
def constant_image(image: dict, files: set[str]) -> str | None:
    """All pixels of the image have the same value.

    Look whether the file is what it should be, and remove it if it shows nothing.
    """
    return remark("constant_image", image)


@check("image", "warning", "keep", "quarantine", "stop")
def extra_channels(image: dict, files: set[str]) -> str | None:
    """The image has more channels than are used, as its file says that the first are colours.

    Nothing, if colours are enough. Else save it without colours, and set `images.channels`.
    """
    return remark("extra_channels", image)


@check("image", "warning", "keep", "quarantine", "stop")
def orientation_guessed(image: dict, files: set[str]) -> str | None:
    """A photo is stored turned (EXIF), and its size does not tell if it was annotated like that.

    Look whether the masks lie on the objects. If they do not, set `images.exif` to `apply` or
    `ignore`; either also ends the warning.
    """
    return remark("orientation_guessed", image)


@check("image", "info", "keep", "stop")
def tagged_image(image: dict, files: set[str]) -> str | None:
    """The image as a whole has tags, which are not used: the model learns of objects alone.

    Nothing, unless they say that the image should not be used: then remove it.
    """
    return remark("tagged_image", image)


@check("image", "warning", "keep", "quarantine", "stop")
def class_without_object(image: dict, files: set[str]) -> str | None:
    """Parts of SegmentationClass touch no object of SegmentationObject: they count as background.

    Draw the objects that are missing. Nothing, if the class has no single objects, as the sky.
    """
    return remark("class_without_object", image)


@check("image", "error", "quarantine", "keep", "stop")
def soft_edges(image: dict, files: set[str]) -> str | None:
    """The edges of its label image are soft: each value on them counts as an object, or as another.

    Export it without anti-aliasing, and resize it by nearest neighbour. `keep`, if the objects are
    lines of one or two pixels side by side.
    """
    return remark("soft_edges", image)


@check("image", "warning", "keep", "quarantine", "stop")
def unlabelled_folder(image: dict, files: set[str]) -> str | None:
    """No photo of a folder has a file of labels: by YOLO's convention all count as empty.

    Copy the labels to where they are looked for, or leave the folder out of data.yaml. Nothing, if
    none of its photos shows an object.
    """
    return remark("unlabelled_folder", image)


@check("image", "warning", "keep", "stop")
def name_clash(image: dict, files: set[str]) -> str | None:
    """The names of two files differ only by upper and lower case.

    Rename one: on Windows and macOS they would be one file.
    """
    return remark("name_clash", image)


@check("image", "error", "quarantine", "stop")
def image_turned_two_ways(image: dict, first: dict) -> str | None:
    """A file is listed twice, with sizes that ask for different EXIF orientations.

    Annotate the image in one orientation, or take one of the two out.
    """
    same = image["orientation"] == first["orientation"]
    return None if same else f"listed with the id {first['source_id']} too, in another orientation"


@check("image", "warning", "repair", "stop", merges=True)
def image_listed_twice(image: dict, first: dict) -> str | None:
    """A file is listed twice; it becomes one image with the annotations of both.

    Nothing, if that is meant, such as with one file of annotations per class.
    """
    same = image["source"] == first["source"] and image["source_id"] == first["source_id"]
    return "listed twice" if same else f"listed with the id {first['source_id']} too"


@check("image", "error", "quarantine", "keep", "stop")
def no_usable_annotation(image: dict) -> str | None:
    """All annotations of an image are in quarantine, and without them it would count as empty.

    Mend its annotations. `keep` takes the image for one without objects.
    """
    return "all its annotations are in quarantine, but it is not empty"


@check("image", "warning", "keep", "stop")
def duplicate_image(image: dict, first: dict) -> str | None:
    """Two files have the same content; both are used, always in the same split.

    Remove one, unless both are meant to count.
    """
    return f"the same content as {first['file_name']}"


@check("image", "warning", "keep", "stop")
def near_duplicate(image: dict, first: dict) -> str | None:
    """Two files show the same picture, resized, recompressed or a little cropped; both are used.

    Remove one, unless both are meant to count. `split.near_duplicates` keeps them in one split.
    """
    return f"the same picture as {first['file_name']}"


UNUSABLE = (
    invalid_record,
    outside_folder,
    missing_image,
    empty_file,
    several_pages,
    too_many_pixels,
    wrong_channels,
    not_finite,
    unreadable_image,
    unannotated_image,
    size_mismatch,
    duplicate_image_id,
)
DOUBTFUL = (
    orientation_guessed,
    invalid_size,
    wrong_extension,
    constant_image,
    extra_channels,
    tagged_image,
    class_without_object,
    soft_edges,
    unlabelled_folder,
    name_clash,
)
REPEATED = (image_turned_two_ways, image_listed_twice)


def problem(name: str, image: dict) -> str | None:
    return image["problem"] if image.get("check") == name else None


def remark(name: str, image: dict) -> str | None:
    return image.get("remarks", {}).get(name)
