"""What every table has in common."""

from sqlmodel import Field, SQLModel

# Names for every constraint, so that migrations can speak of them on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """A row of one tenant: every key begins with it."""

    # SQLAlchemy makes the rows: a validator for each would be built at every start and never used.
    model_config = {"defer_build": True}

    tenant: str = Field(primary_key=True)
