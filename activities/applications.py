"""Applications to become a client."""

from activities.australian_tax import tax_file, year_of, year_rules
from activities.context import Catalogue, Context
from activities.errors import ActivityError
from activities.goals import goals_from
from activities.limits import house_limits
from activities.registry import implements
from engines.applications import check_age, check_currency
from engines.goals import check_goals
from engines.investment_limits import check_capital
from payloads.applications import CheckApplication, CheckedApplication
from payloads.files.limits import LimitsFile


class MarginalRateUnknown(ActivityError):
    """Neither a marginal rate nor an income was given."""


@implements("customers.check_application")
def check_application(ask: CheckApplication, context: Context) -> CheckedApplication:
    """Refuse what cannot be taken; work out age and marginal rate of the rest."""
    limits = context.catalogue.read("limits", LimitsFile)
    age = check_age(
        ask.customer.date_of_birth,
        ask.as_of,
        int(limits.youngest_age.value),
        int(limits.oldest_age.value),
        "customer.date_of_birth",
    )
    check_currency(ask.currency, limits.currencies)
    check_capital(ask.capital, house_limits(context.catalogue), "capital")
    check_goals(goals_from(ask.goals), ask.as_of)
    return CheckedApplication(age=age, marginal_rate=_marginal_rate(ask, context.catalogue))


def _marginal_rate(ask: CheckApplication, catalogue: Catalogue) -> float:
    """The rate given, else that on the next dollar above the income, without the levy."""
    customer = ask.customer
    if customer.marginal_rate is not None:
        return customer.marginal_rate
    if customer.income is None:
        raise MarginalRateUnknown("give the income or the marginal rate", "customer.income")
    rules = year_rules(tax_file(catalogue), year_of(ask.as_of), "as_of")
    scale = rules.resident if customer.tax_residency == "AU" else rules.non_resident
    return float(scale.rate_on_next_dollar(customer.income))
