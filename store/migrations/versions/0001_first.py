"""The first schema: clients, holdings, trading, and the record of what happened.

Revision ID: 0001
"""

from store.migrations.parts import (
    append_only,
    belongs_to,
    check,
    day,
    exact,
    flag,
    index,
    moment,
    sealed,
    small,
    table,
    text,
    unique,
    whole,
)

revision = "0001"
down_revision = None

APPEND_ONLY = ("events", "fills", "cash_entries")


def upgrade() -> None:
    """Create every table, then refuse changes to those that are only ever added to."""
    create_clients()
    create_holdings()
    create_trading()
    create_record()
    append_only(*APPEND_ONLY)


def create_clients() -> None:
    """Who clients are, what they want, what they signed and were told."""
    table(
        "client_keys",
        ["customer_id"],
        text("customer_id"),
        sealed("wrapped", optional=True),
        text("wrapped_by"),
        moment("destroyed_at", optional=True),
    )
    table(
        "customers",
        ["customer_id"],
        text("customer_id"),
        text("adviser_id", optional=True),
        text("household_id", optional=True),
        text("tax_residency"),
        sealed("personal"),
        text("identity_status", optional=True),
        moment("created_at"),
        text("actor"),
    )
    table(
        "agreements",
        ["agreement_id"],
        text("agreement_id"),
        text("customer_id"),
        text("portfolio_id"),
        moment("sent_at"),
        moment("signed_at", optional=True),
        sealed("signed_by", optional=True),
        text("actor"),
        belongs_to("agreements", "customers", "customer_id"),
    )
    table(
        "goals",
        ["customer_id", "goal_id"],
        text("customer_id"),
        text("goal_id"),
        small("place"),
        sealed("name"),
        whole("target_cents"),
        day("target_date"),
        text("priority"),
        text("flexibility"),
        belongs_to("goals", "customers", "customer_id"),
    )
    table(
        "identity_checks",
        ["check_id"],
        text("check_id"),
        text("customer_id"),
        text("documents"),
        text("status"),
        text("reference"),
        text("reason"),
        moment("at"),
        belongs_to("identity_checks", "customers", "customer_id"),
    )
    table(
        "notifications",
        ["notification_id"],
        text("notification_id"),
        text("customer_id"),
        text("template"),
        sealed("values"),
        text("reference"),
        moment("sent_at"),
        text("actor"),
        belongs_to("notifications", "customers", "customer_id"),
    )


def create_holdings() -> None:
    """Accounts and cash, portfolios and what they hold."""
    table(
        "parcel_disposals",
        ["parcel_id", "broker", "execution_id"],
        text("parcel_id"),
        text("broker"),
        text("execution_id"),
        text("portfolio_id"),
        text("etf"),
        day("disposed"),
        whole("units"),
        whole("cost_base_cents"),
        whole("proceeds_cents"),
    )
    table(
        "accounts",
        ["account_id"],
        text("account_id"),
        text("customer_id"),
        text("currency"),
        moment("opened_at"),
        belongs_to("accounts", "customers", "customer_id"),
    )
    table(
        "cash_entries",
        ["account_id", "sequence"],
        text("account_id"),
        whole("sequence"),
        text("reference"),
        text("kind"),
        whole("amount_cents"),
        text("currency"),
        moment("booked_at"),
        text("effect_root"),
        text("actor"),
        belongs_to("cash_entries", "accounts", "account_id"),
        unique("cash_entries", "account_id", "reference"),
    )
    table(
        "deposits",
        ["reference"],
        text("reference"),
        text("account_id"),
        whole("amount_cents"),
        text("currency"),
        moment("requested_at"),
        moment("received_at", optional=True),
        text("actor"),
        belongs_to("deposits", "accounts", "account_id"),
    )
    table(
        "portfolios",
        ["portfolio_id"],
        text("portfolio_id"),
        text("customer_id"),
        text("account_id"),
        text("state"),
        small("risk_score", optional=True),
        text("risk_category", optional=True),
        exact("marginal_rate", optional=True),
        text("pods"),
        text("target"),
        text("target_snapshot", optional=True),
        text("benchmark_id", optional=True),
        moment("opened_at"),
        moment("invested_at", optional=True),
        moment("managed_at", optional=True),
        belongs_to("portfolios", "accounts", "account_id"),
        belongs_to("portfolios", "customers", "customer_id"),
    )
    table(
        "parcels",
        ["parcel_id"],
        text("parcel_id"),
        text("portfolio_id"),
        text("etf"),
        day("acquired"),
        whole("units_bought"),
        whole("units"),
        whole("cost_base_cents"),
        check("parcels", "units", "units >= 0 AND units <= units_bought"),
        belongs_to("parcels", "portfolios", "portfolio_id"),
    )
    index("parcels", "portfolio_id")
    table(
        "positions",
        ["portfolio_id", "etf"],
        text("portfolio_id"),
        text("etf"),
        whole("units"),
        check("positions", "units", "units >= 0"),
        belongs_to("positions", "portfolios", "portfolio_id"),
    )


def create_trading() -> None:
    """Orders and fills, leases, halts."""
    table(
        "lease_waiters",
        ["resource", "owner"],
        text("resource"),
        text("owner"),
        text("workflow_id"),
        whole("ticket"),
        moment("expires_at"),
    )
    table(
        "leases",
        ["resource"],
        text("resource"),
        text("owner", optional=True),
        text("workflow_id", optional=True),
        whole("fence"),
        whole("tickets"),
        moment("acquired_at", optional=True),
        moment("expires_at", optional=True),
    )
    table(
        "trading_halts",
        ["scope", "subject"],
        text("scope"),
        text("subject"),
        text("reason"),
        moment("since"),
        text("actor"),
    )
    table(
        "orders",
        ["client_order_id"],
        text("client_order_id"),
        text("portfolio_id"),
        text("account_id"),
        text("effect_root"),
        text("workflow_id"),
        small("line"),
        text("content_digest"),
        text("etf"),
        text("side"),
        whole("units"),
        exact("limit_price", optional=True),
        exact("price", optional=True),
        whole("planned_value_cents", optional=True),
        whole("planned_cost_cents", optional=True),
        text("broker"),
        text("broker_order_id", optional=True),
        text("state"),
        text("reason"),
        whole("cum_units"),
        exact("average_price", optional=True),
        whole("reserved_cents"),
        text("reported_by", optional=True),
        moment("created_at"),
        moment("updated_at"),
        text("actor"),
        check("orders", "reserved", "reserved_cents >= 0"),
        belongs_to("orders", "portfolios", "portfolio_id"),
    )
    index("orders", "effect_root")
    index("orders", "portfolio_id")
    table(
        "fills",
        ["broker", "execution_id"],
        text("broker"),
        text("execution_id"),
        text("client_order_id"),
        whole("units"),
        exact("price"),
        whole("fees_cents"),
        moment("executed_at"),
        moment("booked_at"),
        belongs_to("fills", "orders", "client_order_id"),
    )
    index("fills", "client_order_id")


def create_record() -> None:
    """Snapshots, releases, effects, events."""
    table(
        "effects",
        ["key"],
        text("key"),
        text("content_digest"),
        text("content_fields"),
        text("result", optional=True),
    )
    table(
        "event_checkpoints",
        [],
        whole("position"),
        text("digest"),
    )
    table(
        "events",
        ["position"],
        whole("position"),
        text("stream"),
        whole("sequence"),
        text("event_id"),
        text("kind"),
        text("name"),
        text("data"),
        text("customer_id", optional=True),
        sealed("personal", optional=True),
        text("at"),
        text("actor"),
        text("workflow_id"),
        text("effect_root"),
        text("effect_key"),
        text("previous"),
        text("digest"),
        unique("events", "stream", "sequence"),
    )
    index("events", "name")
    table(
        "release_definitions",
        ["release_digest", "workflow"],
        text("release_digest"),
        text("workflow"),
        small("version"),
        text("digest"),
    )
    table(
        "releases",
        ["digest"],
        text("digest"),
        whole("sequence"),
        text("document"),
        flag("development"),
        moment("created_at"),
        text("actor"),
        unique("releases", "sequence"),
    )
    table(
        "snapshots",
        ["digest"],
        text("digest"),
        text("source"),
        day("as_of"),
        flag("simulated"),
        sealed("content"),
        moment("created_at"),
        text("actor"),
    )
