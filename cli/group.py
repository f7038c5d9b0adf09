"""How a group of commands is made."""

import typer


def group(summary: str, *, example: str) -> typer.Typer:
    """A group of commands, its help `summary` and an example of its use.

    Plain help, as in `cli.main`; completion is installed for the whole of `kronos`, never for a group.
    """
    app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)
    # A callback keeps a group of one command a group.
    app.callback(help=f"{summary}\n\nExample: {example}")(_nothing)
    return app


def _nothing() -> None:
    """A group by itself does nothing."""
