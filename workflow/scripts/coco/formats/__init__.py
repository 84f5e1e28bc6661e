"""Importers: one module per format of annotations.

Each has three functions. They translate and do not judge: what cannot be translated becomes a
`problem`, and stays in the data for the validation to find.

`read(source)` lists what the files of a source, as the configuration names them, hold:
categories `{source_id, name}`, images `{source_id, file_name, declared_width, declared_height}`
and annotations `{source_id, source_image_id, source_category_id, bbox, iscrowd}`, with `area` in
px² where the source declares it; the rest of an annotation is the format's own business. It raises
InputError if the files are not of the format.

`declared_size(image, annotations)` is the width and height that an image should have according to
its annotations, or None.

`translate(annotation, size)` makes the mask, for an image of that width and height (None if
unknown). It returns `segmentation` (RLE or None) and, where they apply, `extent` (the box of a
polygon's points, inside the image or not), `remarks` (what only the import can see, by the name of
the check that finds it), `problem`, and the `check` that finds that, if it is not `no_mask`. For
polygons, `coco.polygons.translate` returns all this, and `coco.errors.failed` what failed.
"""
