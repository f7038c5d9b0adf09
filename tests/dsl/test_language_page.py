"""The examples of docs/language.md are right, or wrong in the way that the page says."""

import re
from pathlib import Path

import pytest

from dsl.folder import File, Folder, check_folder, load_folder
from dsl.load import load

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "language.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
MISTAKES = re.findall(
    r"^\| `(.+?)` \| `(.+?)`(?: or `.+`)? \|$", PAGE.split("## Common mistakes")[1], re.MULTILINE
)


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_has_no_errors(text: str) -> None:
    """Whoever copies an example gets a definition that passes the checks."""
    shipped = load_folder(ROOT / "definitions")
    folder = Folder(
        "",
        workflows=(*shipped.workflows, File("page.yaml", "page", text.encode())),
        catalogue=shipped.catalogue,
    )
    assert [
        problem for problem in check_folder(folder) if problem.file == "page.yaml" and problem.is_error
    ] == []


@pytest.mark.parametrize(("wrong", "right"), MISTAKES)
def test_a_common_mistake_is_refused_and_its_correction_is_read(wrong: str, right: str) -> None:
    """Each row has a line that YAML misreads, and the line that it reads as it was meant."""
    wrong, right = wrong.replace("…", "wait: 1d"), right.replace("…", "wait: 1d")
    found = [problem.code for problem in load(wrong.encode(), "a.yaml")[1].problems]
    assert len(found) == 1
    assert found[0][:3] in ("K14", "K15")
    assert load(right.encode(), "a.yaml")[1].problems == []


def test_the_page_has_examples() -> None:
    """The patterns above find what they are meant to find."""
    assert len(EXAMPLES) >= 5
    assert len(MISTAKES) == 11
