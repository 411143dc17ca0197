# ruff: noqa: FBT002 - a typer command's signature is its options
"""The commands `headrace directory …` with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.app.cli.operator_commands import Json

directory_app = typer.Typer(help="The patient index: load, show, unmerge.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="A directory of conf/headrace.yaml that uses `index`.")]
Authority = Annotated[str, typer.Option(help="Whose number it is; the directory's default authority by default.")]


@directory_app.command("load")
def load(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(help="Patients as CSV; see docs/reference/patients-csv.md.")],
    as_of: Annotated[
        str,
        typer.Option("--as-of", help="When the file was true, like 2026-03-01T06:00; the file's own time by default."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Take a file of patients into the index; what messages said later stays."""
    from engine.app.cli.directory import load_file

    raise typer.Exit(load_file(context.obj, name, file, as_of=as_of, as_json=as_json))


@directory_app.command("show")
def show(
    context: typer.Context,
    name: Name,
    number: Annotated[str, typer.Argument(help="A patient's number.")],
    as_json: Json = False,
) -> None:
    """Show what the index knows under a number, and which message said it."""
    from engine.app.cli.directory import show_number

    raise typer.Exit(show_number(context.obj, name, number, as_json=as_json))


@directory_app.command("unmerge")
def unmerge(
    context: typer.Context,
    name: Name,
    number: Annotated[str, typer.Argument(help="The number that was merged by mistake.")],
    authority: Authority = "",
) -> None:
    """Take back a merge that was a mistake; a later merge message counts again."""
    from engine.app.cli.directory import unmerge_number

    raise typer.Exit(unmerge_number(context.obj, name, number, authority=authority))
