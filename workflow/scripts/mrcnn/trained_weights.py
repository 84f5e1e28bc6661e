"""The original's weights, trained on COCO."""

import shutil
import urllib.request
from http.client import HTTPException
from pathlib import Path

from mrcnn.errors import ModelError

# Release 2.0. The file of the same kind in release 2.1 is of another model, of two classes.
COCO_MODEL_URL = "https://github.com/matterport/Mask_RCNN/releases/download/v2.0/mask_rcnn_coco.h5"
COCO_MODEL_BYTES = 257_557_808


def download_trained_weights(coco_model_path, verbose=1):
    """Fetch `mask_rcnn_coco.h5`, of a ResNet-101 with 81 classes.

    Args:
        coco_model_path: where to put it. Nothing is left there when the download fails.
        verbose: 1 says what happens.

    Raises:
        ModelError: when the file cannot be fetched, or is not as long as it should be.
    """
    path = Path(coco_model_path)
    part = path.with_name(path.name + ".part")
    if verbose:
        print(f"Downloading {COCO_MODEL_URL} to {path} ({COCO_MODEL_BYTES / 1e6:.0f} MB) ...")
    try:
        with urllib.request.urlopen(COCO_MODEL_URL, timeout=60) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file)
        received = part.stat().st_size
        if received != COCO_MODEL_BYTES:
            raise OSError(f"{received:,} bytes came, not {COCO_MODEL_BYTES:,}")
        part.replace(path)
    except (OSError, HTTPException) as error:
        raise ModelError(
            f"{COCO_MODEL_URL} could not be fetched: {error}. Check the network, or fetch the file "
            f"elsewhere, by a browser for instance, and put it at {path}."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    if verbose:
        print("... done.")
