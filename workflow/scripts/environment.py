"""What a job ran with: the version of the code, of packages, the machine.

It is noted beside the results, and decides none: dependencies.py leaves this file out.
"""

import hashlib
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from coco.checksums import digest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "albumentations",
    "imagecodecs",
    "jax",
    "keras",
    "numpy",
    "opencv-python-headless",
    "pandas",
    "pillow",
    "pycocotools",
    "scikit-learn",
    "scipy",
    "shapely",
    "snakemake",
    "tensorflow",
    "tifffile",
    "torch",
)


def describe() -> dict:
    """`code`, `versions`, `machine`."""
    return {"code": code(), "versions": versions(), "machine": machine()}


def code() -> dict:
    """The sha256 of the workflow's files, and the commit where there is one.

    `changed` is whether files differ from the commit; None where git cannot say.
    """
    files = [ROOT / "Snakefile", *sorted((ROOT / "workflow").rglob("*"))]
    content = hashlib.sha256()
    for path in files:
        if path.suffix in (".py", ".smk", ".yaml") or path.name == "Snakefile":
            content.update(f"{path.relative_to(ROOT).as_posix()} {digest(path)}\n".encode())
    commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain", "--", "workflow")
    return {
        "sha256": content.hexdigest(),
        "commit": commit or None,
        "changed": None if changes is None else bool(changes),
    }


def git(*arguments: str) -> str | None:
    """What git answers, of the workflow's own repository; None if it does not."""
    if not (ROOT / ".git").exists():
        return None
    try:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def versions() -> dict[str, str]:
    """Of Python, and of the packages that numbers may depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict:
    return {"system": platform.platform(), "processor": processor(), "cores": os.cpu_count()}


def processor() -> str:
    """The model of the processor, which Python itself does not know on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
