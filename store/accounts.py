"""The accounts of clients.

StoreError
├── UnknownAccount   no account has that id
├── WrongCurrency    the account is kept in another currency
└── AccountClosed    the account is closed, or is being closed and takes nothing new
"""

from sqlmodel import Session

from store.errors import StoreError
from store.tables import Account


class UnknownAccount(StoreError):
    """No account has that id."""


class WrongCurrency(StoreError):
    """The account is kept in another currency."""


class AccountClosed(StoreError):
    """The account is closed, or is being closed and takes nothing new."""


def account(tx: Session, tenant: str, account_id: str, *, lock: bool = False) -> Account:
    """The account; UnknownAccount if there is none.

    With `lock` no other transaction books, or counts on, its cash until this one ends.
    """
    found = tx.get(Account, (tenant, account_id), with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise UnknownAccount(f"no account is called {account_id}", "account_id")
    return found


def hold_currency(kept: Account, currency: str) -> None:
    """WrongCurrency unless the account is kept in `currency`."""
    if currency != kept.currency:
        raise WrongCurrency(
            f"{currency} cannot go on account {kept.account_id}, which is kept in {kept.currency}; "
            f"change the money into {kept.currency} first, then confirm that amount",
            "currency",
        )


def hold_open(kept: Account) -> None:
    """AccountClosed if the account is closed: its books are at zero and stay there."""
    if kept.closed_at is not None:
        raise AccountClosed(
            f"account {kept.account_id} was closed on {kept.closed_at:%Y-%m-%d}, and nothing is booked on "
            "it; the client needs a new account",
            "account_id",
        )
