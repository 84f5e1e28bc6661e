"""What a script consists of: the definitions that it uses, its own and those of modules beside it.

Snakemake does not look into imported modules, and takes a script's date for a change. Here the
meaning counts: not dates, comments, docstrings or formatting, nor what a script does not use.
"""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

# What is printed, noted and fetched of a job decides no result.
ASIDE = {"console.py", "downloads.py", "environment.py"}
ON_IMPORT, AS_SCRIPT = "", "__main__"  # what a module does by itself, beside the names it binds


@cache
def digests(script: Path) -> dict[str, str]:
    """A digest of what `script` uses of each file, by the file's path beside the script."""
    return {
        path.relative_to(script.parent).as_posix(): digest(statements)
        for path, statements in sorted(used(script).items())
    }


def digest(statements: set[ast.stmt]) -> str:
    """The same for the same meaning, whatever the formatting and the order of imports."""
    imports = sorted(text(node) for node in statements if is_import(node))
    others = sorted((node.lineno, text(node)) for node in statements if not is_import(node))
    content = [*imports, *(text for _, text in others)]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:12]


def used(script: Path) -> dict[Path, set[ast.stmt]]:
    """The statements of each file that decide what `script` does.

    Those that run when a module is imported, and the definitions that they name, directly or
    through others. A name counts wherever it stands: rather a definition too many than too few.
    """
    start = module(script, script.parent)
    waiting = [(start, ON_IMPORT, ()), (start, AS_SCRIPT, ())]
    found, seen = defaultdict(set), set()
    while waiting:
        place = waiting.pop()
        if place not in seen and place[0].path.name not in ASIDE:
            seen.add(place)
            home, name, attributes = place
            for statement in home.statements.get(name, ()):
                found[home.path].add(statement)
                waiting += home.named_in(statement, attributes)
            if name == ON_IMPORT:
                for statement in home.imports:
                    waiting += home.loaded_by(statement)
    return dict(found)


@cache
def module(path: Path, root: Path) -> "Module":
    return Module(path, root)


class Module:
    """The top level of a file.

    Attributes:
        statements: by the names that they bind; under ON_IMPORT those that bind none.
        imports: all import statements outside functions, of one name each.

    A place is a tuple: a module, a name in it, and the attributes that are asked of that name.
    """

    def __init__(self, path: Path, root: Path):
        self.path, self.root, self.imports = path, root, []
        self.package = path.relative_to(root).parent.parts
        self.statements = defaultdict(list)
        for statement in WithoutRemarks().visit(ast.parse(path.read_bytes(), str(path))).body:
            names = bound(statement)
            if not names and not isinstance(statement, ast.Pass) and not is_import(statement):
                main = text(statement).startswith("if __name__ == '__main__'")
                self.statements[AS_SCRIPT if main else ON_IMPORT].append(statement)
            for name in names:
                self.statements[name].append(statement)
            if not isinstance(statement, ast.FunctionDef):
                for name, single in imports_in(statement):
                    self.imports.append(single)
                    self.statements[name].append(single)

    def named_in(self, statement: ast.stmt, attributes: tuple[str, ...]) -> Iterator[tuple]:
        """The places that a statement refers to."""
        if is_import(statement):
            yield from self.behind(statement, attributes)
            return
        local = defaultdict(list)
        for name, single in imports_in(statement):
            local[name].append(single)
            yield from self.loaded_by(single)
        for name, *rest in chains(statement):
            yield self, name, tuple(rest)
            for single in local[name]:
                yield from self.behind(single, tuple(rest))

    def behind(self, single: ast.stmt, attributes: tuple[str, ...]) -> Iterator[tuple]:
        """The place that an imported name means; the whole module if it is passed around."""
        alias = single.names[0]
        path = self.dotted(single)
        if isinstance(single, ast.Import) and not alias.asname:
            path = path[:1]
        modules, rest = self.locate([*path, *attributes])
        if modules and rest and rest[0] in modules[-1].statements:
            yield modules[-1], rest[0], tuple(rest[1:])
        elif modules:
            yield from ((modules[-1], name, ()) for name in modules[-1].statements)

    def loaded_by(self, single: ast.stmt) -> Iterator[tuple]:
        modules, _ = self.locate(self.dotted(single))
        yield from ((one, ON_IMPORT, ()) for one in modules)

    def dotted(self, single: ast.stmt) -> list[str]:
        """The whole name of what is imported."""
        name = single.names[0].name.split(".")
        if isinstance(single, ast.Import):
            return name
        start = self.package[: len(self.package) + 1 - single.level] if single.level else ()
        return [*start, *(single.module.split(".") if single.module else []), *name]

    def locate(self, names: Sequence[str]) -> tuple[list["Module"], Sequence[str]]:
        """The modules on the way to a dotted name, and what of it is left."""
        modules, folder = [], self.root
        for position, name in enumerate(names):
            folder = folder / name
            package, file = folder / "__init__.py", folder.with_suffix(".py")
            if file.is_file():
                return [*modules, module(file, self.root)], names[position + 1 :]
            if package.is_file():
                modules.append(module(package, self.root))
            elif not folder.is_dir():
                return modules, names[position:]
        return modules, ()


class WithoutRemarks(ast.NodeTransformer):
    """Removes docstrings, and other constants that stand alone."""

    def visit_Expr(self, node):
        return ast.Pass() if isinstance(node.value, ast.Constant) else node


@cache
def text(statement: ast.stmt) -> str:
    return ast.unparse(statement)


def is_import(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


@cache
def imports_in(statement: ast.stmt) -> list[tuple[str, ast.stmt]]:
    """Each name that is imported in a statement, and an import of it alone."""
    found = []
    for node in ast.walk(statement):
        for alias in node.names if is_import(node) else ():
            if isinstance(node, ast.Import):
                name, single = alias.name.split(".")[0], ast.Import([alias])
            else:
                name, single = alias.name, ast.ImportFrom(node.module, [alias], node.level)
            found.append((alias.asname or name, single))
    return found


def bound(statement: ast.stmt) -> list[str]:
    """The names that a definition or an assignment binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = [node for target in targets for node in ast.walk(target)]
        return [
            node.id
            for node in names
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    return []


@cache
def chains(statement: ast.stmt) -> list[list[str]]:
    """Every name in a statement, with the attributes that follow it: `a.b.c` as [a, b, c]."""
    found, waiting = [], [(statement, [])]
    while waiting:
        node, attributes = waiting.pop()
        if isinstance(node, ast.Name):
            found.append([node.id, *attributes])
        elif isinstance(node, ast.Attribute):
            waiting.append((node.value, [node.attr, *attributes]))
        else:
            waiting += [(child, []) for child in ast.iter_child_nodes(node)]
    return found
