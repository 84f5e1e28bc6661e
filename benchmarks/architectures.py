"""Whether the geometry of "aligned" or that of "matterport" finds more on the demo.

    uv run snakemake --cores 2
    uv run python benchmarks/architectures.py results/demo [--seeds 0 1 2] [--epochs 10]

Trains the demo's model on its shards, once with each value of `ARCHITECTURE` and from the same
seeds, and prints the AP of the masks of the validation images, as `train` computes it.
"""

import argparse
import statistics
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import backend  # noqa: E402
import configuration  # noqa: E402
import network  # noqa: E402
import train  # noqa: E402
from backend import keras  # noqa: E402
from coco import shards  # noqa: E402
from mrcnn.config import Config  # noqa: E402
from mrcnn.data import Batches  # noqa: E402
from mrcnn.model import MaskRCNN  # noqa: E402

ARCHITECTURES = ("aligned", "matterport")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="what the demo has written")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    backend.start(arguments.threads)
    config = demo()
    splits = {
        split: shards.Reader(sorted(arguments.results.glob(f"shards/*/*/{split}/*.json")))
        for split in ("train", "val")
    }
    for architecture in ARCHITECTURES:
        found = [
            ap(architecture, seed, config, arguments.epochs, **splits) for seed in arguments.seeds
        ]
        text = " ".join(f"{value:.3f}" for value in found)
        print(f"{architecture}: {text}, mean {statistics.mean(found):.3f}", flush=True)


def demo() -> dict:
    """The section of the demo's model, complete."""
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return configuration.complete(config, schema)["models"]["demo"]


def ap(architecture: str, seed: int, config: dict, epochs: int, **splits) -> float:
    """The validation AP after one training."""
    keras.utils.set_random_seed(seed)
    samples, training = splits["train"], config["training"] | {"epochs": epochs}
    like = network.build(config["architecture"], samples.size, samples.channels, samples.classes)
    settings = {name: getattr(like.config, name) for name in Config.names()}
    # The optimizer decays the weights of both.
    settings |= {"ARCHITECTURE": architecture, "WEIGHT_DECAY": 0.0}
    model = MaskRCNN("training", Config(**settings), seed=seed)
    most = config["architecture"]["max_objects"]
    batches = Batches(samples, training["batch_size"], most, seed=seed)
    train.compile_network(model, training, steps_per_epoch=len(batches))
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return train.validation(splits["val"])(model)["val_AP"]


if __name__ == "__main__":
    main()
