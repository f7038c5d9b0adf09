"""`kronos data`: market data, from files and sources to checked snapshots."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Data, Definitions, Output
from cli.output import columns, fields, percent, say, show

if TYPE_CHECKING:
    from datetime import date

    from worker.settings import Settings

app = group("Market data: sources, snapshots, data health.", example="kronos data list")

SHORT = 12

Day = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last session of the snapshot.", metavar="DATE"),
]
Chosen = Annotated[
    str | None,
    typer.Argument(
        help="The snapshot: its digest, or its first characters; else the newest.", metavar="DIGEST"
    ),
]


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="The folder of vendor files.", metavar="FOLDER")],
    as_of: Day = None,
    adjusted: Annotated[
        bool, typer.Option("--adjusted", help="Prices are adjusted for splits already: look for none.")
    ] = False,
    calendar: Annotated[
        str | None,
        typer.Option("--calendar", help="Whose sessions count; else the catalogue's.", metavar="MIC"),
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Go on without the codes and files that have an error.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report; store nothing.")] = False,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> int:
    """Import a folder of price files (.csv, .csv.gz) as one snapshot.

    One file a code, a long file with a column code, or a wide one with a column for each code. Splits,
    gaps, duplicate days, bad fields and reused codes are found and reported; splits.csv and
    distributions.csv beside the prices settle what only the vendor knows. An error stores nothing,
    exit code 1.

    Example: kronos data import vendor/asx --dry-run
    """
    from cli.guard import FAILED
    from cli.progress import progress_bar
    from worker.data import import_folder

    settings = _settings(data, definitions)
    with progress_bar() as progress:
        answer = import_folder(
            settings,
            folder,
            as_of=_day(as_of),
            adjusted=adjusted,
            calendar=calendar,
            leave_out=leave_out,
            dry_run=dry_run,
            progress=progress,
        )
    show(answer, output, _imported)
    errors = sum(finding["severity"] == "error" for finding in answer["findings"])
    if not errors or (leave_out and "snapshot" in answer):
        return 0
    hint = (
        "nothing is left without what has one"
        if leave_out
        else "or go on without what has one by --leave-out"
    )
    say(f"error: NotStored: {errors} error{'' if errors == 1 else 's'}; mend them, {hint}")
    return FAILED


@app.command()
def pull(
    source: Annotated[
        str, typer.Option("--source", help="Where from: simulated or yahoo.", metavar="NAME")
    ] = "simulated",
    as_of: Day = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Take a snapshot of the whole universe from a source: of the last closed session, or --as-of.

    Example: kronos data pull --source simulated --as-of 2026-06-30
    """
    from cli.progress import progress_bar
    from worker.data import pull as pull_snapshot

    settings = _settings(data, definitions)
    with progress_bar() as progress:
        answer = pull_snapshot(settings, source, _day(as_of), progress)
    show(answer, output, _snapshot)


@app.command("list")
def list_(data: Data = None, output: Output = None) -> None:
    """List the stored snapshots, that of the latest day first.

    Example: kronos data list -o json
    """
    from worker.data import list_snapshots

    show({"snapshots": list_snapshots(_settings(data))}, output, _list)


@app.command("show")
def show_(
    digest: Chosen = None,
    etf: Annotated[list[str] | None, typer.Option("--etf", help="Only these.", metavar="CODE")] = None,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Show a snapshot: where it is from, what was repaired, and a line for each ETF.

    Example: kronos data show --etf VAS --etf VGS
    """
    from worker.data import show_snapshot

    show(show_snapshot(_settings(data, definitions), digest, etf or ()), output, _shown)


@app.command()
def check(
    digest: Chosen = None, data: Data = None, definitions: Definitions = None, output: Output = None
) -> int:
    """Check a snapshot: its age, its bytes, what it lacks, prices that look wrong.

    Exit code 1 when it is not fit to be used; warnings alone are 0.

    Example: kronos data check
    """
    from cli.guard import FAILED
    from worker.data import check_snapshot

    answer = check_snapshot(_settings(data, definitions), digest)
    show(answer, output, _checked)
    return 0 if answer["fit"] else FAILED


def _settings(data: Any, definitions: Any = None) -> "Settings":
    from worker.settings import load_settings

    return load_settings({"data": data, "definitions": definitions})


def _day(given: datetime | None) -> "date | None":
    return None if given is None else given.date()


def _imported(answer: Any) -> str:
    about = _snapshot(answer) if "snapshot" in answer else "Nothing could be kept."
    return f"{about}\n\n{_findings(answer['findings'])}"


def _snapshot(answer: Any) -> str:
    about = {
        "snapshot": answer["snapshot"],
        "source": answer["source"],
        "simulated": answer["simulated"],
        "sessions": f"{answer['sessions']} from {answer['first_session']} to {answer['as_of']}",
        "etfs": answer["etfs"],
        "distributions": answer["distributions"],
    }
    if answer["notes"]:
        about["repaired"] = "; ".join(answer["notes"])
    if "stored" in answer:
        about["stored"] = "already" if answer["already_stored"] else answer["stored"]
    return fields(about)


def _shown(answer: Any) -> str:
    rows = [
        [line["etf"], line["price"], percent(line["expected_return"]), percent(line["volatility"])]
        for line in answer["prices"]
    ]
    headers = ["etf", "price", "expected", "volatility"]
    return f"{_snapshot(answer)}\n\n{columns(headers, rows, right=headers[1:])}"


def _checked(answer: Any) -> str:
    fit = "Fit to be used." if answer["fit"] else "Not fit to be used."
    return f"{_snapshot(answer)}\n\n{_findings(answer['findings'])}\n{fit}"


def _findings(findings: Any) -> str:
    if not findings:
        return "Nothing was found wrong."
    rows = [[one["severity"], one["code"], one["etf"], one["text"]] for one in findings]
    return columns(["severity", "code", "etf", "finding"], rows)


def _list(answer: Any) -> str:
    if not answer["snapshots"]:
        return "No snapshot is stored; `kronos data import` and `kronos data pull` store one."
    rows = [
        [
            row["snapshot"][:SHORT],
            row["source"],
            row["as_of"],
            row["simulated"],
            row["partial"],
            str(row["stored_at"])[:19],
        ]
        for row in answer["snapshots"]
    ]
    return columns(["snapshot", "source", "as of", "simulated", "partial", "stored"], rows)
