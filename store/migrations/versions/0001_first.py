"""The first schema: clients, holdings, trading, and the record of what happened.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

EXACT = sa.Numeric(24, 8).with_variant(sa.Text(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("events", "fills", "cash_entries")


def upgrade() -> None:
    """Create every table, then refuse changes to those that are only ever added to."""
    create_tables()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "postgresql":
            refuse_changes_on_postgresql(table)
        else:
            refuse_changes_on_sqlite(table)


def refuse_changes_on_sqlite(table: str) -> None:
    """Triggers that abort UPDATE and DELETE."""
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def refuse_changes_on_postgresql(table: str) -> None:
    """A trigger that aborts UPDATE, DELETE and TRUNCATE."""
    op.execute(
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
    )


def create_tables() -> None:
    """The tables, parents first."""
    op.create_table(
        "client_keys",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_by", sa.Text(), nullable=False),
        sa.Column("destroyed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "customer_id", name=op.f("pk_client_keys")),
    )
    op.create_table(
        "customers",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("adviser_id", sa.Text(), nullable=True),
        sa.Column("household_id", sa.Text(), nullable=True),
        sa.Column("tax_residency", sa.Text(), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=False),
        sa.Column("identity_status", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "customer_id", name=op.f("pk_customers")),
    )
    op.create_table(
        "effects",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("content_fields", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_effects")),
    )
    op.create_table(
        "event_checkpoints",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_event_checkpoints")),
    )
    op.create_table(
        "events",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("personal", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("effect_root", sa.Text(), nullable=False),
        sa.Column("effect_key", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "position", name=op.f("pk_events")),
        sa.UniqueConstraint("tenant", "stream", "sequence", name=op.f("uq_events_tenant_stream_sequence")),
    )
    op.create_index(op.f("ix_events_tenant_name"), "events", ["tenant", "name"], unique=False)
    op.create_table(
        "lease_waiters",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "resource", "owner", name=op.f("pk_lease_waiters")),
    )
    op.create_table(
        "leases",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("workflow_id", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("tickets", sa.BigInteger(), nullable=False),
        sa.Column("acquired_at", MOMENT, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "resource", name=op.f("pk_leases")),
    )
    op.create_table(
        "parcel_disposals",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("broker", sa.Text(), nullable=False),
        sa.Column("execution_id", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("etf", sa.Text(), nullable=False),
        sa.Column("disposed", sa.Date(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("cost_base_cents", sa.BigInteger(), nullable=False),
        sa.Column("proceeds_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "parcel_id", "broker", "execution_id", name=op.f("pk_parcel_disposals")
        ),
    )
    op.create_table(
        "release_definitions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("release_digest", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "release_digest", "workflow", name=op.f("pk_release_definitions")),
    )
    op.create_table(
        "releases",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("development", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name=op.f("pk_releases")),
        sa.UniqueConstraint("tenant", "sequence", name=op.f("uq_releases_tenant_sequence")),
    )
    op.create_table(
        "snapshots",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "digest", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "trading_halts",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "scope", "subject", name=op.f("pk_trading_halts")),
    )
    op.create_table(
        "accounts",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_accounts_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "account_id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "agreements",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("signed_by", sa.LargeBinary(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_agreements_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "agreement_id", name=op.f("pk_agreements")),
    )
    op.create_table(
        "goals",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("goal_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("target_cents", sa.BigInteger(), nullable=False),
        sa.Column("target_date", sa.Date(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("flexibility", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_goals_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "customer_id", "goal_id", name=op.f("pk_goals")),
    )
    op.create_table(
        "identity_checks",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_identity_checks_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "check_id", name=op.f("pk_identity_checks")),
    )
    op.create_table(
        "notifications",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("notification_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_notifications_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "notification_id", name=op.f("pk_notifications")),
    )
    op.create_table(
        "cash_entries",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("effect_root", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "account_id"],
            ["accounts.tenant", "accounts.account_id"],
            name=op.f("fk_cash_entries_tenant_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "account_id", "sequence", name=op.f("pk_cash_entries")),
        sa.UniqueConstraint(
            "tenant", "account_id", "reference", name=op.f("uq_cash_entries_tenant_account_id_reference")
        ),
    )
    op.create_table(
        "deposits",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "account_id"],
            ["accounts.tenant", "accounts.account_id"],
            name=op.f("fk_deposits_tenant_account_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "reference", name=op.f("pk_deposits")),
    )
    op.create_table(
        "portfolios",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("risk_score", sa.Integer(), nullable=True),
        sa.Column("risk_category", sa.Text(), nullable=True),
        sa.Column("marginal_rate", EXACT, nullable=True),
        sa.Column("pods", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_snapshot", sa.Text(), nullable=True),
        sa.Column("benchmark_id", sa.Text(), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("invested_at", MOMENT, nullable=True),
        sa.Column("managed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "account_id"],
            ["accounts.tenant", "accounts.account_id"],
            name=op.f("fk_portfolios_tenant_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant", "customer_id"],
            ["customers.tenant", "customers.customer_id"],
            name=op.f("fk_portfolios_tenant_customer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "portfolio_id", name=op.f("pk_portfolios")),
    )
    op.create_table(
        "orders",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("effect_root", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("etf", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("limit_price", EXACT, nullable=True),
        sa.Column("price", EXACT, nullable=True),
        sa.Column("planned_value_cents", sa.BigInteger(), nullable=True),
        sa.Column("planned_cost_cents", sa.BigInteger(), nullable=True),
        sa.Column("broker", sa.Text(), nullable=False),
        sa.Column("broker_order_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cum_units", sa.BigInteger(), nullable=False),
        sa.Column("average_price", EXACT, nullable=True),
        sa.Column("reserved_cents", sa.BigInteger(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("reserved_cents >= 0", name=op.f("ck_orders_reserved")),
        sa.ForeignKeyConstraint(
            ["tenant", "portfolio_id"],
            ["portfolios.tenant", "portfolios.portfolio_id"],
            name=op.f("fk_orders_tenant_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "client_order_id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_tenant_effect_root"), "orders", ["tenant", "effect_root"], unique=False)
    op.create_index(op.f("ix_orders_tenant_portfolio_id"), "orders", ["tenant", "portfolio_id"], unique=False)
    op.create_table(
        "parcels",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("parcel_id", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("etf", sa.Text(), nullable=False),
        sa.Column("acquired", sa.Date(), nullable=False),
        sa.Column("units_bought", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("cost_base_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0 AND units <= units_bought", name=op.f("ck_parcels_units")),
        sa.ForeignKeyConstraint(
            ["tenant", "portfolio_id"],
            ["portfolios.tenant", "portfolios.portfolio_id"],
            name=op.f("fk_parcels_tenant_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "parcel_id", name=op.f("pk_parcels")),
    )
    op.create_index(
        op.f("ix_parcels_tenant_portfolio_id"), "parcels", ["tenant", "portfolio_id"], unique=False
    )
    op.create_table(
        "positions",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("portfolio_id", sa.Text(), nullable=False),
        sa.Column("etf", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("units >= 0", name=op.f("ck_positions_units")),
        sa.ForeignKeyConstraint(
            ["tenant", "portfolio_id"],
            ["portfolios.tenant", "portfolios.portfolio_id"],
            name=op.f("fk_positions_tenant_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "portfolio_id", "etf", name=op.f("pk_positions")),
    )
    op.create_table(
        "fills",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("broker", sa.Text(), nullable=False),
        sa.Column("execution_id", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("price", EXACT, nullable=False),
        sa.Column("fees_cents", sa.BigInteger(), nullable=False),
        sa.Column("executed_at", MOMENT, nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "client_order_id"],
            ["orders.tenant", "orders.client_order_id"],
            name=op.f("fk_fills_tenant_client_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant", "broker", "execution_id", name=op.f("pk_fills")),
    )
    op.create_index(
        op.f("ix_fills_tenant_client_order_id"), "fills", ["tenant", "client_order_id"], unique=False
    )
