"""The file rebalancing.yaml: bands, and what a trade has to be worth."""

from payloads.files.written import Dated, Figure, Written
from payloads.rebalancing import Band


class DatedBand(Band, Dated):
    """A band that holds from a date on."""


class RebalancingFile(Written):
    """House rules for bringing portfolios back to their targets."""

    band: DatedBand
    benefit_rate: Figure
    always_beyond: Figure
    unknown_marginal_rate: Figure
