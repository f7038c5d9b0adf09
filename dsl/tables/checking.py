"""A decision table of the catalogue, checked with positions: its structure, its conditions, its rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.check.fits import Place, report_misfits
from dsl.check.schemas import check_schema
from dsl.literals import schema_of, value_of
from dsl.problems import Report
from dsl.scalars import is_null
from dsl.structure.fields import LOWER_NAME, Fields, is_name, kind_of
from dsl.tables.axes import Region
from dsl.tables.columns import Column, Unfit, column_of, joined, region_of
from dsl.tables.comparing import MOST_CELLS, Row, compare
from dsl.tables.documents import document_of, entries
from dsl.tables.facts import outputs_schema
from dsl.tree import ListNode, MapEntry, MapNode, Node, ScalarNode

KEYS = ("table", "summary", "inputs", "outputs", "rows")
MOST_ROWS = 500
MOST_COLUMNS = 16
_TEXT = {"type": "string"}


def check_table(root: MapNode, name: str, report: Report) -> Any:
    """The table as JSON, None when it has errors; `name` is the name of its file."""
    check = _Table(report)
    check.table(root, name)
    return document_of(root) if check.good else None


class _Table:
    """One table, read from its top to its rows."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._errors = self._counted()

    def _counted(self) -> int:
        return sum(problem.is_error for problem in self._report.problems)

    @property
    def good(self) -> bool:
        """Has no error been found so far."""
        return self._counted() == self._errors

    def table(self, root: MapNode, name: str) -> None:
        """Report everything that is wrong; rows are compared once each of them is right."""
        top = Fields(root, "a decision table", self._report)
        top.allow(KEYS, required=KEYS)
        self._name(top, name)
        top.text("summary")
        columns, outputs = self._columns(top), self._outputs(top)
        rows = top.sequence("rows")
        if columns is None or rows is None or self._too_large(rows, columns):
            return
        read = [self._row(item, columns, outputs, item is rows.items[-1]) for item in rows.items]
        found = [row for row in read if row is not None]
        entry = root.entry("rows")
        if self.good and found and entry is not None:
            compare(found, columns, entry.key, self._report)

    def _too_large(self, rows: ListNode, columns: Mapping[str, Column]) -> bool:
        if len(rows.items) <= MOST_ROWS and len(columns) <= MOST_COLUMNS:
            return False
        message = f"the table has {len(rows.items)} rows and {len(columns)} columns"
        help = f"at most {MOST_ROWS} rows and {MOST_COLUMNS} columns are compared; split the table"
        self._report.node("K165", rows, message, help)
        return True

    def _name(self, top: Fields, name: str) -> None:
        node = top.matching("table", LOWER_NAME, "small letters, digits and _")
        if node is not None and node.text != name.rsplit("/", 1)[-1]:
            message = f"the table `{node.text[:60]}` stands in the file `{name}`"
            help = "call both the same, so that whoever reads `table(…)` finds the file"
            self._report.node("K166", node, message, help)

    def _columns(self, top: Fields) -> dict[str, Column] | None:
        """The columns; None when one of them cannot be read."""
        node = self._named_schemas(top, "inputs")
        if node is None:
            return None
        columns = {}
        for entry in node:
            try:
                columns[entry.key.text] = column_of(entry.key.text, schema_of(entry.value))
            except Unfit as unfit:
                self._report.node("K160", entry.key, unfit.message, unfit.help)
        return columns if len(columns) == len(node.entries) else None

    def _outputs(self, top: Fields) -> Place | None:
        node = self._named_schemas(top, "outputs")
        if node is None:
            return None
        schema = outputs_schema(schema_of(node))
        return Place(schema, schema, "`then`")

    def _named_schemas(self, top: Fields, key: str) -> MapNode | None:
        """Schemas by name; None, and reported, when one of them is none."""
        node = top.mapping(key)
        if node is None:
            return None
        if not node.entries:
            self._report.node("K128", node, f"`{key}` names nothing", f"write `{key}: {{name: {{type: …}}}}`")
            return None
        before = self._counted()
        for entry in node:
            is_name(entry.key, f"a name in `{key}`", self._report)
        # The fields of an object, as the check of schemas knows them.
        properties = MapEntry(ScalarNode("properties", "'", node.start, node.start + 1), node)
        check_schema(MapNode((properties,), node.start, node.end), f"`{key}`", self._report)
        return node if self._counted() == before else None

    def _row(
        self, node: Node, columns: Mapping[str, Column], outputs: Place | None, last: bool
    ) -> Row | None:
        if not isinstance(node, MapNode):
            self._report.node("K122", node, f"a row must be a mapping, not {kind_of(node)}")
            return None
        fields = Fields(node, "a row", self._report)
        fields.allow(("when", "then"), required=("then",))
        then = fields.mapping("then")
        if then is not None and outputs is not None:
            report_misfits(then, outputs, self._report)
        written = None if is_null(node.get("when")) else fields.mapping("when")
        regions = dict(self._conditions(entries(written), columns))
        return Row(node, regions, default=last and not regions)

    def _conditions(
        self, written: tuple[MapEntry, ...], columns: Mapping[str, Column]
    ) -> Iterator[tuple[str, Region]]:
        known = Fields(MapNode(written, 0, 0), "the table's `inputs`", self._report)
        known.allow(tuple(columns))
        for entry in written:
            column = columns.get(entry.key.text)
            region = self._condition(entry.value, column) if column else None
            if column is not None and region is not None:
                yield column.name, region

    def _condition(self, node: Node, column: Column) -> Region | None:
        """What a condition takes; None, and reported, when it is none."""
        if isinstance(node, ListNode):
            if len(node.items) > MOST_CELLS:
                self._report.node("K165", node, f"a condition lists at most {MOST_CELLS:,} values")
                return None
            regions = [self._condition(item, column) for item in node.items]
            if not regions:
                message, help = "an empty list takes nothing", "leave the column out where anything fits"
                self._report.node("K128", node, message, help)
            return joined([region for region in regions if region is not None]) if regions else None
        if isinstance(node, MapNode):
            self._report.node("K161", node, "a condition is a value or a list, not a mapping")
            return None
        try:
            region = region_of(column, value_of(node, _TEXT if column.kind == "text" else None))
        except Unfit as unfit:
            self._report.node("K161", node, unfit.message, unfit.help)
            return None
        if not column.takes(region):
            message = f"no value of `{column.name}` fits this condition"
            self._report.node("K162", node, message, "look at its bounds, and at the schema of the column")
        return region
