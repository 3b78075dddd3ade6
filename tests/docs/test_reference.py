"""The reference is complete: every public name, every key of zipline.toml, every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zipline as zl
import zipline.testing
from docs.doctests import fenced
from docs.hooks import COMMANDS, command_names, help_of, on_page_markdown
from zipline.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_every_public_name_is_described_once() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.md"))
    described = re.findall(r"^::: (zipline\.\S+)$", pages, re.MULTILINE)
    expected = [f"zipline.{name}" for name in zl.__all__]
    expected += [f"zipline.testing.{name}" for name in zipline.testing.__all__]
    assert sorted(set(expected) - set(described)) == []
    assert len(set(described)) == len(described)


def test_every_key_of_the_configuration_is_described() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    for section, kinds in SECTIONS.items():
        others = [] if kinds.others is None else ["NAME" if kinds.variables else "OPTION"]
        for key in (*kinds.keys, *others):
            assert f"| `[{section}] {key}` |" in page, f"[{section}] {key}"


def test_the_error_tree_holds_every_error() -> None:
    page = on_page_markdown((REFERENCE / "errors.md").read_text(encoding="utf-8"))
    tree = page.partition("```text\n")[2].partition("```")[0]
    errors = [name for name in zl.__all__ if name.endswith("Error")]
    assert sorted(re.findall(r"\w+Error", tree)) == sorted(errors)


@pytest.mark.parametrize("name", command_names())
def test_the_commands_describe_themselves(name: str) -> None:
    page = on_page_markdown((REFERENCE / "command-line.md").read_text(encoding="utf-8"))
    assert f"## zipline {name}\n\n```text\nUsage: zipline {name}" in page
    assert help_of(name) in page
    assert COMMANDS not in page


def test_the_commands_of_a_group_describe_themselves_too() -> None:
    page = on_page_markdown((REFERENCE / "command-line.md").read_text(encoding="utf-8"))
    assert f"### zipline key add\n\n```text\n{help_of('key', 'add')}" in page


def test_doctests_are_code() -> None:
    text = "Add one.\n\n>>> add(1)  # doctest: +SKIP\n2\n\nNo more.\n"
    assert fenced(text) == "Add one.\n\n```pycon\n>>> add(1)\n2\n```\n\nNo more."


def test_every_page_is_in_the_navigation() -> None:
    """`mkdocs build --strict` says so too, but later."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = re.findall(r": (\S+\.md)$|^ +- (\S+\.md)$", text, re.MULTILINE)
    pages = [str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")]
    assert sorted(first or second for first, second in named) == sorted(pages)
