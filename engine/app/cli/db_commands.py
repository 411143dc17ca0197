# ruff: noqa: FBT002 - a typer command's signature is its options
"""The commands `headrace db …` with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

db_app = typer.Typer(
    help="The site's store: backup, restore, check, upgrade, prune.", no_args_is_help=True, rich_markup_mode=None
)


@db_app.command("backup")
def backup(context: typer.Context, target: Annotated[Path, typer.Argument(help="An empty or new folder.")]) -> None:
    """Copy the store into a folder, beside a running engine or without."""
    from engine.app.cli import db

    raise typer.Exit(db.backup(context.obj, target))


@db_app.command("restore")
def restore(context: typer.Context, source: Annotated[Path, typer.Argument(help="A folder of `db backup`.")]) -> None:
    """Make the store from a backup; all sending is paused afterwards."""
    from engine.app.cli import db

    raise typer.Exit(db.restore(context.obj, source))


@db_app.command("check")
def check(context: typer.Context) -> None:
    """Look for damage: the file, its counts, bodies that are missing."""
    from engine.app.cli import db

    raise typer.Exit(db.check(context.obj))


@db_app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the schema up to date; the engine does the same at its start."""
    from engine.app.cli import db

    raise typer.Exit(db.upgrade(context.obj))


@db_app.command("prune")
def prune(
    context: typer.Context,
    bodies: Annotated[str, typer.Option("--bodies-older-than", help="Like 30d: bodies of finished messages.")] = "",
    messages: Annotated[str, typer.Option("--messages-older-than", help="Like 365d: finished messages whole.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Remove what is older than asked; without an age, than `retain:` says."""
    from engine.app.cli import db

    raise typer.Exit(db.prune(context.obj, bodies=bodies, messages=messages, dry_run=dry_run))
