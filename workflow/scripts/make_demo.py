"""Draws the demo data set, so that a fresh clone has something to do."""

from pathlib import Path

import console
from coco import demo

if __name__ == "__main__":
    with console.logged(snakemake.log[0]):
        demo.write(
            Path(snakemake.output.annotations).parent,
            images=snakemake.params.images,
            seed=snakemake.params.seed,
        )
