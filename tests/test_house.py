"""The parts of the project that must agree with each other do."""

import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import configuration
import sources
from coco.checks import CHECKS
from coco.formats.files import below


@pytest.mark.parametrize(
    "command",
    [
        "ruff check",
        "ruff format --check",
        "snakefmt --check Snakefile workflow",
        "snakemake --lint",
    ],
)
def test_formatters_and_linters_find_nothing(root, command):
    done = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=root, capture_output=True, text=True
    )
    assert not done.returncode, done.stdout + done.stderr


def test_environment_has_the_versions_of_the_lock_file(root):
    locked = {}
    for package in tomllib.loads((root / "uv.lock").read_text())["package"]:
        locked.setdefault(package["name"], set()).add(package.get("version"))
    environment = yaml.safe_load((root / "envs" / "mrcnn.yaml").read_text())
    pinned = dict(line.split("==") for line in environment["dependencies"][-1]["pip"])
    wrong = {name: version for name, version in pinned.items() if version not in locked[name]}
    assert not wrong


def test_environment_has_every_dependency_of_the_scripts(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    names = {line.split("=")[0].split(">")[0].split("<")[0] for line in project["dependencies"]}
    environment = (root / "envs" / "mrcnn.yaml").read_text()
    wanted = {name for name in names if not name.startswith("snakemake")}
    assert not {name for name in wanted if f"- {name}==" not in environment}


@pytest.fixture(scope="module")
def generate(root):
    """The program that writes the documentation."""
    specification = importlib.util.spec_from_file_location("generate", root / "docs/generate.py")
    generate = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(generate)
    return generate


def test_documentation_of_the_checks_is_up_to_date(root, generate):
    written = (root / "docs" / "checks.md").read_text()
    assert written == generate.check_pages.document(), "run: uv run python docs/generate.py"


def test_configuration_knows_the_checks_and_their_policies(root):
    """Each check for which there is a choice, with the policies that it can follow."""
    schema = configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    known = {
        name: set(schema["$defs"][part["$ref"].removeprefix("#/$defs/")]["enum"])
        for name, part in schema["$defs"]["policies"]["properties"].items()
    }
    assert known == {
        check.name: set(check.policies) for check in CHECKS.values() if len(check.policies) > 1
    }


def test_documentation_of_the_configuration_is_up_to_date(root, generate):
    schema = configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    written = (root / "docs" / "configuration.md").read_text()
    assert written == generate.document(schema), "run: uv run python docs/generate.py"
    reruns = (root / "docs" / "reruns.md").read_text()
    assert reruns == generate.with_modules(reruns), "run: uv run python docs/generate.py"


def test_every_key_of_the_configuration_is_described(root):
    schema = configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        for key, value in part.get("properties", {}).items():
            if "const" not in value:
                reference = value.get("$ref", "").removeprefix("#/$defs/")
                assert "description" in value or "description" in schema["$defs"][reference], key
        if "properties" in part and "allOf" not in part:
            assert part["additionalProperties"] is False


def test_export_with_a_file_per_split_is_several_sources(tmp_path):
    for name in ("train", "valid"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_annotations.coco.json").touch()
    config = {"dataset": "d", "sources": [{"format": "coco", "folder": str(tmp_path)}]}
    train, val = sources.importable(config)
    assert (train["format"], train["split"], val["split"]) == ("coco", "train", "val")
    config["sources"][0]["split"] = "test"
    assert {one["split"] for one in sources.importable(config)} == {"test"}
    assert list(sources.files(config)) == [one["annotations"] for one in (train, val)]


def test_files_of_sources(tmp_path):
    for name in ["a.json", "images/b/1.png", "images/2.png", "images/.hidden", "images/{x}.png"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    coco = {"format": "coco", "annotations": f"{tmp_path}/a.json", "images": f"{tmp_path}/images"}
    maps = {
        "format": "label_maps",
        "images": f"{tmp_path}/images/b",
        "labels": f"{tmp_path}/images",
    }
    maps["classes_csv"] = f"{tmp_path}/a.json"
    config = {"dataset": "d", "sources": [{"format": "demo", "images": 2}, coco, maps]}
    assert list(sources.files(config)) == [
        "results/d/demo/annotations.json",
        "results/d/demo/images/000.png",
        "results/d/demo/images/001.png",
        f"{tmp_path}/a.json",
        f"{tmp_path}/images/2.png",
        f"{tmp_path}/images/b/1.png",
        f"{tmp_path}/a.json",
        f"{tmp_path}/images/b/1.png",
        f"{tmp_path}/images/2.png",
        f"{tmp_path}/images/b/1.png",
    ]


def test_files_that_snakemake_cannot_watch_are_left_to_the_import(tmp_path):
    (tmp_path / "a.png").touch()
    Path(os.fsdecode(bytes(tmp_path) + b"/gr\xfcn.png")).touch()  # as Windows packs an umlaut
    (tmp_path / "gone.png").symlink_to("nowhere")
    (tmp_path / "in").mkdir()
    for name in ("self", "again"):
        (tmp_path / "in" / name).symlink_to("..")
    assert list(sources.visible(str(tmp_path))) == [str(tmp_path / "a.png")]
    assert len(list(below(tmp_path))) == 3
