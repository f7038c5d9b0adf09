"""The metrics that `threshold` and `rearm` compare: those of `catalogue/metrics.yaml`."""

from collections.abc import Mapping

from dsl.expressions import TypeEnv, check
from dsl.expressions.errors import UNKNOWN_NAME
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.spots import span_in_source
from dsl.tree import ScalarNode
from dsl.types import BOOL, Type


def check_metrics(
    node: ScalarNode | None, metrics: Mapping[str, Type] | None, beside: Mapping[str, Type], report: Report
) -> None:
    """Report what is wrong with a condition over metrics, unknown metrics with a code of their own.

    `beside` has the other names that it may read.
    """
    if node is None:
        return
    if metrics is None:
        message = "nothing says which metrics there are: the folder has no catalogue/metrics.yaml"
        report.node("K405", node, message, "add the file")
        return
    for finding in check(node.text, TypeEnv({**metrics, **beside}), BOOL).findings:
        span = span_in_source(report.source, node, finding.start, finding.end)
        if finding.code == UNKNOWN_NAME:
            name = node.text[finding.start : finding.end]
            help = suggestion(name, metrics) or f"metrics are {listed(metrics)}"
            report.at("K405", *span, f"there is no metric `{name[:60]}`", help)
        else:
            report.at(finding.code, *span, finding.message, finding.help, finding.note)
