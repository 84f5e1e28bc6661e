"""How many images a second one core brings from a shard into a batch, and whether memory is flat.

    uv run python benchmarks/input_side.py [--objects 8 375] [--images 64] [--epochs 12]

Writes a shard of drawn still lifes of 512 px, with the grain of a photograph, and reads it as
`train` does: record, PNG and bits into arrays, arrays into batches of two. Seconds are those of the
processor, of one thread, so that other work on the machine counts less. Memory is what is resident
after each epoch of a `fit` whose model does nothing.
"""

import argparse
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import backend
from backend import keras
from coco import checksums, json_files, records, shards, still_life, tfrecord
from coco.instances import Visible
from coco.views import View
from mrcnn.data import Batches

SIZE, BATCH, GRAIN, PER_PICTURE = 512, 2, 4.0, 12


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=int, nargs="+", default=[8, 375], help="per image")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=12)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    backend.start(threads=1)
    print("| objects | KB a record | images/s of a core | of 1 s: record | batch | MiB by epoch |")
    print("|---" * 6 + "|", flush=True)
    for objects in arguments.objects:
        with tempfile.TemporaryDirectory() as folder:
            index = write(Path(folder) / "1-of-1.tfrecord", arguments.images, objects)
            samples = shards.Reader([index])
            batches = Batches(samples, BATCH, samples.most_instances)
            reading, whole = seconds(samples), seconds(batches)
            memory = resident_over_epochs(batches, arguments.epochs)
        print(
            f"| {objects} | {np.mean([place[2] for place in samples.places]) / 1000:.0f} "
            f"| {len(samples) / whole:.0f} | {reading / whole:.2f} | {1 - reading / whole:.2f} "
            f"| {' '.join(f'{value:.0f}' for value in memory)} |",
            flush=True,
        )


def write(path: Path, images: int, objects: int) -> Path:
    """A shard of pictures with so many objects each; returns the path of its index."""
    rng, entries = np.random.default_rng(0), []
    pool = [still_life.draw(rng, 2 * PER_PICTURE) for _ in range(16)]
    with path.open("wb") as file:
        for number in range(images):
            view = picture(rng, pool, objects)
            image = {"id": number + 1, "file_name": f"{number}.png", "sha256": f"{number:064x}"}
            image |= {"height": SIZE, "width": SIZE}
            data = records.serialise(view, image)
            offset = tfrecord.append(file, data)
            entries.append({"offset": offset, "length": len(data), "instances": objects})
    index = {"sha256": checksums.digest(path), "classes": ["thing"], "size": SIZE, "channels": 3}
    json_files.write(path.with_suffix(".json"), index | {"records": entries})
    return path.with_suffix(".json")


def picture(rng, pool: list, objects: int) -> View:
    """Still lifes of a pool side by side; what they show beyond `objects` stays unannotated."""
    side = int(np.ceil(np.sqrt(objects / PER_PICTURE)))
    cell = SIZE // side
    pixels, seen = np.zeros((SIZE, SIZE, 3), np.uint8), []
    for top, left in product(range(0, cell * side, cell), repeat=2):
        drawn, things = pool[rng.integers(len(pool))]
        pixels[top : top + cell, left : left + cell] = cv2.resize(drawn, (cell, cell))
        seen += [visible(mask, top, left, cell) for _, mask in things]
    grainy = pixels + rng.normal(0, GRAIN, pixels.shape)
    pixels = np.clip(grainy, 0, 255).astype(np.uint8)
    if len(seen) < objects:
        raise SystemExit(f"Drew {len(seen)} objects, not {objects}: choose fewer.")
    return View(pixels, seen[:objects], 0, (0, 0, SIZE, SIZE), 1.0)


def visible(mask, top: int, left: int, cell: int) -> Visible:
    mask = cv2.resize(mask.astype(np.uint8), (cell, cell), interpolation=cv2.INTER_NEAREST) > 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    y1, y2, x1, x2 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return Visible((top + y1, left + x1, top + y2, left + x2), mask[y1:y2, x1:x2], 1, False)


def seconds(items) -> float:
    """Of the processor, the best of three passes over all items."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        for i in range(len(items)):
            items[i]
        taken.append(time.process_time() - start)
    return min(taken)


def resident_over_epochs(batches: Batches, epochs: int) -> list[float]:
    """MiB after each epoch of a training that only takes the batches in."""
    after = []
    remember = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: after.append(resident()))
    model = Idle()
    model.compile("sgd")
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=[remember])
    return after


class Idle(keras.Model):
    """Takes what `fit` feeds, and learns one number."""

    def build(self, *_):
        self.weight = self.add_weight(name="weight", shape=(1,))
        self.built = True

    def call(self, inputs):
        return self.weight

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return keras.ops.sum(y_pred**2)


def resident() -> float:
    """MiB of this process, as Linux counts them."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


if __name__ == "__main__":
    main()
