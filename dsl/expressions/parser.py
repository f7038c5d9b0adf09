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

from functools import lru_cache

from dsl.expressions import syntax
from dsl.expressions.cursor import Cursor
from dsl.expressions.errors import LOOP_NAME, NO_PATH, SYNTAX, TEMPLATE, TOO_LARGE, ExpressionError
from dsl.expressions.syntax import MACROS, MOST_CHARACTERS, MOST_MACROS, MOST_NESTING, Node, walk
from dsl.expressions.tokens import WORDS, Kind, Lexer, Token

_CONSTANTS = {"true": True, "false": False, "null": None}
_KEYWORDS = frozenset([*_CONSTANTS, *WORDS])
_TIERS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_LEVELS = {sign: level for level, signs in enumerate(_TIERS, 1) for sign in signs}
_LOOSEST = 1
_ORDERINGS = frozenset(["<", "<=", ">", ">="])


@lru_cache(maxsize=1024)
def parse(source: str) -> Node:
    """The tree of an expression that is the whole of `source`; else ExpressionError."""
    _refuse_oversize(source, 0, len(source))
    return _Parser(source, Lexer(source).tokens()).whole()


def parse_at(source: str, start: int) -> tuple[Node, int]:
    """The tree of the expression that begins at `start`, and where the `}` stands that closes it."""
    tokens = Lexer(source, start, inside_template=True).tokens()
    closing = tokens[-1].start
    _refuse_oversize(source, start, closing)
    if len(tokens) == 1:
        help = "write a value, or take `${ }` away"
        message = "nothing stands inside `${ }`"
        raise ExpressionError(message, source, start - 2, closing + 1, TEMPLATE, help)
    return _Parser(source, tokens).whole(), closing


def _refuse_oversize(source: str, start: int, end: int) -> None:
    if end - start > MOST_CHARACTERS:
        message = f"the expression has {end - start} characters, at most {MOST_CHARACTERS} are read"
        raise ExpressionError(
            message, source, start, start + 1, TOO_LARGE, "split it over several `set` steps"
        )


class _Parser(Cursor):
    macros = 0
    """How many macros stand around the next token."""

    def whole(self) -> Node:
        if self.ended():
            help = "write a value or a condition"
            raise self.error(SYNTAX, "the expression is empty", 0, len(self.source), help)
        tree = self._expression()
        if not self.ended():
            raise self.unexpected("the end of the expression")
        # Every level takes a token at least: few of them need not be walked.
        for node, depth in walk(tree) if len(self.tokens) > MOST_NESTING else ():
            if depth > MOST_NESTING:
                raise self.too_deep(node.start, node.end)
        return tree

    def _expression(self) -> Node:
        test = self._binary(_LOOSEST)
        if not self.accept("?"):
            return test
        yes = self.nested(self._expression)
        self.expect(":", "and the value for otherwise")
        no = self.nested(self._expression)
        return syntax.Ternary(test.start, no.end, test, yes, no)

    def _binary(self, loosest: int) -> Node:
        """Operands joined by operators that bind at least as tightly as `loosest`."""
        left = self._unary()
        while (level := _LEVELS.get(self.sign(), 0)) >= loosest:
            left = self._joined(left, level)
        return left

    def _joined(self, left: Node, level: int) -> Node:
        """`left` and what the operators of one level add to it."""
        rest: list[tuple[Token, str, Node]] = []
        while _LEVELS.get(self.sign()) == level:
            sign = self.sign()
            token = self.advance()
            rest.append((token, sign, self.nested(lambda: self._binary(level + 1))))
        end = rest[-1][2].end
        if level >= _LEVELS["+"]:
            return syntax.Chain(left.start, end, left, tuple((sign, operand) for _, sign, operand in rest))
        if level < _LEVELS["=="]:
            return syntax.Logic(left.start, end, rest[0][1], (left, *(operand for _, _, operand in rest)))
        return self._compared(left, rest)

    def _compared(self, left: Node, rest: list[tuple[Token, str, Node]]) -> Node:
        for number, (token, sign, right) in enumerate(rest):
            if number >= MOST_NESTING:
                raise self.too_deep(token.start, token.end)
            if number and sign in _ORDERINGS and rest[number - 1][1] in _ORDERINGS:
                help = "write `a < b && b < c`"
                raise self.error(SYNTAX, "comparisons do not chain", token.start, token.end, help)
            left = syntax.Compare(left.start, right.end, sign, left, right)
        return left

    def _unary(self) -> Node:
        signs: list[tuple[str, int]] = []
        while (sign := self.sign()) and sign in "!-":
            signs.append((sign, self.advance().start))
            if len(signs) > MOST_NESTING:
                raise self.too_deep(signs[0][1], signs[-1][1])
        node = self._postfix(self._primary())
        for sign, start in reversed(signs):
            node = syntax.Unary(start, node.end, sign, node)
        return node

    def _postfix(self, node: Node) -> Node:
        links = 0
        while (sign := self.sign()) and sign in ".[":
            self.advance()
            node = self._member(node) if sign == "." else self._index(node)
            links += 1
            if links > MOST_NESTING:
                raise self.too_deep(node.start, node.end)
        return node

    def _member(self, base: Node) -> Node:
        field = self.next
        if field.kind is not Kind.NAME:
            raise self.unexpected('the name of a field after the dot; one that is no plain name as ["name"]')
        self.advance()
        if self.sign() == "(":
            return self._macro(base, field)
        return syntax.Member(base.start, field.end, base, field.text, field.start)

    def _index(self, base: Node) -> Node:
        key = self.nested(self._expression)
        return syntax.Index(base.start, self.expect("]", "after the key").end, base, key)

    def _macro(self, base: Node, kind: Token) -> Node:
        if kind.text not in MACROS:
            known = ", ".join(f"`.{name}`" for name in MACROS)
            help = f"functions are written {kind.text}(x); only {known} stand behind a value"
            raise self.error(SYNTAX, f"there is no `.{kind.text}(…)`", kind.start, kind.end, help)
        self.advance()
        variable = self._loop_name(kind.text)
        self.macros += 1
        if self.macros > MOST_MACROS:
            help = "compute the inner part in a step before"
            raise self.error(TOO_LARGE, f"macros nest {MOST_MACROS} deep at most", kind.start, kind.end, help)
        parts = [self.nested(self._expression)]
        if kind.text == "map" and self.accept(","):
            parts.append(self.nested(self._expression))
        self.macros -= 1
        end = self.expect(")", f"after the expression of `{kind.text}`").end
        condition = parts[0] if len(parts) == 2 else None
        return syntax.Macro(base.start, end, kind.text, base, variable, condition, parts[-1])

    def _loop_name(self, macro: str) -> syntax.Name:
        token = self.next
        if token.kind is not Kind.NAME or token.text in _KEYWORDS:
            help = f"write it as items.{macro}(item, item.field)"
            raise self.error(
                LOOP_NAME, f"`{macro}` needs a name for the element", token.start, token.end, help
            )
        self.advance()
        self.expect(",", f"and what `{macro}` does with each `{token.text}`")
        return syntax.Name(token.start, token.end, token.text)

    def _primary(self) -> Node:
        token = self.next
        if token.kind is Kind.VALUE:
            self.advance()
            return syntax.Literal(token.start, token.end, token.value)
        if token.kind is Kind.NAME and token.text not in WORDS:
            self.advance()
            return self._named(token)
        opening = self.sign()
        if opening == "(":
            return self._parenthesised()
        if opening == "[":
            return self._list()
        if opening == "{":
            return self._map()
        raise self.unexpected("a value")

    def _named(self, token: Token) -> Node:
        if token.text in _CONSTANTS:
            return syntax.Literal(token.start, token.end, _CONSTANTS[token.text])
        if self.sign() != "(":
            return syntax.Name(token.start, token.end, token.text)
        self.advance()
        arguments = self._items(")", f"after the arguments of `{token.text}`")
        call = syntax.Call(token.start, self.tokens[self.position - 1].end, token.text, arguments, token.end)
        if (
            token.text == "has"
            and len(arguments) == 1
            and not isinstance(arguments[0], syntax.Member | syntax.Index)
        ):
            help = "write has(a.b): it tells whether the field can be read"
            raise self.error(NO_PATH, "`has` takes a field", arguments[0].start, arguments[0].end, help)
        return call

    def _parenthesised(self) -> Node:
        self.advance()
        inner = self.nested(self._expression)
        self.expect(")", "to close the parenthesis")
        return inner

    def _list(self) -> Node:
        start = self.advance().start
        items = self._items("]", "to close the list")
        return syntax.ListOf(start, self.tokens[self.position - 1].end, items)

    def _items(self, closing: str, purpose: str) -> tuple[Node, ...]:
        """Expressions between commas up to the closing bracket, which is consumed; a last comma is fine."""
        items: list[Node] = []
        while self.sign() != closing:
            items.append(self.nested(self._expression))
            if not self.accept(","):
                break
        self.expect(closing, purpose)
        return tuple(items)

    def _map(self) -> Node:
        start = self.advance().start
        entries: list[tuple[Node, Node]] = []
        written: set[object] = set()
        while self.sign() != "}":
            key = self._key()
            if isinstance(key, syntax.Literal):
                if key.value in written:
                    raise self.error(SYNTAX, f"the key `{key.value}` stands twice", key.start, key.end)
                written.add(key.value)
            self.expect(":", "between key and value")
            entries.append((key, self.nested(self._expression)))
            if not self.accept(","):
                break
        return syntax.MapOf(start, self.expect("}", "to close the map").end, tuple(entries))

    def _key(self) -> Node:
        token = self.next
        if self.sign() == "(":
            return self._parenthesised()
        if token.kind is Kind.NAME or (token.kind is Kind.VALUE and isinstance(token.value, str)):
            self.advance()
            return syntax.Literal(
                token.start, token.end, token.text if token.kind is Kind.NAME else token.value
            )
        raise self.unexpected("a key: a name, text in quotes, or (an expression)")
