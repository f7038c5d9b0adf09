"""The file harvesting.yaml: house rules for realising losses."""

from payloads.files.written import Figure, Written


class HarvestingFile(Written):
    """Rules beside the law."""

    deferral_years: Figure
    deferral_rate: Figure
    minimum_days: Figure
    part_iva_days: Figure
