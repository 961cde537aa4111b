"""The command line: a contract that scripts may rely on.

One file a noun; each defines `command`. Every command takes `--json` (one JSON document on stdout, nothing
else there), exits 0, 1 (failed) or 2 (wrong usage), and says errors on stderr as ``error: what. remedy``.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from functools import cache
from io import TextIOWrapper
from pathlib import Path

import click
from peewee import DatabaseError

from models.errors import WaybillError
from models.settings import HOME_VARIABLE
from tui.cli import console


class Nouns(console.Verbs):
    """The commands that stand in this folder, each loaded only when it is asked for or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click passes it by name
        """Every command's name, in alphabetical order."""
        return sorted(_modules())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """The command of that name."""
        module = _modules().get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@cache
def _modules() -> dict[str, str]:
    found = pkgutil.iter_modules(__path__, f"{__name__}.")
    names = {module.name.rpartition(".")[2]: module.name for module in found}
    for part in ("console", "invoice_render"):  # of other commands
        names.pop(part)
    return {name.strip("_").replace("_", "-"): module for name, module in names.items()}


@click.group(cls=Nouns, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", type=click.Path(path_type=Path), help="The installation; else WAYBILL_HOME, ~/.waybill."
)
@click.version_option(package_name="waybill", message="waybill %(version)s")
@click.pass_context
def waybill(context: click.Context, home: Path | None) -> None:
    """Export invoices on a schedule: once each, and provably so.

    Without a command, opens the terminal program.
    """
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home.absolute())
    if context.invoked_subcommand is None:
        console.run_terminal_program()


def main(arguments: list[str] | None = None) -> None:
    """The `waybill` command: run it, say what went wrong, exit 0, 1 or 2."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        code = waybill.main(args=given, prog_name="waybill", standalone_mode=False)
    except click.ClickException as error:
        _say_usage(error)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (WaybillError, DatabaseError, OSError, UnicodeError) as error:
        console.say_error(error, as_json="--json" in given)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _say_usage(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "waybill"
    message = error.format_message().rstrip(".")
    stop = "" if message.endswith("?") else "."
    text = f"error: {message[:1].lower()}{message[1:]}{stop} See: {path} --help"
    click.echo(console.visible(text), err=True)
