# ruff: noqa: FBT002, PLR0917 - a typer command's signature is its options
"""The commands that change what the engine holds: replay, withdraw, set-aside, queue, review; and `nodes`."""

from __future__ import annotations

from typing import Annotated

import typer

queue_app = typer.Typer(
    help="Queues of the destinations: ls, pause, resume, retry, withdraw.", no_args_is_help=True, rich_markup_mode=None
)
review_app = typer.Typer(help="Review cases: ls, close.", no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Id = Annotated[str, typer.Argument(help="The engine's id, or a control id (MSH-10).")]
Place = Annotated[str, typer.Argument(help="CHANNEL or CHANNEL/DESTINATION.")]
All = Annotated[bool, typer.Option("--all", help="Everything there is.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the audit trail; no patient data.")]
Needed = Annotated[str, typer.Option("--reason", help="Why, for the audit trail; no patient data.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(replay)
    app.command()(withdraw)
    app.command("set-aside")(set_aside)
    app.add_typer(queue_app, name="queue")
    app.add_typer(review_app, name="review")
    app.command()(nodes)


def replay(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="The engine's id, or a control id; without it the filters.")] = "",
    stage: Annotated[str, typer.Option("--from", help="Stage to begin with; the first by default.")] = "",
    channel: Annotated[str, typer.Option(help="Messages of this channel.")] = "",
    state: Annotated[str, typer.Option(help="In this state: parked, review ...")] = "",
    reason: Annotated[str, typer.Option(help="That carry this reason code.")] = "",
    since: Annotated[str, typer.Option(help="Received since: a date, a time, or how long ago (2h, 3d).")] = "",
    until: Annotated[str, typer.Option(help="Received before, likewise.")] = "",
    source: Annotated[str, typer.Option(help="From this source.")] = "",
    message_type: Annotated[str, typer.Option("--type", help="Of this type, like ORU^R01.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; what happens without --yes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Replay what the filters fit.")] = False,
    as_json: Json = False,
) -> None:
    """Process messages again; results that did not change are not sent twice."""
    from engine.app.cli.browse import Filters
    from engine.app.cli.operate import replay_many, replay_one

    filters = Filters(
        channel=channel, state=state, reason=reason, since=moment(since), until=moment(until), source=source,
        message_type=message_type,
    )  # fmt: skip
    has_filter = filters != Filters()
    if bool(message_id) == has_filter or (dry_run and yes) or (message_id and (dry_run or yes)):
        raise typer.BadParameter("give either an id, or filters with --dry-run or --yes")
    if message_id:
        raise typer.Exit(replay_one(context.obj, message_id, stage=stage, as_json=as_json))
    raise typer.Exit(replay_many(context.obj, filters, stage=stage, is_dry=not yes, as_json=as_json))


def moment(text: str) -> str:
    """A time of the command line as the API takes it."""
    from engine.app.cli.moments import absolute
    from engine.app.clock import SystemClock

    return absolute(text, SystemClock().now()) if text else ""


def withdraw(context: typer.Context, message_id: Id, reason: Needed, as_json: Json = False) -> None:
    """Close a message in review or parked for good; what was sent stays sent."""
    from engine.app.cli import operate

    raise typer.Exit(operate.withdraw(context.obj, message_id, why=reason, as_json=as_json))


def set_aside(context: typer.Context, message_id: Id, reason: Why = "", as_json: Json = False) -> None:
    """Under `order: strict`, let what waits behind a parked message go on."""
    from engine.app.cli import operate

    raise typer.Exit(operate.set_aside(context.obj, message_id, why=reason, as_json=as_json))


def nodes(context: typer.Context, as_json: Json = False) -> None:
    """The nodes that share the store, and what each holds."""
    from engine.app.cli.operate import list_nodes

    raise typer.Exit(list_nodes(context.obj, as_json=as_json))


@queue_app.command("ls")
def queue_ls(context: typer.Context, as_json: Json = False) -> None:
    """Every destination's queue: how many wait, since when, why, and whether it is paused."""
    from engine.app.cli.operate import list_queues

    raise typer.Exit(list_queues(context.obj, as_json=as_json))


@queue_app.command("pause")
def queue_pause(
    context: typer.Context, place: Place = "", every: All = False, reason: Why = "", as_json: Json = False
) -> None:
    """Stop sending; messages are still taken in and wait in order."""
    _set_pause(context, "pause", (place, every, reason), as_json=as_json)


@queue_app.command("resume")
def queue_resume(
    context: typer.Context, place: Place = "", every: All = False, reason: Why = "", as_json: Json = False
) -> None:
    """Send again; lifts the pause that was set for the same place."""
    _set_pause(context, "resume", (place, every, reason), as_json=as_json)


def _set_pause(context: typer.Context, act: str, asked: tuple[str, bool, str], *, as_json: bool) -> None:
    place, every, why = asked
    if bool(place) == every or place.startswith("/") or place.endswith("/"):
        raise typer.BadParameter("give CHANNEL, CHANNEL/DESTINATION, or --all")
    from engine.app.cli.operate import set_pause

    raise typer.Exit(set_pause(context.obj, place, act, why=why, as_json=as_json))


@queue_app.command("retry")
def queue_retry(
    context: typer.Context,
    delivery_id: Annotated[str, typer.Argument(help="Id of a delivery, as `show --json` has it.")],
    force: Annotated[bool, typer.Option("--force", help="Although a newer version was sent; needs --reason.")] = False,
    reason: Why = "",
    as_json: Json = False,
) -> None:
    """Send a delivery that waits or is parked now: the same bytes, the same control id.

    Refused where it would overwrite a newer version that was sent meanwhile.
    """
    from engine.app.cli.operate import move_delivery

    raise typer.Exit(move_delivery(context.obj, delivery_id, "retry", why=reason, as_json=as_json, force=force))


@queue_app.command("withdraw")
def queue_withdraw(
    context: typer.Context,
    delivery_id: Annotated[str, typer.Argument(help="Id of a delivery, as `show --json` has it.")],
    reason: Needed,
    as_json: Json = False,
) -> None:
    """End a delivery that waits or is parked."""
    from engine.app.cli.operate import move_delivery

    raise typer.Exit(move_delivery(context.obj, delivery_id, "withdraw", why=reason, as_json=as_json))


@review_app.command("ls")
def review_ls(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="open, handled, rejected, released, closed, withdrawn, all.")] = "open",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    as_json: Json = False,
) -> None:
    """Review cases, newest first."""
    from engine.app.cli.operate import list_reviews

    raise typer.Exit(list_reviews(context.obj, state=state, channel=channel, as_json=as_json))


@review_app.command("close")
def review_close(
    context: typer.Context,
    review_id: Annotated[str, typer.Argument(help="Id of the case.")],
    outcome: Annotated[str, typer.Option(help="handled, rejected, released or closed.")],
    reason: Needed,
    patient: Annotated[
        str, typer.Option(help="Whose results: `shown` (the shown patient's) or `other`; `match --estimate` learns it.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Close a review case; nothing is sent by it."""
    from engine.app.cli import operate

    fields = {"outcome": outcome, "patient": patient, "reason": reason}
    raise typer.Exit(operate.close_review(context.obj, review_id, fields, as_json=as_json))
