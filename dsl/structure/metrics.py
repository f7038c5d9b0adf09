"""The metrics that `threshold` and `rearm` compare."""

from dsl.expressions import TypeEnv, check
from dsl.expressions.errors import UNKNOWN_NAME
from dsl.near import listed, suggestion
from dsl.spots import span_in_source
from dsl.structure.fields import Fields
from dsl.types import ANY, BOOL, NUMBER

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


def check_metrics(trigger: Fields, key: str) -> None:
    """Report what is wrong with the condition under `key`, unknown metrics with a code of their own."""
    node = trigger.text(key)
    if node is None:
        return
    for finding in check(node.text, TypeEnv({**METRICS, "portfolio": ANY}), BOOL).findings:
        span = span_in_source(trigger.report.source, node, finding.start, finding.end)
        if finding.code == UNKNOWN_NAME:
            name = node.text[finding.start : finding.end]
            help = suggestion(name, METRICS) or f"metrics are {listed(METRICS)}"
            trigger.report.at("K405", *span, f"there is no metric `{name[:60]}`", help)
        else:
            trigger.report.at(finding.code, *span, finding.message, finding.help, finding.note)
