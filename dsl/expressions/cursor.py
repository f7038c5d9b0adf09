"""A place among the tokens of an expression: looking, stepping, and saying what does not fit."""

from collections.abc import Callable

from dsl.expressions.errors import SYNTAX, TOO_LARGE, ExpressionError
from dsl.expressions.syntax import MOST_NESTING, Node
from dsl.expressions.tokens import Kind, Token

_SPELT_OTHERWISE = {"True": "true", "False": "false", "None": "null", "AND": "and", "OR": "or", "NOT": "not"}

_MEANT = {
    ("<", ">"): "write `!=` for what is not the same",
    ("*", "*"): "there is no power; multiply",
    ("/", "/"): "divide with one `/`; there are no comments inside an expression",
    ("not", "in"): "write `!(a in b)`",
    ("", "if"): "write `condition ? a : b`",
}
"""By two tokens that stand side by side where one does not fit; no first one: whatever stands before."""


class Cursor:
    """Stands before a token, and counts how deep the parser has gone."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def ended(self) -> bool:
        """Is nothing left."""
        return self.next.kind is Kind.END

    @property
    def next(self) -> Token:
        """The token before which it stands."""
        return self.tokens[self.position]

    def advance(self) -> Token:
        """Step over the next token, and return it."""
        token = self.next
        self.position += 1
        return token

    def sign(self) -> str:
        """The operator or bracket that stands next; empty for names, values and the end."""
        return self.tokens[self.position].sign

    def accept(self, sign: str) -> bool:
        """Step over the sign if it stands next; did it."""
        if self.sign() != sign:
            return False
        self.position += 1
        return True

    def expect(self, sign: str, purpose: str) -> Token:
        """Step over the sign; an error when it does not stand next."""
        if self.sign() != sign:
            raise self.unexpected(f"`{sign}` {purpose}")
        return self.advance()

    def unexpected(self, wanted: str) -> ExpressionError:
        """The error that something else stands next than is wanted."""
        token = self.next
        found = "the expression ends"
        if token.kind is not Kind.END:
            found = f"here is `{self.source[token.start : token.end][:40]}`"
        return self.error(SYNTAX, f"{wanted} is expected, but {found}", token.start, token.end, self._hint())

    def _hint(self) -> str:
        """What the writer may have meant, judged by the token before the one that does not fit."""
        before = self.tokens[self.position - 1] if self.position else None
        if before is not None and before.kind is Kind.VALUE and before.text.endswith("%"):
            return f"{before.text} is a percentage; modulo needs a space before it, as in 7 % 2"
        if before is not None and before.text == "%":
            return "a percentage has no space before its sign, as in 5%"
        if self.sign() == ".":
            return "a number begins with a digit, as in 0.5"
        if meant := self._meant(before):
            return meant
        words = [
            token.text
            for token in (before, self.next)
            if token is not None and token.text in _SPELT_OTHERWISE
        ]
        return f"write `{_SPELT_OTHERWISE[words[0]]}`" if words else ""

    def _meant(self, before: Token | None) -> str | None:
        token = self.next.text
        after = self.tokens[self.position + 1].text if not self.ended() else ""
        pairs = ((before.text if before is not None else "", token), (token, after), ("", token))
        return next((_MEANT[pair] for pair in pairs if pair in _MEANT), None)

    def too_deep(self, start: int, end: int) -> ExpressionError:
        """The error of nesting too deep."""
        help = "compute a part of it in a `set` step before"
        return self.error(TOO_LARGE, f"an expression nests {MOST_NESTING} deep at most", start, end, help)

    def error(self, code: str, message: str, start: int, end: int, help: str = "") -> ExpressionError:
        """An error at a place of the text."""
        return ExpressionError(message, self.source, start, end, code, help)

    def nested(self, read: Callable[[], Node]) -> Node:
        """What `read` reads one level deeper; so deep a text is refused before Python's stack is."""
        self.depth += 1
        if self.depth > MOST_NESTING:
            raise self.too_deep(self.next.start, self.next.end)
        node = read()
        self.depth -= 1
        return node
