"""What counts as a change of a script: the meaning of what it uses, and nothing else."""

import sys

import numpy as np
import pytest
import yaml

import configuration
import dependencies
import network
from coco import demo

FILES = {
    "job.py": """
        \"\"\"A job.\"\"\"
        import json
        import library.boxes
        from library import masks as m
        from library.shapes import draw

        def run():
            from library.late import LATE
            return draw(m.area(), LATE, json.dumps(1))

        def idle():
            return library.boxes.clip()

        if __name__ == "__main__":
            run()
        """,
    "library/__init__.py": "",
    "library/boxes.py": "def clip(): return 1",
    "library/masks.py": """
        from .errors import Wrong
        from library.deep import other, reached

        SIZE: int = 3

        def area():
            raise Wrong(SIZE, reached)

        def unused():
            return other
        """,
    "library/shapes.py": """
        from library.masks import unused
        from library.drawing import draw
        __all__ = ["draw", "unused"]
        """,
    "library/drawing.py": "from library import tools\n\ndef draw(*a): return getattr(tools, 'x')",
    "library/tools.py": "def x(): return 1",
    "library/errors.py": "class Wrong(Exception): pass",
    "library/deep.py": "reached, other = 1, 2\nprint('loaded')",
    "library/late.py": "LATE = 1",
    "library/alone.py": "ALONE = 1",
}


@pytest.fixture
def script(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    return tmp_path / "job.py"


def dedent(text):
    return "\n".join(line.removeprefix(" " * 8) for line in text.splitlines()).strip() + "\n"


def changed(script, name, old, new):
    """The files whose digest an edit changes."""
    before = dependencies.digests(script)
    path = script.parent / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    dependencies.digests.cache_clear()
    dependencies.module.cache_clear()
    after = dependencies.digests(script)
    return {file for file in {*before, *after} if before.get(file) != after.get(file)}


USED = {
    "a function through another module's import": ("library/drawing.py", "*a", "*b"),
    "a constant": ("library/masks.py", "SIZE: int = 3", "SIZE: int = 4"),
    "a base class": ("library/errors.py", "Exception", "ValueError"),
    "what is imported within a function": ("library/late.py", "1", "2"),
    "a module that is passed around": ("library/tools.py", "1", "2"),
    "what runs on import": ("library/deep.py", "'loaded'", "'here'"),
    "the script itself": ("job.py", "dumps(1)", "dumps(2)"),
    "where a name comes from": ("job.py", "import json", "import pickle as json"),
}


@pytest.mark.parametrize("what", USED)
def test_a_change_of_what_is_used_counts(what, script):
    name = USED[what][0]
    assert changed(script, *USED[what]) == {name}


UNUSED = {
    "a function that nothing calls": ("library/masks.py", "return other", "return 5"),
    "an import for others": ("library/shapes.py", "import unused", "import unused as u"),
    "a function of the script": ("job.py", "boxes.clip()", "boxes.clip(3)"),
    "what only that one uses": ("library/boxes.py", "return 1", "return 2"),
    "a docstring": ("job.py", "A job", "The job"),
    "a comment": ("library/masks.py", "def area():", "def area():  # of what?"),
    "formatting": ("library/masks.py", "Wrong(SIZE, reached)", "Wrong(\n        SIZE, reached,\n)"),
    "the order of imports": (
        "job.py",
        "import json\nimport library.boxes",
        "import library.boxes, json",
    ),
    "a module that is not imported": ("library/alone.py", "1", "2"),
}


@pytest.mark.parametrize("what", UNUSED)
def test_a_change_of_anything_else_does_not(what, script):
    assert changed(script, *UNUSED[what]) == set()


@pytest.fixture
def architecture(root):
    tiny = yaml.safe_load((root / "tests" / "config.yaml").read_text())
    schema = configuration.load_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    return configuration.complete(tiny, schema)["models"]["tiny"]["architecture"]


def draw(folder, _):
    demo.write(folder, images=3)


def find(folder, architecture):
    net = network.build(architecture, 64, 3, ["leaf"])
    net.save_weights(folder / "model.weights.h5")
    net.load_weights(folder / "model.weights.h5")
    net.find([np.zeros((64, 64, 3), np.uint8)])


@pytest.mark.parametrize(("script", "job"), [("make_demo", draw), ("predict", find)])
def test_every_function_that_runs_was_found(script, job, root, tmp_path, architecture):
    scripts, called = root / "workflow" / "scripts", set()

    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(str(scripts)):
            called.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.setprofile(note)
    try:
        job(tmp_path, architecture)
    finally:
        sys.setprofile(None)
    lines = {
        (str(path), line)
        for path, statements in dependencies.used(scripts / f"{script}.py").items()
        for node in statements
        if not dependencies.is_import(node)
        for line in range(first_line(node), node.end_lineno + 1)
    }
    assert len(called) > 5
    assert called <= lines


def first_line(node):
    return min(part.lineno for part in [node, *getattr(node, "decorator_list", [])])
