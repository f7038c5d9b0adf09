"""docs/errors.md, made from the codes: `python -m dsl.codes_page > docs/errors.md`."""

from collections.abc import Iterator

from dsl.codes import CODES, Code

_INTRODUCTION = """\
# Errors

Every problem that `kronos definitions validate` reports has a code, which keeps its meaning for ever.
K1xx are about files and YAML, K2xx about names and types, K3xx about flow, K4xx about triggers, K5xx about
tests of definitions. K9xx are warnings: they never keep a definition from being published.

This page is made from the codes themselves (`python -m dsl.codes_page`).
"""


def errors_page() -> str:
    """The whole page: one heading a code."""
    return "\n".join([_INTRODUCTION, *(line for code in CODES.values() for line in _section(code))])


def _section(code: Code) -> Iterator[str]:
    yield f"## {code.id}: {code.title}\n"
    yield f"{code.explanation}\n"
    if code.wrong:
        yield f"Wrong:\n```yaml\n{code.wrong}\n```"
    if code.right:
        yield f"Right:\n```yaml\n{code.right}\n```"
    if code.wrong or code.right:
        yield ""


if __name__ == "__main__":
    print(errors_page(), end="")
