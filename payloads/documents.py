"""Documents that are kept for clients: what was said, when, in which version."""

from pydantic import Field

from payloads.base import Flag, Payload, Whole


class Filed(Payload):
    """A document that is kept; `new` is false where the same was kept before, and that one is meant."""

    document_id: str
    portfolio_id: str
    customer_id: str
    version: Whole = Field(ge=1, description="1 for the first of its portfolio, kind and period")
    digest: str = Field(description="of the content")
    new: Flag
