"""The static types of values: what an expression can give, and what a place takes.

kinds.py    the types, their names for people, unions
schema.py   from_schema: the type that a JSON Schema describes
fit.py      mismatches: why a value of one type cannot go where another is wanted
"""

from dsl.types.fit import Mismatch, assignable, mismatches
from dsl.types.kinds import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MOMENT,
    MONEY,
    MONTHS,
    NOTHING,
    NULL,
    NUMBER,
    SESSIONS,
    TEXT,
    AnyType,
    Field,
    ListType,
    MapType,
    NumberType,
    ObjectType,
    PlainType,
    TextType,
    Type,
    UnionType,
    members,
    nullable,
    union,
    widened,
    without_null,
)
from dsl.types.schema import from_schema

__all__ = [
    "ANY",
    "BOOL",
    "DATE",
    "DURATION",
    "INTEGER",
    "MOMENT",
    "MONEY",
    "MONTHS",
    "NOTHING",
    "NULL",
    "NUMBER",
    "SESSIONS",
    "TEXT",
    "AnyType",
    "Field",
    "ListType",
    "MapType",
    "Mismatch",
    "NumberType",
    "ObjectType",
    "PlainType",
    "TextType",
    "Type",
    "UnionType",
    "assignable",
    "from_schema",
    "members",
    "mismatches",
    "nullable",
    "union",
    "widened",
    "without_null",
]
