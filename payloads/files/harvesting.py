"""The file harvesting.yaml: house rules for realising losses."""

from typing import Literal

from payloads.base import IsoDate
from payloads.files.written import Figure, Words, Written


class AfterWindow(Written):
    """What becomes of a replacement once the window after the sale is over."""

    value: Literal["keep", "switch_back"]
    unit: Words
    since: IsoDate
    source: Words


class HarvestingFile(Written):
    """Rules beside the law."""

    deferral_years: Figure
    deferral_rate: Figure
    minimum_days: Figure
    part_iva_days: Figure
    least_benefit: Figure
    ex_date_days: Figure
    longest_wait: Figure
    after_window: AfterWindow
