"""What all tests share: the scripts on the import path, and where things lie."""

from pathlib import Path

import pytest

import configuration

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items):
    """Slow files first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


def completed(config: dict) -> dict:
    """A configuration with the defaults of what it leaves out."""
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return configuration.complete(config, schema)


@pytest.fixture(scope="session")
def image_settings() -> dict:
    """The section `images` of a configuration that leaves it out."""
    return completed({})["images"]


@pytest.fixture
def recipe() -> dict:
    """An entry of `inputs`: 64 px, resized, augmented a little, all else by default."""
    given = {"size": 64, "preset": "small", "copies": 1}
    return completed({"inputs": {"small": given}})["inputs"]["small"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data beside the project; a test that asks for it is skipped where there is none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder}")
    return folder
