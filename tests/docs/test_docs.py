"""What the documents say of this repository is so: links lead somewhere, make targets and settings are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from function.settings import settings_from

ROOT = Path(__file__).parents[2]
MADE = {"build", "dist", "e2e-logs"}  # what make deploy and make e2e leave: copies, and others' documents
FOLDERS = [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in MADE]
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in [*ROOT.glob("*.md"), *(found for folder in FOLDERS for found in folder.rglob("*.md"))]
)
README = (ROOT / "README.md").read_text()

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_MAKE = re.compile(r"\bmake ([a-z0-9][a-z0-9-]*)")
_TARGET = re.compile(r"^([a-z0-9][a-z0-9-]*):(?!=)", re.MULTILINE)
_SETTING = re.compile(r"^\| `(\w+)` \| `([^`]+)` \|", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links(document: Path) -> None:
    """Each relative link leads to a file or folder that is here, and to a heading of it if it names one."""
    text = _CODE.sub("", (ROOT / document).read_text())
    broken = [link for link in _LINK.findall(text) if not _resolves((ROOT / document).parent, link)]
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_make_targets(document: Path) -> None:
    """Each make target that a document's code names is in the Makefile."""
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    code = "\n".join(_CODE.findall((ROOT / document).read_text()))
    assert set(_MAKE.findall(code)) - targets == set()


def test_every_decision_is_in_the_index() -> None:
    """docs/adr/README.md lists each decision once, under the title and the status that it has."""
    folder = ROOT / "docs/adr"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (\w+) \|$", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert listed == list(_decisions(folder))


def test_defaults_of_settings() -> None:
    """README's table of settings gives the real defaults."""
    defaults = dict(_SETTING.findall(README))
    assert settings_from(defaults) == settings_from({})


def _resolves(folder: Path, link: str) -> bool:
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return True  # an address elsewhere: tests ask nobody outside
    path, _, heading = link.partition("#")
    target = folder / path if path else folder
    return target.exists() and (not heading or heading in _headings(target))


def _headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as Git hosts make them."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _decisions(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    for path in sorted(folder.glob("[0-9]*.md")):
        text = path.read_text()
        title, status = (
            re.search(r"^# \d{4}: (.+)$", text, re.MULTILINE),
            re.search(r"^Status: (\w+)", text, re.MULTILINE),
        )
        assert title, f"{path.name} has no title"
        assert status, f"{path.name} has no status"
        yield path.name[:4], path.name, title[1], status[1]
