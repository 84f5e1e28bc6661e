import numpy as np
import pytest

from coco import masks
from coco.errors import InputError
from coco.formats import cvat

SIZE = 40, 30
SQUARE = '<polygon label="leaf" points="1.00,1.00;9.00,1.00;9.00,9.00;1.00,9.00"/>'


def document(shapes, image='name="a.jpg" width="40" height="30"'):
    return f"""<?xml version="1.0" encoding="utf-8"?>
        <annotations><version>1.1</version><meta><task><labels>
        <label><name>leaf</name></label><label><name>root</name></label>
        </labels></task></meta><image id="0" {image}>{shapes}</image></annotations>"""


@pytest.fixture
def read(tmp_path):
    def read(text, images="photos"):
        path = tmp_path / "annotations.xml"
        path.write_text(text)
        return cvat.read({"annotations": str(path), "images": str(images)})

    return read


def mask_of(annotation):
    return cvat.translate(annotation, SIZE)


def test_images_labels_and_shapes(read):
    categories, images, annotations = read(document(f'{SQUARE}<tag label="leaf"/>'))
    assert [one["name"] for one in categories] == ["leaf", "root"]
    assert images == [
        {
            "source_id": "a.jpg",
            "file_name": "photos/a.jpg",
            "declared_width": 40,
            "declared_height": 30,
            "remarks": {"tagged_image": "the tags leaf"},
        }
    ]
    assert [one["source_id"] for one in annotations] == ["a.jpg: polygon[0]"]
    assert annotations[0]["source_category_id"] == "leaf"
    assert masks.box(mask_of(annotations[0])["segmentation"]) == [1, 1, 8, 8]


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ('box xtl="2" ytl="3" xbr="12" ybr="8"', [2, 3, 10, 5]),
        ('box xtl="10" ytl="10" xbr="30" ybr="20" rotation="90.0"', [15, 5, 10, 20]),
        ('ellipse cx="20" cy="12" rx="8" ry="4"', [12, 8, 16, 8]),
        ('ellipse cx="20" cy="12" rx="8" ry="4" rotation="90"', [16, 4, 8, 16]),
    ],
)
def test_shapes(read, shape, box):
    annotation = read(document(f'<{shape} label="leaf"/>'))[2][0]
    assert masks.box(mask_of(annotation)["segmentation"]) == box


def test_run_lengths_of_a_mask_go_row_by_row(read):
    mask = '<mask label="leaf" rle="1, 3, 2, 2" left="5" top="6" width="4" height="2"/>'
    pixels = np.zeros((30, 40), bool)
    pixels[6:8, 5:9] = [[0, 1, 1, 1], [0, 0, 1, 1]]
    annotation = read(document(mask))[2][0]
    assert mask_of(annotation)["segmentation"] == masks.encode(pixels)


def test_group_joins_shapes_of_a_label(read):
    box = '<box label="{}" xtl="{}" ytl="0" xbr="{}" ybr="5" group_id="{}"/>'
    boxes = [("leaf", 0, 5, 1), ("leaf", 10, 15, 1), ("root", 20, 25, 1), ("leaf", 30, 35, 0)]
    annotations = read(document("".join(box.format(*one) for one in boxes)))[2]
    assert [one["source_id"] for one in annotations] == [
        "a.jpg: box[0], box[1]",
        "a.jpg: box[2]",
        "a.jpg: box[3]",
    ]
    assert masks.area(mask_of(annotations[0])["segmentation"]) == 50


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        ('polyline points="1,2;3,4;5,6"', "polyline without an area"),
        ('polygon points="1,2;3,4"', "a polygon of 4 numbers"),
        ('polygon points="1,2;3;5,6"', "not all"),
        ('polygon points=""', "a polygon without points"),
        ('box xtl="1"', "a box without ytl"),
        ('ellipse cx="nan" cy="1" rx="1" ry="1"', "nan for a coordinate"),
        ('mask rle="1, x" left="1" top="1" width="1" height="1"', "not all whole numbers"),
        ('mask rle="1, 9" left="1" top="1" width="2" height="2"', "10 pixels for a box of 2x2"),
        ('mask rle="1, 9" top="1" width="2" height="2"', "a mask without left"),
    ],
)
def test_untranslatable_shape_is_a_problem(read, shape, problem):
    with pytest.raises(InputError, match=problem):
        raise InputError(mask_of(read(document(f'<{shape} label="leaf"/>'))[2][0])["problem"])


@pytest.mark.parametrize(
    ("shape", "check"),
    [
        ('polygon points=""', "invalid_polygon"),
        ("polygon", "invalid_polygon"),
        ('mask rle="1, x" left="1" top="1" width="1" height="1"', "invalid_rle"),
        ('mask rle="1, 9" left="1" top="1" width="2" height="2"', "invalid_rle"),
    ],
)
def test_damaged_shape_has_the_name_of_what_is_wrong(read, shape, check):
    assert mask_of(read(document(f'<{shape} label="leaf"/>'))[2][0])["check"] == check


BOMB = """<!DOCTYPE annotations [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<annotations>&b;</annotations>"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotations><image", "line 1, column 14: not XML .*Is the file complete"),
        ("{}", "not XML"),
        ("", "not XML"),
        (BOMB, "a document type"),
        ('<?xml version="1.0" encoding="klingon"?><annotations/>', "unknown encoding"),
        ("<annotation/>", "XML of <annotation>"),
        ("<annotations/>", "has no <image>"),
        ("<annotations><track/></annotations>", "export the task again as CVAT for images 1.1"),
        (document("", image=""), r"image\[0\] has the name None"),
    ],
)
def test_other_files_are_refused(read, text, message):
    with pytest.raises(InputError, match=message) as refusal:
        read(text)
    assert "annotations.xml" in str(refusal.value)


def test_export_of_a_project_has_folders_for_subsets(shared):
    folder = shared / "data" / "formats" / "cvat_dataset" / "for_images" / "export_project"
    source = {"annotations": str(folder / "annotations.xml"), "images": str(folder / "images")}
    _, images, annotations = cvat.read(source)
    assert [one["source_id"] for one in images] == [
        f"{subset}/img{number}.jpg"
        for subset in ("Test", "Train", "Validation")
        for number in range(2)
    ]
    assert all((folder / "images" / one["source_id"]).samefile(one["file_name"]) for one in images)
    assert len(annotations) == 12
    assert masks.box(mask_of(annotations[0])["segmentation"]) == [0, 2, 4, 2]


def test_frames_of_a_video_have_a_suffix_that_the_file_leaves_out(read, tmp_path):
    for name in ("frame_000000.PNG", "plain"):
        (tmp_path / name).touch()
    sizes = 'width="40" height="30"'
    images = document("", f'name="frame_000000" {sizes}').replace(
        "</annotations>", f'<image name="plain" {sizes}/><image name="lost" {sizes}/></annotations>'
    )
    found = [image["file_name"] for image in read(images, tmp_path)[1]]
    assert found == [f"{tmp_path}/{name}" for name in ("frame_000000.PNG", "plain", "lost")]


def test_a_size_that_is_none_is_named(read):
    (image,) = read(document(SQUARE, 'name="a.jpg" width="40 px" height="30"'))[1]
    assert image["remarks"] == {"invalid_size": "width is '40 px'"}
    assert cvat.declared_size(image, []) is None


def test_video_is_refused_with_advice(shared):
    path = shared / "data" / "formats" / "cvat_dataset" / "for_video" / "annotations.xml"
    with pytest.raises(InputError, match="CVAT for video file, which has tracks; export"):
        cvat.read({"annotations": str(path), "images": "."})


def test_all_images_without_a_name_are_named(read):
    with pytest.raises(InputError, match=r"image\[0\] has the name None.*\n.*image\[1\] has"):
        read('<annotations><image/><image name=" "/></annotations>')


def test_an_image_without_a_name_stops_no_other(read):
    other = f'<image width="40" height="30">{SQUARE}</image>'
    _, images, annotations = read(f'<annotations><image name="a.jpg"/>{other}</annotations>')
    assert [one["source_id"] for one in images] == ["a.jpg", "image[1]"]
    assert images[1]["check"] == "invalid_record"
    assert images[1]["problem"] == "image[1] has the name None, expected a text"
    assert [one["source_image_id"] for one in annotations] == ["image[1]"]


def test_an_image_listed_twice_has_each_shape_once(read):
    image = f'<image name="a.jpg" width="40" height="30">{SQUARE}</image>'
    _, images, annotations = read(f"<annotations>{2 * image}</annotations>")
    assert [one["source_id"] for one in images] == ["a.jpg", "a.jpg"]
    ids = [one["source_id"] for one in annotations]
    assert ids == ["a.jpg: polygon[0]", "a.jpg: image[1], polygon[0]"]


def test_a_label_that_is_not_declared_is_no_class(read):
    """As in COCO: a slip of the pen makes no class of its own."""
    categories, _, annotations = read(document(SQUARE.replace("leaf", "laef")))
    assert [one["name"] for one in categories] == ["leaf", "root"]
    assert annotations[0]["source_category_id"] == "laef"
    undeclared = f'<annotations><image name="a.jpg">{SQUARE}</image></annotations>'
    assert [one["name"] for one in read(undeclared)[0]] == ["leaf"]
