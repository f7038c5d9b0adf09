"""What revisions are written with: tables whose keys begin with the tenant, columns, append-only tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def append_only(*names: str) -> None:
    """Have the database itself refuse changes to tables that are only ever added to."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for name in names:
        if on_postgresql:
            _refuse_changes_on_postgresql(name)
        else:
            _refuse_changes_on_sqlite(name)


def _refuse_changes_on_sqlite(name: str) -> None:
    """Triggers that abort UPDATE and DELETE."""
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {name}_refuses_{change.lower()} BEFORE {change} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        )


def _refuse_changes_on_postgresql(name: str) -> None:
    """A trigger that aborts UPDATE, DELETE and TRUNCATE."""
    op.execute(
        f"CREATE FUNCTION {name}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{name} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name}_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_is_append_only()"
    )


def table(name: str, key: list[str], *parts: Any) -> None:
    """A table whose key is the tenant and `key`."""
    primary = sa.PrimaryKeyConstraint("tenant", *key, name=f"pk_{name}")
    op.create_table(name, text("tenant"), *parts, primary)


def index(name: str, *columns: str, unique: bool = False) -> None:
    """An index within a tenant."""
    columns = ("tenant", *columns)
    op.create_index(f"ix_{name}_{'_'.join(columns)}", name, columns, unique=unique)


def belongs_to(name: str, parent: str, *columns: str) -> sa.ForeignKeyConstraint:
    """The row's parent, of the same tenant."""
    own = ("tenant", *columns)
    theirs = [f"{parent}.{column}" for column in own]
    return sa.ForeignKeyConstraint(own, theirs, name=f"fk_{name}_tenant_{'_'.join(columns)}")


def unique(name: str, *columns: str) -> sa.UniqueConstraint:
    """Unique within a tenant."""
    columns = ("tenant", *columns)
    return sa.UniqueConstraint(*columns, name=f"uq_{name}_{'_'.join(columns)}")


def check(name: str, rule: str, condition: str) -> sa.CheckConstraint:
    """What must hold in every row."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{name}_{rule}"))


def text(name: str, optional: bool = False) -> sa.Column[Any]:
    """Text, also of JSON."""
    return sa.Column(name, sa.Text(), nullable=optional)


def sealed(name: str, optional: bool = False) -> sa.Column[Any]:
    """Bytes, mostly ciphertext."""
    return sa.Column(name, sa.LargeBinary(), nullable=optional)


def whole(name: str, optional: bool = False) -> sa.Column[Any]:
    """Cents, units, and counters without end."""
    return sa.Column(name, sa.BigInteger(), nullable=optional)


def small(name: str, optional: bool = False) -> sa.Column[Any]:
    """A whole number that stays small."""
    return sa.Column(name, sa.Integer(), nullable=optional)


def exact(name: str, optional: bool = False) -> sa.Column[Any]:
    """Eight decimal places; text on SQLite, which has no decimals."""
    return sa.Column(name, sa.Numeric(24, 8).with_variant(sa.Text(), "sqlite"), nullable=optional)


def moment(name: str, optional: bool = False) -> sa.Column[Any]:
    """A moment in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=optional)


def day(name: str, optional: bool = False) -> sa.Column[Any]:
    """A calendar day."""
    return sa.Column(name, sa.Date(), nullable=optional)


def flag(name: str, optional: bool = False) -> sa.Column[Any]:
    """True or false."""
    return sa.Column(name, sa.Boolean(), nullable=optional)
