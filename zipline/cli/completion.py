"""Completion of names in the shell: read off the text of the modules, so that Tab runs nobody's code.

What is wrong, or not in a repository, completes to nothing: an error would tear the line that is being written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import typer

_KINDS = ("FeatureView", "FeatureService")


def complete_name(context: typer.Context, incomplete: str) -> list[str]:
    """Return the services and views whose names begin with a text."""
    found: list[str] = []
    with suppress(Exception):  # any fault of a file or of the system
        from zipline.modules import module_files

        root = _root(context)
        for file in module_files(root) if root else ():
            with suppress(Exception):
                found += _names(file.read_text(encoding="utf-8"))
    return sorted({name for name in found if name.startswith(incomplete)})


def complete_profile(context: typer.Context, incomplete: str) -> list[str]:
    """Return the profiles whose names begin with a text."""
    with suppress(Exception):
        import tomllib

        from zipline.configuration import CONFIG

        root = _root(context)
        if root is not None:
            profiles = tomllib.loads((root / CONFIG).read_text(encoding="utf-8")).get("profile", {})
            return sorted(name for name in profiles if name.startswith(incomplete))
    return []


def _root(context: typer.Context) -> Path | None:
    """Return the repository that --repo names, or that the current folder is in."""
    from zipline.configuration import find_root

    given = context.params.get("repo")
    return Path(given).expanduser() if given else find_root(Path.cwd())


def _names(source: str) -> Iterator[str]:
    """Return the names that a module's text gives to views and services.

    >>> list(_names('import zipline as zl; zl.FeatureView("clicks", features=[zl.Count()])'))
    ['clicks']
    """
    import ast

    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        named = [each.value for each in node.keywords if each.arg == "name"] or node.args[:1]
        if (
            called in _KINDS
            and named
            and isinstance(named[0], ast.Constant)
            and isinstance(named[0].value, str)
        ):
            yield named[0].value
