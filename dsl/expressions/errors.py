"""What can be wrong with an expression, as data.

    Fault                   a fault without a place; what operators and functions raise
    Misplaced               the place and the facts that both errors below share
    ├── ExpressionError     the text is no expression: found when it is compiled
    └── EvaluationError     it could not be evaluated with these values: found when it runs

`code` is one of `dsl.codes`; nobody parses the message.
"""

from dataclasses import dataclass

SYNTAX = "K220"
TEXT_LITERAL = "K221"
LITERAL = "K222"
TOO_LARGE = "K223"
TEMPLATE = "K224"
UNKNOWN_NAME = "K225"
UNKNOWN_FIELD = "K204"
MISSING = "K226"
LATER = "K227"
NULL = "K228"
UNKNOWN_FUNCTION = "K229"
ARGUMENTS = "K230"
OPERANDS = "K231"
NEVER_EQUAL = "K232"
WRONG_RESULT = "K233"
LOOP_NAME = "K234"
NO_PATH = "K235"
ARITHMETIC = "K236"
EMPTY = "K237"
TOO_MUCH_WORK = "K238"
NO_TABLE = "K239"
NO_ROW = "K240"


class Fault(Exception):
    """A fault at a place that its raiser does not know."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help


class Misplaced(Exception):
    """`message` about `source[start:end]`; `path` leads to that text inside a template."""

    def __init__(
        self,
        message: str,
        source: str,
        start: int,
        end: int,
        code: str,
        help: str = "",
        path: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(message, source, start, end, code, help, path)
        self.message = message
        self.source = source
        self.start = start
        self.end = end
        self.code = code
        self.help = help
        self.path = path

    def __str__(self) -> str:
        where = f" at `{self.source[self.start : self.end][:60]}`" if self.start < self.end else ""
        return f"{self.message}{where}" + (f" ({self.help})" if self.help else "")


class ExpressionError(Misplaced):
    """The text is no expression of the language."""


class EvaluationError(Misplaced):
    """The expression has no value for the names it was given."""

    @property
    def type(self) -> str:
        """The type of error that a run fails with, and that a `catch` can name."""
        return "NoRow" if self.code == NO_ROW else "ExpressionFailed"


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the text of an expression, to blame when something goes wrong there."""

    source: str
    start: int
    end: int

    def error(self, fault: Fault) -> EvaluationError:
        """`fault` at this place."""
        return EvaluationError(fault.message, self.source, self.start, self.end, fault.code, fault.help)
