"""From tokens to the syntax tree, by precedence climbing, with CEL's precedence.

? :                          right to left
||  or
&&  and
== != < <= > >= in           from left to right
+ -
* / %
! not  -                     before their operand
.field  [key]  .macro(…)     behind it
"""

from collections.abc import Callable

from dsl.expressions.errors import LOOP_NAME, NO_PATH, SYNTAX, TOO_LARGE, ExpressionError
from dsl.expressions.syntax import (
    MACROS,
    MOST_CHARACTERS,
    MOST_MACROS,
    MOST_NESTING,
    Call,
    Chain,
    Compare,
    Index,
    ListOf,
    Literal,
    Logic,
    Macro,
    MapOf,
    Member,
    Name,
    Node,
    Ternary,
    Unary,
    walk,
)
from dsl.expressions.tokens import Kind, Lexer, Token

_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_KEYWORDS = frozenset([*_CONSTANTS, *_WORDS, "in"])
_TIERS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_LEVELS = {sign: level for level, signs in enumerate(_TIERS, 1) for sign in signs}
_LOOSEST = 1
_ORDERINGS = frozenset(["<", "<=", ">", ">="])
_SPELT_OTHERWISE = {"True": "true", "False": "false", "None": "null", "AND": "and", "OR": "or", "NOT": "not"}


def parse(source: str) -> Node:
    """The tree of an expression that is the whole of `source`; else ExpressionError."""
    _refuse_oversize(source, 0, len(source))
    return _Parser(source, Lexer(source).tokens()).whole()


def parse_at(source: str, start: int) -> tuple[Node, int]:
    """The tree of the expression that begins at `start`, and where the `}` stands that closes it."""
    tokens = Lexer(source, start, inside_template=True).tokens()
    _refuse_oversize(source, start, tokens[-1].start)
    return _Parser(source, tokens).whole(), tokens[-1].start


def _refuse_oversize(source: str, start: int, end: int) -> None:
    if end - start > MOST_CHARACTERS:
        message = f"the expression has {end - start} characters, at most {MOST_CHARACTERS} are read"
        raise ExpressionError(
            message, source, start, start + 1, TOO_LARGE, "split it over several `set` steps"
        )


class _Parser:
    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.macros = 0

    def whole(self) -> Node:
        if self._ended():
            help = "write a value or a condition"
            raise self._error(SYNTAX, "the expression is empty", 0, len(self.source), help)
        tree = self._expression()
        if not self._ended():
            raise self._unexpected("the end of the expression")
        for node, depth in walk(tree):
            if depth > MOST_NESTING:
                raise self._too_deep(node.start, node.end)
        return tree

    def _ended(self) -> bool:
        return self.next.kind is Kind.END

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def _advance(self) -> Token:
        token = self.next
        self.position += 1
        return token

    def _sign(self) -> str:
        """The operator or bracket that stands next; empty for names, values and the end."""
        token = self.next
        if token.kind is Kind.NAME:
            return _WORDS.get(token.text, "in" if token.text == "in" else "")
        return token.text if token.kind is Kind.SIGN else ""

    def _accept(self, sign: str) -> bool:
        if self._sign() != sign:
            return False
        self.position += 1
        return True

    def _expect(self, sign: str, purpose: str) -> Token:
        if self._sign() != sign:
            raise self._unexpected(f"`{sign}` {purpose}")
        return self._advance()

    def _expression(self) -> Node:
        test = self._binary(_LOOSEST)
        if not self._accept("?"):
            return test
        yes = self._nested(self._expression)
        self._expect(":", "and the value for otherwise")
        no = self._nested(self._expression)
        return Ternary(test.start, no.end, test, yes, no)

    def _nested(self, read: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MOST_NESTING:
            raise self._too_deep(self.next.start, self.next.end)
        node = read()
        self.depth -= 1
        return node

    def _binary(self, loosest: int) -> Node:
        """Operands joined by operators that bind at least as tightly as `loosest`."""
        left = self._unary()
        while (level := _LEVELS.get(self._sign(), 0)) >= loosest:
            left = self._joined(left, level)
        return left

    def _joined(self, left: Node, level: int) -> Node:
        """`left` and what the operators of one level add to it."""
        rest: list[tuple[Token, str, Node]] = []
        while _LEVELS.get(self._sign()) == level:
            sign = self._sign()
            token = self._advance()
            rest.append((token, sign, self._nested(lambda: self._binary(level + 1))))
        end = rest[-1][2].end
        if level >= _LEVELS["+"]:
            return Chain(left.start, end, left, tuple((sign, operand) for _, sign, operand in rest))
        if level < _LEVELS["=="]:
            return Logic(left.start, end, rest[0][1], (left, *(operand for _, _, operand in rest)))
        return self._compared(left, rest)

    def _compared(self, left: Node, rest: list[tuple[Token, str, Node]]) -> Node:
        for number, (token, sign, right) in enumerate(rest):
            if number >= MOST_NESTING:
                raise self._too_deep(token.start, token.end)
            if number and sign in _ORDERINGS and rest[number - 1][1] in _ORDERINGS:
                help = "write `a < b && b < c`"
                raise self._error(SYNTAX, "comparisons do not chain", token.start, token.end, help)
            left = Compare(left.start, right.end, sign, left, right)
        return left

    def _unary(self) -> Node:
        signs: list[tuple[str, int]] = []
        while (sign := self._sign()) and sign in "!-":
            signs.append((sign, self._advance().start))
            if len(signs) > MOST_NESTING:
                raise self._too_deep(signs[0][1], signs[-1][1])
        node = self._postfix(self._primary())
        for sign, start in reversed(signs):
            node = Unary(start, node.end, sign, node)
        return node

    def _postfix(self, node: Node) -> Node:
        links = 0
        while (sign := self._sign()) and sign in ".[":
            self._advance()
            node = self._member(node) if sign == "." else self._index(node)
            links += 1
            if links > MOST_NESTING:
                raise self._too_deep(node.start, node.end)
        return node

    def _member(self, base: Node) -> Node:
        field = self.next
        if field.kind is not Kind.NAME:
            raise self._unexpected('the name of a field after the dot; one that is no plain name as ["name"]')
        self._advance()
        if self._sign() == "(":
            return self._macro(base, field)
        return Member(base.start, field.end, base, field.text, field.start)

    def _index(self, base: Node) -> Node:
        key = self._nested(self._expression)
        return Index(base.start, self._expect("]", "after the key").end, base, key)

    def _macro(self, base: Node, kind: Token) -> Node:
        if kind.text not in MACROS:
            known = ", ".join(f"`.{name}`" for name in MACROS)
            help = f"functions are written {kind.text}(x); only {known} stand behind a value"
            raise self._error(SYNTAX, f"there is no `.{kind.text}(…)`", kind.start, kind.end, help)
        self._advance()
        variable = self._loop_name(kind.text)
        self.macros += 1
        if self.macros > MOST_MACROS:
            help = "compute the inner part in a step before"
            raise self._error(
                TOO_LARGE, f"macros nest {MOST_MACROS} deep at most", kind.start, kind.end, help
            )
        parts = [self._nested(self._expression)]
        if kind.text == "map" and self._accept(","):
            parts.append(self._nested(self._expression))
        self.macros -= 1
        end = self._expect(")", f"after the expression of `{kind.text}`").end
        condition = parts[0] if len(parts) == 2 else None
        return Macro(base.start, end, kind.text, base, variable, condition, parts[-1])

    def _loop_name(self, macro: str) -> Name:
        token = self.next
        if token.kind is not Kind.NAME or token.text in _KEYWORDS:
            help = f"write it as items.{macro}(item, item.field)"
            raise self._error(
                LOOP_NAME, f"`{macro}` needs a name for the element", token.start, token.end, help
            )
        self._advance()
        self._expect(",", f"and what `{macro}` does with each `{token.text}`")
        return Name(token.start, token.end, token.text)

    def _primary(self) -> Node:
        token = self.next
        if token.kind is Kind.VALUE:
            self._advance()
            return Literal(token.start, token.end, token.value)
        if token.kind is Kind.NAME and token.text not in _WORDS and token.text != "in":
            self._advance()
            return self._named(token)
        opening = self._sign()
        if opening == "(":
            return self._parenthesised()
        if opening == "[":
            return self._list()
        if opening == "{":
            return self._map()
        raise self._unexpected("a value")

    def _named(self, token: Token) -> Node:
        if token.text in _CONSTANTS:
            return Literal(token.start, token.end, _CONSTANTS[token.text])
        if self._sign() != "(":
            return Name(token.start, token.end, token.text)
        self._advance()
        arguments = self._items(")", f"after the arguments of `{token.text}`")
        call = Call(token.start, self.tokens[self.position - 1].end, token.text, arguments, token.end)
        if token.text == "has" and len(arguments) == 1 and not isinstance(arguments[0], Member | Index):
            help = "write has(a.b): it tells whether the field can be read"
            raise self._error(NO_PATH, "`has` takes a field", arguments[0].start, arguments[0].end, help)
        return call

    def _parenthesised(self) -> Node:
        self._advance()
        inner = self._nested(self._expression)
        self._expect(")", "to close the parenthesis")
        return inner

    def _list(self) -> Node:
        start = self._advance().start
        items = self._items("]", "to close the list")
        return ListOf(start, self.tokens[self.position - 1].end, items)

    def _items(self, closing: str, purpose: str) -> tuple[Node, ...]:
        """Expressions between commas up to the closing bracket, which is consumed; a last comma is fine."""
        items: list[Node] = []
        while self._sign() != closing:
            items.append(self._nested(self._expression))
            if not self._accept(","):
                break
        self._expect(closing, purpose)
        return tuple(items)

    def _map(self) -> Node:
        start = self._advance().start
        entries: list[tuple[Node, Node]] = []
        written: set[object] = set()
        while self._sign() != "}":
            key = self._key()
            if isinstance(key, Literal):
                if key.value in written:
                    raise self._error(SYNTAX, f"the key `{key.value}` stands twice", key.start, key.end)
                written.add(key.value)
            self._expect(":", "between key and value")
            entries.append((key, self._nested(self._expression)))
            if not self._accept(","):
                break
        return MapOf(start, self._expect("}", "to close the map").end, tuple(entries))

    def _key(self) -> Node:
        token = self.next
        if self._sign() == "(":
            return self._parenthesised()
        if token.kind is Kind.NAME or (token.kind is Kind.VALUE and isinstance(token.value, str)):
            self._advance()
            return Literal(token.start, token.end, token.text if token.kind is Kind.NAME else token.value)
        raise self._unexpected("a key: a name, text in quotes, or (an expression)")

    def _unexpected(self, wanted: str) -> ExpressionError:
        token = self.next
        found = "the expression ends"
        if token.kind is not Kind.END:
            found = f"here is `{self.source[token.start : token.end][:40]}`"
        return self._error(SYNTAX, f"{wanted} is expected, but {found}", token.start, token.end, self._hint())

    def _hint(self) -> str:
        """What the writer may have meant, judged by the token before the one that does not fit."""
        before = self.tokens[self.position - 1] if self.position else None
        if before is not None and before.kind is Kind.VALUE and before.text.endswith("%"):
            return f"{before.text} is a percentage; modulo needs a space before it, as in 7 % 2"
        if before is not None and before.text == "%":
            return "a percentage has no space before its sign, as in 5%"
        words = [
            token.text
            for token in (before, self.next)
            if token is not None and token.text in _SPELT_OTHERWISE
        ]
        return f"write `{_SPELT_OTHERWISE[words[0]]}`" if words else ""

    def _too_deep(self, start: int, end: int) -> ExpressionError:
        help = "compute a part of it in a `set` step before"
        return self._error(TOO_LARGE, f"an expression nests {MOST_NESTING} deep at most", start, end, help)

    def _error(self, code: str, message: str, start: int, end: int, help: str = "") -> ExpressionError:
        return ExpressionError(message, self.source, start, end, code, help)
