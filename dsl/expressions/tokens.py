"""From text to tokens. Everything that looks like a slip of the pen is refused here, at its place."""

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from dsl.durations import UNITS, DurationError, parse_duration
from dsl.expressions.errors import LITERAL, SYNTAX, TEMPLATE, TEXT_LITERAL, ExpressionError
from dsl.expressions.numbers import DIGITS

LARGEST_EXPONENT = 100


class Kind(Enum):
    """What a token is."""

    VALUE = "a value"
    NAME = "a name"
    SIGN = "a sign"
    END = "the end"


class Token(NamedTuple):
    """A word of the language at `source[start:end]`; `value` is what a literal means.

    `sign` is the operator or bracket that it is, also when it is spelt as a word.
    """

    kind: Kind
    text: str
    value: Any
    start: int
    end: int
    sign: str = ""


WORDS = {"and": "&&", "or": "||", "not": "!", "in": "in"}
"""Names that are operators, and the sign that each stands for."""

_DATE = re.compile(r"[0-9]{4}-[0-9]+-[0-9]+")
_STRICT_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"([0-9]+)(\.[0-9]+)?([eE][-+]?[0-9]+)?(%|[A-Za-z_0-9]+)?")
_NAME_OR_SIGN = re.compile(
    r"[ \t\r\n]*(?:([A-Za-z_][A-Za-z0-9_]*)|(&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}]))?"
)
"""What most tokens are, with the space before; the space alone before any other."""
_PLAIN_TEXT = {"'": re.compile(r"[^'\\\n\x00]*"), '"': re.compile(r'[^"\\\n\x00]*')}
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "/": "/",
}
_HEX = {"u": re.compile(r"[0-9a-fA-F]{4}"), "U": re.compile(r"[0-9a-fA-F]{8}")}

_HINTS = {
    "=": "compare with `==`",
    "&": "write `&&`",
    "|": "write `||`",
    "$": "this is an expression already: leave out `${` and `}`",
    "#": "there are no comments inside an expression",
    "`": "write text in double quotes",
    "\u201c": 'use the plain quotes `"`',
    "\u201d": 'use the plain quotes `"`',
    "\u2018": "use the plain quotes `'`",
    "\u2019": "use the plain quotes `'`",
    "^": "there is no power; multiply",
    "@": 'write text in double quotes, as in "a@b"',
    "≤": "write `<=`",
    "≥": "write `>=`",
    "≠": "write `!=`",
    "\u2212": "write `-`",
    "\u00d7": "write `*`",
    "÷": "write `/`",
}


class Lexer:
    """Reads one expression of `source` from `start` on: up to the end, or up to the `}` that closes `${`."""

    def __init__(self, source: str, start: int = 0, inside_template: bool = False) -> None:
        self.source = source
        self.at = start
        self.inside_template = inside_template
        self.braces = 0

    def tokens(self) -> list[Token]:
        """All tokens, the last of kind END at the end of the text or at the closing brace."""
        found: list[Token] = []
        while not found or found[-1].kind is not Kind.END:
            found.append(self._next())
            self.at = found[-1].end
        return found

    def _next(self) -> Token:
        match = _NAME_OR_SIGN.match(self.source, self.at)
        assert match is not None  # it matches nothing, too
        name, sign = match.groups()
        if name is not None:
            return self._name(name, match.end())
        if sign is not None:
            return self._sign(sign, match.end())
        start = self.at = match.end()
        if start >= len(self.source):
            if self.inside_template:
                raise self._error(
                    TEMPLATE, "`${` has no closing `}`", start, start, "close the expression with `}`"
                )
            return Token(Kind.END, "", None, start, start)
        letter = self.source[start]
        if letter in _PLAIN_TEXT:
            return self._text(letter)
        if letter.isascii() and letter.isdigit():
            return self._date() or self._number()
        shown = letter if letter.isprintable() else f"U+{ord(letter):04X}"
        raise self._error(SYNTAX, f"`{shown}` has no meaning here", start, start + 1, _HINTS.get(letter, ""))

    def _name(self, name: str, end: int) -> Token:
        start = end - len(name)
        if name.startswith("__"):
            raise self._error(
                SYNTAX, f"`{name}` is no name of the language", start, end, "names begin with a letter"
            )
        return Token(Kind.NAME, name, None, start, end, WORDS.get(name, ""))

    def _sign(self, sign: str, end: int) -> Token:
        start = end - len(sign)
        if sign == "}" and self.inside_template and not self.braces:
            return Token(Kind.END, "}", None, start, start)
        self.braces += (sign == "{") - (sign == "}")
        return Token(Kind.SIGN, sign, None, start, end, sign)

    def _date(self) -> Token | None:
        match = _DATE.match(self.source, self.at)
        if match is None:
            return None
        if not _STRICT_DATE.fullmatch(match[0]):
            raise self._error(
                LITERAL,
                f"`{match[0][:20]}` is no date",
                *match.span(),
                "write a date as 2026-01-31, and a subtraction with spaces",
            )
        try:
            value = date.fromisoformat(match[0])
        except ValueError:
            raise self._error(
                LITERAL, f"there is no day {match[0]}", *match.span(), "check month and day"
            ) from None
        if self.source[match.end() : match.end() + 1].isalnum():
            raise self._error(
                LITERAL,
                "a moment is written as text",
                *match.span(),
                f'put it in quotes, as in "{match[0]}T09:00:00Z"',
            )
        return Token(Kind.VALUE, match[0], value, *match.span())

    def _number(self) -> Token:
        match = _NUMBER.match(self.source, self.at)
        assert match is not None  # called at a digit
        whole, decimals, exponent, suffix = match.groups()
        number = whole + (decimals or "") + (exponent or "")
        if len(whole) > 1 and whole[0] == "0":
            plain = whole.lstrip("0") or "0"
            raise self._error(
                LITERAL,
                f"`{number[:20]}` begins with a zero",
                *match.span(),
                f"write {plain + (decimals or '')}",
            )
        if len(whole + (decimals or "")) > DIGITS + 1 or len(exponent or "") > 5:
            raise self._error(LITERAL, f"a number has at most {DIGITS} digits", *match.span())
        if exponent and abs(int(exponent[1:])) > LARGEST_EXPONENT:
            raise self._error(LITERAL, f"`{number}` is out of range", *match.span())
        if suffix and suffix != "%":
            return self._duration(match)
        value = Decimal(number) / 100 if suffix else Decimal(number)
        whole_number = not decimals and not suffix and value == value.to_integral_value()
        return Token(Kind.VALUE, match[0], int(value) if whole_number else value, *match.span())

    def _duration(self, match: re.Match[str]) -> Token:
        if match[4] not in UNITS:
            help = (
                f"units of time are {', '.join(UNITS)}; digits are not grouped; a name begins with a letter"
            )
            raise self._error(
                LITERAL, f"`{match[0][:40]}` is neither a number nor a duration", *match.span(), help
            )
        try:
            return Token(Kind.VALUE, match[0], parse_duration(match[0]), *match.span())
        except DurationError as error:
            raise self._error(LITERAL, str(error), *match.span()) from None

    def _text(self, quote: str) -> Token:
        start, at, parts = self.at, self.at + 1, list[str]()
        while True:
            plain = _PLAIN_TEXT[quote].match(self.source, at)
            assert plain is not None  # it matches nothing, too
            parts.append(plain[0])
            at = plain.end()
            letter = self.source[at : at + 1]
            if letter == quote:
                return Token(Kind.VALUE, "text", "".join(parts), start, at + 1)
            if letter != "\\":
                help = f"close it with {quote} on the same line; a line break inside is \\n"
                raise self._error(TEXT_LITERAL, "this text is not closed", start, at, help)
            escaped, at = self._escape(at)
            parts.append(escaped)

    def _escape(self, at: int) -> tuple[str, int]:
        letter = self.source[at + 1 : at + 2]
        if letter in _ESCAPES:
            return _ESCAPES[letter], at + 2
        digits = _HEX[letter].match(self.source, at + 2) if letter in _HEX else None
        point = int(digits[0], 16) if digits else -1
        if digits is None or not 0 < point <= 0x10FFFF or 0xD800 <= point <= 0xDFFF:
            help = r"known are \n \t \r \\ \' \" \/ \u00e9 \U0001f600"
            raise self._error(TEXT_LITERAL, "unknown escape in text", at, min(at + 2, len(self.source)), help)
        return chr(point), digits.end()

    def _error(self, code: str, message: str, start: int, end: int, help: str = "") -> ExpressionError:
        return ExpressionError(message, self.source, start, end, code, help)
