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


@pytest.fixture(scope="session")
def image_settings() -> dict:
    """The section `images` of a configuration that leaves it out."""
    schema = configuration.load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return configuration.complete({}, schema)["images"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data beside the project; a test that asks for it is skipped where there is none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder}")
    return folder
