"""Damages files of annotations at random, imports and validates them, and looks at what comes out.

    uv run python tests/fuzz_annotations.py 10000

Nothing may crash, hang or raise anything but InputError; what is accepted has to agree with the
pixels that scikit-image finds inside the same polygons. Each mutation has a number, which repeats
it: `--first 4711 1`.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
import shapely
from skimage.draw import polygon as pixels_inside

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]

from fuzz_sources import SEEDS  # noqa: E402
from mutations import mutate  # noqa: E402

import configuration  # noqa: E402
from coco import json_files, masks, validation  # noqa: E402
from coco.errors import InputError  # noqa: E402
from import_annotations import FORMATS, import_annotations  # noqa: E402

SECONDS = 20  # for one mutation
MEMORY = 6 * 2**30  # bytes
NEAR = 1.5  # px from the outline, where two ways to fill a polygon may differ


# What has to hold


def run(number: int, folder: Path) -> str:
    """What became of a mutation: refused, or accepted. Raises whatever should not happen."""
    rng = random.Random(number)
    name = list(SEEDS)[number % len(SEEDS)]
    data = folder / "data"
    data.mkdir()
    source, files = SEEDS[name](data)
    mutate(rng.choice(files), rng)
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    settings = configuration.complete({}, schema)
    try:
        output, embedded = folder / "imported.json", folder / "embedded"
        import_annotations([source], settings["images"], output, embedded)
        imported = json_files.read(folder / "imported.json")
        result = validation.validate(imported, None, settings["validation"])
        json_files.write(folder / "dataset.json", result.dataset)
    except InputError as error:
        assert len(str(error)) < 1000, "a message that nobody reads"
        return f"{name}: refused"
    check_dataset(result.dataset)
    if name == "coco":
        content = json.loads(Path(source["annotations"]).read_text(encoding="utf-8-sig"))
        for annotation in result.dataset["annotations"]:
            check_polygons(annotation, content["annotations"][annotation["id"] - 1])
    return f"{name}: accepted"


def check_dataset(dataset: dict):
    sizes = {image["id"]: (image["height"], image["width"]) for image in dataset["images"]}
    for annotation in dataset["annotations"]:
        mask = masks.decode(annotation["segmentation"])
        assert mask.shape == sizes[annotation["image_id"]]
        assert annotation["area"] == mask.sum() > 0
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        x, y, width, height = annotation["bbox"]
        assert (x, x + width) == (columns[0], columns[-1] + 1)
        assert (y, y + height) == (rows[0], rows[-1] + 1)


def check_polygons(annotation: dict, original: dict):
    """The mask differs from the polygons of the file near their outlines only."""
    polygons = original["segmentation"]
    if isinstance(polygons, dict):
        return
    mask = masks.decode(annotation["segmentation"])
    inside, outlines = np.zeros_like(mask), []
    for part in polygons:
        if len(part) >= 6:
            points = np.reshape(np.asarray(part, float), (-1, 2))
            rows, columns = pixels_inside(points[:, 1] - 0.5, points[:, 0] - 0.5, mask.shape)
            inside[rows, columns] = True
            outlines.append(shapely.linestrings([*points, points[0]]))
    y, x = np.nonzero(mask != inside)
    away = shapely.distance(shapely.union_all(outlines), shapely.points(x + 0.5, y + 0.5))
    assert (away <= NEAR).all(), f"{away.max():.1f} px from the outline of {polygons}"


# Many of them


def work(numbers: range, current, results):
    """Run mutations, and say which one is under way: this process may not survive it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    folder = Path(tempfile.mkdtemp())
    try:
        for number in numbers:
            current.value = number
            shutil.rmtree(folder)
            folder.mkdir()
            try:
                results.put((number, run(number, folder)))
            except BaseException:
                results.put((number, traceback.format_exc()))
    finally:
        shutil.rmtree(folder)


def survive(numbers: range):
    """Yield number and outcome of each mutation, whatever it does to the process that runs it."""
    context = multiprocessing.get_context("spawn")
    at, end = numbers.start, numbers.stop
    while at < end:
        current, results = context.Value("q", at), context.Queue()
        worker = context.Process(target=work, args=(range(at, end), current, results))
        worker.start()
        while at < end:
            try:
                number, outcome = results.get(timeout=SECONDS)
            except Exception:
                worker.kill()
                worker.join()
                number, outcome = current.value, f"crash or hang, exit code {worker.exitcode}"
            at = number + 1
            yield number, outcome
            if outcome.startswith("crash"):
                break
        worker.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="number of mutations")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    arguments = parser.parse_args()
    lacking = FORMATS.keys() - SEEDS
    if lacking:
        sys.exit(f"SEEDS has no files of the formats {', '.join(sorted(lacking))}")
    start, counts, failed = time.monotonic(), Counter(), 0
    for number, outcome in survive(range(arguments.first, arguments.first + arguments.count)):
        if ": " in outcome and "\n" not in outcome:
            counts[outcome] += 1
        else:
            failed += 1
            print(f"--- {number}\n{outcome}", flush=True)
    for outcome, count in sorted(counts.items()):
        print(f"{outcome}: {count}")
    print(f"failed: {failed} of {arguments.count}, {time.monotonic() - start:.0f} s")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
