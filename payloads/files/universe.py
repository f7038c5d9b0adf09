"""The file `catalogue/universe.yaml`: which ETFs there are, and indicative figures of each."""

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated

from pydantic import Field, field_validator

from payloads.base import Etf, Fraction, Identifier, IsoDate, Price, repeated
from payloads.files.written import Written


class Fund(Written):
    """One exchange-traded fund. `exposure` groups funds that hold the same thing."""

    etf: Etf
    name: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    asset_class: Identifier
    exposure: Identifier
    region: Identifier
    sector: Identifier
    hedged: bool = Field(description="foreign currency is hedged to AUD")
    fee: Annotated[Fraction, Field(lt=0.1, description="a year, share of the price")]
    yield_: Fraction = Field(alias="yield", description="distributions a year, share of the price")
    franking: Fraction = Field(description="share of the distributions that is franked")
    liquidity: Fraction
    price: Annotated[Price, Field(ge=Decimal("0.01"), description="indicative, AUD a unit")]


class UniverseFile(Written):
    """The universe; `as_of` is the day its indicative prices belong to."""

    description: str
    source: str
    as_of: IsoDate
    indicative: bool
    etfs: list[Fund] = Field(min_length=1)

    @field_validator("etfs")
    @classmethod
    def _each_once(cls, etfs: list[Fund]) -> list[Fund]:
        if (twice := repeated(fund.etf for fund in etfs)) is not None:
            raise ValueError(f"{twice} stands twice in the universe")
        return etfs

    def by_etf(self) -> dict[str, Fund]:
        """Every fund under its ticker, in the file's order."""
        return {fund.etf: fund for fund in self.etfs}

    def concentrated(self, diversified: Collection[str]) -> dict[str, str]:
        """The sector of each fund that keeps to one; funds of `diversified` sectors spread over many."""
        return {fund.etf: fund.sector for fund in self.etfs if fund.sector not in diversified}
