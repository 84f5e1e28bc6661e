"""Trains the nuclei example for about 15 minutes on two cores, and prints its test AP.

    uv run python benchmarks/nuclei.py STAGE1_TRAIN SPLIT.json [--weights FILE]

STAGE1_TRAIN is a folder of the 2018 Data Science Bowl, SPLIT.json an object of the lists of ids
`train`, `val` and `test`, FILE the weights of keras.applications.MobileNetV2(alpha=0.35,
include_top=False); without it the backbone starts from scratch.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def configuration(images, split, weights) -> dict:
    """The example's, with the data and the split of the benchmark."""
    config = yaml.safe_load((ROOT / "config" / "examples" / "nuclei.yaml").read_text())
    config["dataset"] = "nuclei_pretrained" if weights else "nuclei_scratch"
    config["sources"][0]["folder"] = str(images)
    config["split"] = {"lists": dict.fromkeys(("train", "val", "test"), str(split))}
    for model in config["models"].values():
        model["architecture"]["weights"] = weights and str(weights)
    return config


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    paths = (path and path.resolve() for path in vars(arguments).values())
    config = configuration(*paths)
    results = ROOT / "results" / config["dataset"]
    results.mkdir(parents=True, exist_ok=True)
    file = results / "benchmark.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    command = ["snakemake", "--cores", "2", "--quiet", "rules", "--configfile", str(file)]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    print((results / "evaluation.tsv").read_text())


if __name__ == "__main__":
    main()
