"""The metrics that `threshold` and `rearm` compare."""

from collections.abc import Mapping

from dsl.expressions import TypeEnv, check
from dsl.expressions.errors import UNKNOWN_NAME
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.spots import span_in_source
from dsl.tree import ScalarNode
from dsl.types import BOOL, NUMBER, Type

METRICS = {
    **dict.fromkeys(
        (
            "portfolio_drift",
            "pod_volatility",
            "position_loss",
            "market_volatility",
            "var_95",
            "drawdown",
            "cash_share",
            "days_to_goal",
            "harvest_benefit",
        ),
        NUMBER,
    ),
    "regime_changed": BOOL,
}
"""The words of the language for what the monitoring sweeps measure, with their types."""


def check_metrics(node: ScalarNode | None, beside: Mapping[str, Type], report: Report) -> None:
    """Report what is wrong with a condition over metrics, unknown metrics with a code of their own.

    `beside` has the other names that it may read.
    """
    if node is None:
        return
    for finding in check(node.text, TypeEnv({**METRICS, **beside}), BOOL).findings:
        span = span_in_source(report.source, node, finding.start, finding.end)
        if finding.code == UNKNOWN_NAME:
            name = node.text[finding.start : finding.end]
            help = suggestion(name, METRICS) or f"metrics are {listed(METRICS)}"
            report.at("K405", *span, f"there is no metric `{name[:60]}`", help)
        else:
            report.at(finding.code, *span, finding.message, finding.help, finding.note)
