"""Whatever is done to the text of a definition: problems or a plan, never an exception."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl.plan_reader import read_plan
from dsl.release import File, Folder, build_release, check_folder
from tests.support.definitions import GOOD, folder
from tests.support.hostile import PIECES


@st.composite
def edited(draw: st.DrawFn) -> str:
    """The good definition with pieces put in, taken out, and lines moved."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        taken = draw(st.sampled_from((0, 0, 1, 3, 20)))
        piece = draw(st.sampled_from(PIECES) | st.text(max_size=4) | st.just(""))
        text = text[:start] + piece + text[start + taken :]
    if draw(st.booleans()):
        lines = text.split("\n")
        place, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        lines.insert(other, lines[place])
        text = "\n".join(lines)
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edited())
def test_an_edited_definition_has_problems_or_a_plan(text: str) -> None:
    """Every edit ends in a list of placed problems, or in a plan that can be read back."""
    given_folder = folder(text)
    problems = check_folder(given_folder)
    lines = text.encode(errors="replace").decode()
    for problem in problems:
        assert problem.line >= 1
        assert problem.end_column > problem.column >= 1
        assert problem.source_line in lines
    if not any(problem.is_error for problem in problems):
        for plan in build_release(given_folder).plans.values():
            read_plan(plan["document"], plan["digest"])


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode()))
def test_any_bytes_at_all_have_problems(content: bytes) -> None:
    """Bytes that are no definition are refused, whatever they are."""
    assert any(
        problem.is_error for problem in check_folder(Folder("", workflows=(File("a.yaml", "a", content),)))
    )
