"""Importers: one module per format of annotations, and the table that names them.

Each has four functions. They translate and do not judge: what cannot be translated becomes a
`problem`, and stays in the data for the validation to find.

`recognise(source)` says what speaks for the format, in a few words that name a file, or returns
None. It gets the paths of a source whose `format` is not known, so it looks at few files, at
their beginnings, and raises nothing.

`read(source)` lists what the files of a source, as the configuration names them, hold:
categories `{source_id, name}`, images `{source_id, file_name, declared_width, declared_height}`
and annotations `{source_id, source_image_id, source_category_id, bbox, iscrowd}`, with `area` in
px² where the source declares it; the rest of an annotation is the format's own business. A
category that is no class has a `problem`, as an image may, both with the `check` that finds it;
`no_image` and `no_class` say why an annotation has none, where more than its id is wrong. An image
may have the `split` that the format puts it into, which counts if the source has `split: own`.
InputError, with file and record, is raised for files that are not of the format, and for what only
the user can decide: all faults of a kind at once. Images that are inside annotation files are
written to `source["embedded"]`, a folder that the import names.

`declared_size(image, annotations)` is the width and height that an image should have according to
its annotations, or None.

`translate(annotation, size)` makes the mask, for an image of that width and height (None if
unknown). It returns `segmentation` (RLE or None) and, where they apply, `extent` (the box of a
polygon's points, inside the image or not), `remarks` (what only the import can see, by the name of
the check that finds it), `problem`, and the `check` that finds that, if it is not `no_mask`. For
polygons, `coco.polygons.translate` returns all this, and `coco.errors.failed` what failed.
"""

from coco.formats import (
    coco_json,
    colour_masks,
    cvat,
    label_maps,
    labelme,
    mask_folder,
    via,
    voc,
    yolo,
)

FORMATS = {
    "coco": coco_json,
    "colour_masks": colour_masks,
    "cvat": cvat,
    "label_maps": label_maps,
    "labelme": labelme,
    "masks": mask_folder,
    "via": via,
    "voc": voc,
    "yolo": yolo,
}
