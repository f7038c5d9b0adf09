"""A report for a client as one HTML page to print."""

from html import escape

from worker import html_page
from worker.report_tables import Report

STYLE = """
main { max-width: 1180px; }
.card { font-size: 13px; } .words { text-align: left; overflow-wrap: anywhere; }
table:has(th:first-child:nth-last-child(2)) { width: 480px; max-width: 100%; }
ul { padding-left: 20px; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  main { max-width: none; padding: 0; } .card { overflow: visible; border-color: #bbb; break-inside: auto; }
  th, td { padding: 3px 6px; } .card { font-size: 10.5px; } h2 { break-after: avoid; }
  tr { break-inside: avoid; } thead { display: table-header-group; }
}
"""


def report_page(report: Report) -> str:
    """The whole page."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    parts = [
        f'<p class="about">{"<br>".join(map(escape, report.about))}</p>',
        *map(html_page.warning, report.warnings),
    ]
    for table in report.tables:
        parts += html_page.section(table.title, html_page.table(table.headers, table.rows, table.words))
    if notes:
        parts += ["<h2>Notes</h2>", f"<ul>{notes}</ul>"]
    return html_page.page(report.title, parts, STYLE)
