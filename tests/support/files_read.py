"""Which catalogue files the functions of activities can reach, by reading their source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import activities

Function = tuple[str, str]
"""The module and the name of a function or a class of `activities/`."""


def files_read() -> dict[str, set[str]]:
    """For each activity the names it passes to `catalogue.read`, itself or through what it refers to."""
    package = Package()
    return {name: package.files(function) for name, function in package.activities()}


class Package:
    """The functions and classes of `activities/`, and what each of its modules imports of the others."""

    def __init__(self) -> None:
        self.defined: dict[Function, ast.AST] = {}
        self.imported: dict[str, dict[str, Function]] = {}
        for path in Path(activities.__file__ or "").parent.glob("*.py"):
            self._module(path.stem, ast.parse(path.read_text(encoding="utf-8")))

    def _module(self, module: str, tree: ast.Module) -> None:
        names = self.imported[module] = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.defined[module, node.name] = node
            elif isinstance(node, ast.ImportFrom):
                package, _, source = (node.module or "").partition(".")
                for one in node.names if package == "activities" else ():
                    # `from activities import x` brings a module, whose functions are its attributes.
                    names[one.asname or one.name] = (source or one.name, one.name if source else "")

    def activities(self) -> Iterator[tuple[str, Function]]:
        """Each activity's name and the function that implements it."""
        for function, node in self.defined.items():
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "implements":
                    yield ast.literal_eval(mark.args[0]), function

    def files(self, start: Function) -> set[str]:
        """The files that a function reads, and whatever it refers to."""
        seen: set[Function] = set()
        waiting, found = [start], set()
        while waiting:
            function = waiting.pop()
            if function in seen or function not in self.defined:
                continue
            seen.add(function)
            for node in ast.walk(self.defined[function]):
                found |= _file(node)
                waiting += self._referred(function[0], node)
        return found

    def _referred(self, module: str, node: ast.AST) -> Iterator[Function]:
        names = self.imported[module]
        if isinstance(node, ast.Name):
            yield names.get(node.id, (module, node.id))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            yield names[node.value.id][0], node.attr


def _file(node: ast.AST) -> set[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="read"), args=[ast.Constant(value=str(name)), *_]):
            return {name}
    return set()
