"""The expression language of definitions: CEL's surface, exact decimals, typed, bounded.

compile_expression(text)    an `Expression`, evaluated with the names of a scope
compile_template(json)      a `Template`: JSON with `${ … }` in its strings
truth_of(text)              how a condition comes out whatever it reads
compile_bare(json)          an `Expression` written as YAML: lists and maps of expressions
check, check_template       the type for a `TypeEnv`, and what is wrong before anything runs
ExpressionError             the text is no expression
EvaluationError             it has no value for these names
"""

from dsl.expressions.checked_templates import check_template
from dsl.expressions.checker import check
from dsl.expressions.constants import truth_of
from dsl.expressions.environment import Checked, Finding, TypeEnv
from dsl.expressions.errors import EvaluationError, ExpressionError
from dsl.expressions.expression import Expression, compile_expression
from dsl.expressions.templates import Template, compile_bare, compile_template

__all__ = [
    "Checked",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "Finding",
    "Template",
    "TypeEnv",
    "check",
    "check_template",
    "compile_bare",
    "compile_expression",
    "compile_template",
    "truth_of",
]
