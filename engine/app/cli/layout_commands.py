"""The commands `headrace layouts …` with their options."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.app.cli.operator_commands import Json, Why

layouts_app = typer.Typer(
    help="Forms of laboratories' reports: list, confirm, forget.", no_args_is_help=True, rich_markup_mode=None
)
Ids = Annotated[list[str], typer.Argument(help="Ids, as `layouts list` has them.")]


@layouts_app.command("list")
def list_(
    context: typer.Context,
    held: Annotated[bool, typer.Option("--held", help="Only those that somebody must look at.")] = False,  # noqa: FBT002 - a typer option
    as_json: Json = False,  # noqa: FBT002 - a typer option
) -> None:
    """What is known of each laboratory's reports, and what waits for a person."""
    from engine.app.cli.layouts import list_layouts

    raise typer.Exit(list_layouts(context.obj, is_held_only=held, as_json=as_json))


@layouts_app.command("confirm")
def confirm(context: typer.Context, ids: Ids, reason: Why = "", as_json: Json = False) -> None:  # noqa: FBT002 - a typer option
    """Say that reports in these forms are read rightly; messages that waited for it go through the gate again."""
    from engine.app.cli.layouts import decide

    raise typer.Exit(decide(context.obj, ids, "confirm", why=reason, as_json=as_json))


@layouts_app.command("forget")
def forget(context: typer.Context, ids: Ids, reason: Why = "", as_json: Json = False) -> None:  # noqa: FBT002 - a typer option
    """Remember these forms no longer; the next document in one of them is judged anew."""
    from engine.app.cli.layouts import decide

    raise typer.Exit(decide(context.obj, ids, "forget", why=reason, as_json=as_json))
