"""config/README.md: a line for each folder, and no line for one that is not there."""

import re

from tests.config.rendering import CONFIG


def test_a_line_for_each_folder() -> None:
    """The two tables name the folders of config/, and those of components/, each once."""
    folders, components = re.findall(r"\| (?:folder|component) \| holds \|\n\|---\|---\|\n((?:\|.*\n)+)", _text())
    tops = [path for path in CONFIG.iterdir() if path.is_dir() and path.name not in {"components", "overlays"}]
    overlays = (CONFIG / "overlays").iterdir()
    assert _names(folders) == sorted(str(path.relative_to(CONFIG)) for path in (*tops, *overlays))
    assert _names(components) == sorted(path.name for path in (CONFIG / "components").iterdir())


def _text() -> str:
    return (CONFIG / "README.md").read_text()


def _names(table: str) -> list[str]:
    """The names in the first column."""
    return sorted(name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split("|")[1]))
