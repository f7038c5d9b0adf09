"""Are the exchanges that a definition names known."""

from dsl.exchanges import known_exchanges
from dsl.near import suggestion
from dsl.problems import Report
from dsl.tree import ScalarNode


def check_exchange(node: ScalarNode | None, report: Report) -> None:
    """Report a `calendar` or `session` that is no exchange whose sessions are known."""
    if node is not None and node.text not in known_exchanges():
        help = suggestion(node.text.upper(), known_exchanges()) or "write a market code such as `XASX`"
        report.node("K407", node, f"there is no exchange `{node.text[:60]}`", help)
