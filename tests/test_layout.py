"""What the repository looks like from outside: the root doors, and files that are the same everywhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Written in pieces, so that this file does not find itself. `me` stands for anybody.
PLACES = re.compile(
    "|".join(
        [
            r"/(home|Users)/" + r"(?!me\b)[a-z]\w*",
            r"/" + r"root/",
            r"/" + r"work/(main|shared)",
            r"/" + r"tmp/\w",
            r"pypi\." + r"org",
            r"python" + r"hosted\.org",
            r"repo1?\." + r"maven\.",
            r"deb\." + r"debian\.",
        ]
    )
)

PIN = re.compile(r"[a-z0-9.-]+==\S+[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}")


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("name", ["dsl", "engines", "online"])
def test_a_root_door_is_a_relative_link_into_the_package(name: str) -> None:
    code, door = ROOT / "zipline" / name, ROOT / name
    assert door.is_symlink() == code.is_dir()
    if door.is_symlink():
        assert door.readlink() == Path("zipline", name)


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without `__init__.py` is in the wheel, but the import contract does not see it."""
    folders = {path.parent for path in (ROOT / "zipline").rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_tests_folder_hides_the_package() -> None:
    assert not (ROOT / "tests" / "zipline").exists()


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a binary file
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if PLACES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_a_lock_pins_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert entries
    assert [entry for entry in entries if not PIN.match(entry)] == []


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / lock).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("small", ["build.txt", "demo.txt"])
def test_the_full_lock_holds_the_small_one(small: str) -> None:
    assert pins(small) <= pins("test.txt")
