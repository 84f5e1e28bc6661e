"""Joins the predictions of a split's jobs into one COCO results file."""

import json
from pathlib import Path

import console


def gather_predictions(parts: list[Path], output: Path):
    """Write the detections of all `parts`, in their order, to `output`."""
    detections = [detection for part in parts for detection in json.loads(part.read_text())]
    output.write_text(json.dumps(detections, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        gather_predictions(
            [Path(part) for part in snakemake.input.predictions], Path(snakemake.output[0])
        )
