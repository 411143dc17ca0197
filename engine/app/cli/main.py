"""Every command with its options; the work is done in the command's own module."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine import __version__
from engine.app.cli import operator_commands
from engine.app.cli.db_commands import db_app
from engine.app.cli.directory_commands import directory_app
from engine.app.cli.layout_commands import layouts_app
from engine.app.cli.operator_commands import Json, moment

app = typer.Typer(
    name="headrace",
    help="MLLP interface engine: embedded lab reports in, coded results at the EHR.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help costs half the start
)
hl7_app = typer.Typer(help="Look into HL7 v2 files: show, get, validate.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(hl7_app, name="hl7")
app.add_typer(db_app, name="db")
app.add_typer(directory_app, name="directory")
app.add_typer(layouts_app, name="layouts")
audit_app = typer.Typer(help="Account for what came in: balance.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit_app, name="audit")


class Part(StrEnum):
    """What `show --part` prints."""

    RAW = "raw"
    DOCUMENT = "document"
    EXTRACTED = "extracted"
    BUILT = "built"
    SENT = "sent"
    ACK = "ack"


def _version(value: bool) -> None:
    if value:
        typer.echo(f"headrace {__version__}")
        raise typer.Exit


@app.callback()
def site_option(
    context: typer.Context,
    site: Annotated[Path, typer.Option(help="The site: a folder with conf/, channels/ and var/.")] = Path(),
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """MLLP interface engine: embedded lab reports in, coded results at the EHR."""
    context.obj = site


@app.command()
def run(context: typer.Context) -> None:
    """Run the engine of the site in the foreground; SIGTERM stops it cleanly."""
    from engine.app.cli.serve import serve

    raise typer.Exit(serve(context.obj))


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(help="Channel files; the whole site by default.")] = None,
    warnings: Annotated[bool, typer.Option("-w", "--warnings-fail", help="Warnings fail the check too.")] = False,
    as_json: Json = False,
) -> None:
    """Check the configuration: every problem at once, with file, line and column."""
    from engine.app.cli.check import check_site

    raise typer.Exit(check_site(context.obj, paths or [], warnings_fail=warnings, as_json=as_json))


@app.command()
def schema(
    which: Annotated[str, typer.Argument(help="`channel` or `headrace` (the engine file).")] = "channel",
) -> None:
    """Print the JSON Schema of channel files or of the engine file."""
    from engine.app.cli.check import print_schema

    raise typer.Exit(print_schema(which))


@app.command()
def send(
    file: Annotated[Path, typer.Argument(help="A message, several MLLP frames, or a batch; `-` reads stdin.")],
    to: Annotated[str, typer.Option(help="host:port of the receiver.")],
    count: Annotated[int, typer.Option(min=1, help="Send the file that many times.")] = 1,
    rate: Annotated[float, typer.Option(min=0.0, help="Messages a second; 0 is as fast as ACKs come.")] = 0.0,
    connections: Annotated[int, typer.Option(min=1, help="Senders at the same time.")] = 1,
    renumber: Annotated[bool, typer.Option(help="Give each copy its own control id (MSH-10).")] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for each ACK.")] = 30.0,
    expect: Annotated[str, typer.Option(help="ACK code that counts as success; default any accepting one.")] = "",
    tls: Annotated[bool, typer.Option(help="Use TLS.")] = False,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust, PEM.")] = None,
    cert: Annotated[Path | None, typer.Option(help="Own certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Own private key, PEM.")] = None,
    as_json: Json = False,
) -> None:
    """Send messages over MLLP and print each ACK."""
    from engine.app.cli.send import SendOptions, send_file

    options = SendOptions(
        to=to, count=count, rate=rate, connections=connections, renumber=renumber, timeout=timeout, expect=expect,
        tls=tls, ca=ca, cert=cert, key=key, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(send_file(file, options))


@app.command()
def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    ack: Annotated[str, typer.Option(help="AA, AE, AR, CA, CE, CR, none or wrong-id.")] = "AA",
    delay: Annotated[float, typer.Option(min=0.0, help="Seconds before each ACK.")] = 0.0,
    save: Annotated[Path | None, typer.Option(help="Folder for the messages received.")] = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after that many messages; 0 never.")] = 0,
    quiet: Annotated[bool, typer.Option(help="Print one line a message instead of its segments.")] = False,
) -> None:
    """Stand in for an EHR: receive messages over MLLP, answer, show or save them."""
    from engine.app.cli.listen import ListenOptions, listen_for

    options = ListenOptions(host=host, port=port, ack=ack, delay=delay, save=save, count=count, quiet=quiet)
    raise typer.Exit(listen_for(options))


@app.command()
def demo(
    keep: Annotated[bool, typer.Option(help="Leave everything running and print the URL.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Also save what is printed as a picture.")] = None,
    cluster: Annotated[bool, typer.Option(help="Two nodes on PostgreSQL, one killed in the middle.")] = False,
    as_json: Json = False,
) -> None:
    """Show the main job on synthetic reports: engine and stand-in EHR on free loopback ports in a temporary site."""
    from engine.app.cli.demo import run_cluster, run_demo

    raise typer.Exit(run_cluster() if cluster else run_demo(keep=keep, svg=svg, as_json=as_json))


@app.command("dry-run")
def dry_run(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(help="Name of a channel.")],
    file: Annotated[Path, typer.Argument(help="A message or a document.")],
    explain: Annotated[bool, typer.Option(help="Show what each stage found.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the messages that would be sent.")] = None,
    as_json: Json = False,
) -> None:
    """Take one file through a channel's stages; nothing is stored or sent."""
    from engine.app.cli.dry_run import dry_run_file

    raise typer.Exit(dry_run_file(context.obj, channel, file, explain=explain, out=out, as_json=as_json))


@app.command()
def explain(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="The engine's id, or a control id (MSH-10).")],
    as_json: Json = False,
) -> None:
    """The life of a message: what was found, decided, sent and answered, and why."""
    from engine.app.cli.browse import explain_message

    raise typer.Exit(explain_message(context.obj, message_id, as_json=as_json))


@app.command("ls")
def ls_(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="Only this state: review, queued, delivered, parked ...")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    control_id: Annotated[str, typer.Option("--control-id", help="Only this MSH-10.")] = "",
    query: Annotated[str, typer.Option("--q", help="Exact match on ids and search keys.")] = "",
    since: Annotated[str, typer.Option(help="Received since: a date, a time, or how long ago (2h, 3d).")] = "",
    until: Annotated[str, typer.Option(help="Received before, likewise.")] = "",
    source: Annotated[str, typer.Option(help="Only this source.")] = "",
    message_type: Annotated[str, typer.Option("--type", help="Only this type, like ORU^R01.")] = "",
    reason: Annotated[str, typer.Option(help="Only messages that carry this reason code.")] = "",
    mrn: Annotated[str, typer.Option(help="Only this patient number.")] = "",
    accession: Annotated[str, typer.Option(help="Only this accession number.")] = "",
    filler: Annotated[str, typer.Option(help="Only this filler order number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most that many.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where `next` of the last page said.")] = "",
    as_json: Json = False,
) -> None:
    """List messages, newest first."""
    from engine.app.cli.browse import Filters, list_messages

    filters = Filters(
        state=state, channel=channel, control_id=control_id, q=query, since=moment(since), until=moment(until),
        source=source, message_type=message_type, reason=reason, mrn=mrn, accession=accession, filler=filler,
        limit=limit, cursor=cursor,
    )  # fmt: skip
    raise typer.Exit(list_messages(context.obj, filters, as_json=as_json))


@app.command()
def show(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="The engine's id, or a control id (MSH-10).")],
    part: Annotated[Part | None, typer.Option(help="Print one part as it is.")] = None,
    as_json: Json = False,
) -> None:
    """Show a message: as received, its documents, what was read, what was built and sent, the ACKs."""
    from engine.app.cli.browse import show_message

    raise typer.Exit(show_message(context.obj, message_id, part=part.value if part else "", as_json=as_json))


@app.command()
def extract(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A report: PDF, scan, DOCX, HTML, CDA, RTF or text; `-` reads stdin.")],
    language: Annotated[str, typer.Option(help="`auto` or a pack's code.")] = "auto",
    as_json: Json = False,
    fhir: Annotated[bool, typer.Option("--fhir", help="Print a FHIR R4 Bundle.")] = False,
    sender: Annotated[
        str,
        typer.Option("--as", help="Read it as a report of this sender: MSH-4, or MSH-4|MSH-3 (conf/analytes.yaml)."),
    ] = "",
    boxes: Annotated[
        Path | None, typer.Option(help="Save the pages with boxes round what was read, as PNG: out.png, out-2.png …")
    ] = None,
) -> None:
    """Read a report with the embedded extractor; exit code 3 when something needs review."""
    from engine.app.cli.extract import ExtractOptions, extract_file

    options = ExtractOptions(language=language, as_json=as_json, fhir=fhir, boxes=boxes, sender=sender)
    raise typer.Exit(extract_file(context.obj, file, options))


@app.command("serve-extractor")
def serve_extractor(
    context: typer.Context,
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")] = "127.0.0.1:8580",
    site: Annotated[Path | None, typer.Option(help="The site: its settings of `local` and its keys.")] = None,
    keys: Annotated[
        str, typer.Option(help="File with a key a line, or ${env:NAME}; by default SITE/var/extractor.keys.")
    ] = "",
    readers: Annotated[int, typer.Option(min=0, max=64, help="Reader processes; 0 takes the site's number.")] = 0,
    waiting: Annotated[int, typer.Option(min=0, help="Documents that may wait for a reader; more get 503.")] = 16,
    rate: Annotated[int, typer.Option(min=0, help="Calls a minute for each key; 0 for no limit.")] = 0,
    test_faults: Annotated[bool, typer.Option("--test-faults", help="Let tests ask for faults.")] = False,
) -> None:
    """Offer the embedded extractor to other machines: the MedExtract API over HTTP."""
    from engine.app.cli.serve_extractor import ServeOptions, serve_extractor_until_told

    options = ServeOptions(
        listen=listen, keys=keys, readers=readers, waiting=waiting, per_minute=rate, test_faults=test_faults
    )
    raise typer.Exit(serve_extractor_until_told(site or context.obj, options))


@app.command()
def match(
    context: typer.Context,
    directory: Annotated[str, typer.Option(help="Name of a directory of the site.")],
    batch: Annotated[Path | None, typer.Option(help="JSON lines, one person a line; `-` reads stdin.")] = None,
    evaluate: Annotated[
        Path | None, typer.Option(help="CSV of pairs whose truth is known: count right and wrong matches.")
    ] = None,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="Print `weights:` for the reconcile stage: u of the directory, m of signed reviews."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Decide who the persons are, with the evidence field by field; count how often that is right; or estimate."""
    from engine.app.cli.match import estimate_weights, match_batch

    file = evaluate or batch
    if [batch is not None, evaluate is not None, estimate].count(True) != 1:
        raise typer.BadParameter("give either --batch, --evaluate or --estimate")
    if estimate or file is None:
        raise typer.Exit(estimate_weights(context.obj, directory, as_json=as_json))
    raise typer.Exit(match_batch(context.obj, directory, file, as_json=as_json, has_truth=evaluate is not None))


@audit_app.command("balance")
def audit_balance(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="Received since: a date, a time, or how long ago (2h, 3d).")] = "",
    until: Annotated[str, typer.Option(help="Received before, likewise.")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    as_json: Json = False,
) -> None:
    """Account for every result received: sent, replaced, duplicate, filtered, withdrawn or waiting; 1 if one is not."""
    from engine.app.cli.audit import balance_site

    query = {"since": moment(since), "until": moment(until), "channel": channel}
    raise typer.Exit(balance_site(context.obj, query, as_json=as_json))


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """One page on the health of this installation and site."""
    from engine.app.cli.doctor import examine

    raise typer.Exit(examine(context.obj, as_json=as_json))


loinc_app = typer.Typer(help="The site's own LOINC table: import.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(loinc_app, name="loinc")


@loinc_app.command("import")
def loinc_import(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(help="Loinc.csv, and linguistic variants like esES12LinguisticVariant.csv.")
    ],
    as_json: Json = False,
) -> None:
    """Make the table that is asked for names no pack knows, out of the site's own LOINC release."""
    from engine.app.cli.loinc import import_table

    raise typer.Exit(import_table(context.obj, files, as_json=as_json))


operator_commands.register(app)


@hl7_app.command("show")
def hl7_show(file: Annotated[Path, typer.Argument(help="A message; `-` reads stdin.")]) -> None:
    """Print a message segment by segment, with field numbers."""
    from engine.app.cli.hl7_tools import show_file

    raise typer.Exit(show_file(file))


@hl7_app.command("get")
def hl7_get(
    path: Annotated[str, typer.Argument(help="Like OBX[3]-5.1 or MSH-10.")],
    file: Annotated[Path, typer.Argument(help="A message; `-` reads stdin.")],
) -> None:
    """Print one value of a message."""
    from engine.app.cli.hl7_tools import get_value

    raise typer.Exit(get_value(path, file))


@hl7_app.command("validate")
def hl7_validate(file: Annotated[Path, typer.Argument(help="A message; `-` reads stdin.")]) -> None:
    """Check a message against the standard's structure (hl7apy)."""
    from engine.app.cli.hl7_tools import validate_file

    raise typer.Exit(validate_file(file))
