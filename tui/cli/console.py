"""What every command shares: the session it runs in, and how it answers, in text or JSON."""

from __future__ import annotations

import functools
import gc
import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from peewee import DatabaseError

from models import entities, installation, names, people
from models.audit import Actor
from models.database import connection
from models.entities import LegalEntity
from models.errors import ConfigurationError, Conflict, InvalidInput, WaybillError
from models.settings import Settings

R = TypeVar("R")

Item = Mapping[str, Any]
_ENDLESS = 1000
_WIDEST = 50
"""Characters of a table's cell: those of a key's fingerprint. `show` and `--json` have longer ones whole."""


class Verbs(click.Group):
    """Commands whose list tells each one's first sentence to its end, however many lines that takes."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list into the help text."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(_ENDLESS)) for name, command in found if command]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class RowId(click.IntRange):
    """The number of a row, called by its name and not by the range that it comes from."""

    name = "id"

    def __init__(self) -> None:
        super().__init__(1, 2**63 - 1)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click passes them
        """What stands for it in a help text."""
        return "ID"

    def _describe_range(self) -> str:
        return ""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; refuses what cannot be one."""
        if isinstance(value, str) and not names.is_id(value):
            self.fail(f"{value!r} is no id, which is a number such as 12", param, ctx)
        return int(super().convert(value, param, ctx))


class Moment(click.DateTime):
    """A day, or a day and time, in UTC."""

    name = "time"

    def __init__(self, *formats: str) -> None:
        super().__init__(formats or ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"))

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click passes them
        """What stands for it in a help text."""
        return "TIME" if len(self.formats) > 1 else "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The instant without a zone; refuses what cannot be one."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            also = " or 2026-11-01T14:30" if len(self.formats) > 1 else ""
            self.fail(f"{value!r} is none; write it as 2026-11-01{also}", param, ctx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's run: who acts, on which installation, and how the answer is wanted."""

    actor: Actor
    settings: Settings
    as_json: bool

    def entity(self, name: str | None) -> LegalEntity:
        """The legal entity meant; with only one, its name may be left out."""
        return entities.find(self.actor, name)

    def command(self, *words: str, entity: LegalEntity) -> str:
        """A command to go on with, which names the legal entity where that is needed."""
        named = ["--entity", entity.name] if len(entities.visible(self.actor)) > 1 else []
        return shlex.join(["waybill", *words, *named])

    def answer(self, item: Item, text: str) -> None:
        """One thing: itself in JSON, or a text for people."""
        click.echo(to_json(item) if self.as_json else visible(text))

    def show(self, item: Item) -> None:
        """One thing with all its fields, a line each."""
        self.answer(item, "\n".join(_fields(item)))

    def table(
        self, items: Sequence[Item], columns: Sequence[str], *, empty: str, following: str | None = None
    ) -> None:
        """A list: `{"items", "next"}` in JSON, or a table of some columns; `empty` says what to do next."""
        self.listing(items, lambda: _table(items, columns), empty=empty, following=following)

    def listing(
        self,
        items: Sequence[Item],
        lines: Callable[[], Iterable[str]],
        *,
        empty: str,
        following: str | None = None,
    ) -> None:
        """A list whose text is not a table but these lines."""
        if self.as_json:
            click.echo(to_json({"items": list(items), "next": following}))
        elif items:
            click.echo("\n".join(map(visible, lines())))
            if following:
                click.echo(f"more: --after {following}", err=True)
        else:
            click.echo(empty, err=True)

    def warn(self, text: str) -> None:
        """Tell people what may surprise them later; programs are not told."""
        if not self.as_json:
            click.echo(visible(f"warning: {text}"), err=True)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be taken back; without a terminal `--yes` must say so."""
        if yes:
            return
        if not sys.stdin.isatty():
            click.echo(visible(question), err=True)
            raise InvalidInput("this needs a yes", remedy="add --yes to do it without being asked")
        click.confirm(question, abort=True, err=True)


def in_session(act: Callable[..., R]) -> Callable[..., R]:
    """Give a command `--json`, an open installation and the calling person."""

    @click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
    @functools.wraps(act)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> R:
        with open_session(as_json=as_json) as session:
            return act(session, *args, **kwargs)

    return run


@contextmanager
def open_session(*, as_json: bool = False) -> Iterator[Session]:
    """The installation of this process's environment, open, with the calling person as the actor."""
    settings = installation.open_home()
    with connection():
        yield Session(actor=people.current_actor(), settings=settings, as_json=as_json)


def _not_empty(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():  # an unset variable of a script must not mean all of them
        raise click.BadParameter("it is empty; give a name, or leave the option out")
    return value


entity_option = click.option(
    "--entity", "entity_name", callback=_not_empty, help="The legal entity; not needed when there is one."
)
entity_filter = click.option(
    "--entity",
    "entity_name",
    callback=_not_empty,
    help="Only this legal entity's; else those of all you may see.",
)
reason_option = click.option("--reason", required=True, help="Why; it is kept with the act.")
yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")
limit_option = click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
ROW_ID = RowId()
after_option = click.option("--after", type=ROW_ID, help="Go on after this id, where the last list ended.")


def to_json(value: object) -> str:
    """One JSON document; times are ISO 8601 with `Z`, amounts are text already."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def visible(text: str) -> str:
    """A text with what could steer a terminal, or forge a line, spelt out: documents bring such names."""
    return text if text.isprintable() else "".join(map(_visible_character, text))


def pairs(given: Iterable[str]) -> dict[str, str]:
    """`KEY=VALUE` arguments as a dictionary; raises `InvalidInput` for one without `=`."""
    found = {}
    for argument in given:
        key, mark, value = argument.partition("=")
        if not mark or not key.strip():
            raise InvalidInput(f"{argument!r} sets nothing", remedy="give it as KEY=VALUE")
        found[key.strip()] = value
    return found


def ask_hidden(what: str) -> str:
    """A value that nobody shall see or find in a history: typed unseen, or a line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def refuse_empty_edit() -> None:
    """Raise `UsageError` when the running command was given no option that says what to change."""
    context = click.get_current_context()
    given = {
        parameter.name
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
        and context.get_parameter_source(str(parameter.name)) is ParameterSource.COMMANDLINE
    }
    if not given - {"as_json", "entity_name", "reason", "yes"}:
        raise click.UsageError("nothing is to be changed: say what, with an option")


def time_text(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, to the second."""
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def say_error(error: Exception, *, as_json: bool) -> None:
    """Tell a failure: on stderr as `error: what. remedy`, with `--json` also as one document on stdout."""
    known = _as_waybill_error(error)
    if as_json:
        click.echo(to_json({"error": known.as_dict()}))
    click.echo(sentence(f"error: {known.message}", known.remedy), err=True)


def sentence(what: str, remedy: str) -> str:
    """What is wrong, and as a sentence of its own what to do."""
    return visible(f"{what}. {remedy[:1].upper()}{remedy[1:]}")


def json_file(path: Path) -> Any:
    """The JSON value in a file; raises `InvalidInput` naming file and line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}", remedy="correct that line") from error


def run_terminal_program(link: str = "", *, plain: bool = False) -> None:
    """Open the screens, at what a link names; they need a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Conflict("the terminal program needs a terminal", remedy="for commands see: waybill --help")
    gc.disable()  # nothing that is imported is garbage, and looking for it takes a tenth of the time
    from tui.app import run

    gc.freeze()
    gc.enable()
    run(link, plain=plain)


def _as_waybill_error(error: Exception) -> WaybillError:
    if isinstance(error, WaybillError):
        return error
    if isinstance(error, UnicodeError):
        return InvalidInput("what was given is not UTF-8 text", remedy="write it in UTF-8")
    if isinstance(error, DatabaseError):
        return ConfigurationError(
            f"the database cannot be used: {error}",
            remedy="try again; if it stays so, look at disk space and permissions of the home",
            code="database",
        )
    return ConfigurationError(_told(error), remedy="look at the path and its permissions", code="system")


def _told(error: Exception) -> str:
    """What the system says, without its number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return time_text(value) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(part) for part in value) or "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_cell(part)}" for key, part in value.items()) or "-"
    return visible(str(value)).replace("\n", "\\n")


def _visible_character(character: str) -> str:
    plain = character.isprintable() or character in "\n\u00a0"
    return character if plain else character.encode("unicode_escape").decode()


def _fields(item: Item) -> Iterator[str]:
    width = max(map(len, item), default=0)
    for key, value in item.items():
        first, *more = _parts(value)
        yield from _wrapped(f"{key.replace('_', ' '):<{width}}  ", first)
        for part in more:
            yield from _wrapped(f"{'':<{width}}  ", part)


def _wrapped(head: str, text: str) -> list[str]:
    """The text in lines that fit the terminal; whole, for programs to search, where there is none."""
    if not sys.stdout.isatty():
        return [head + text]
    columns, hang = shutil.get_terminal_size().columns, " " * len(head)
    lines = textwrap.wrap(
        text, max(columns, 40), initial_indent=head, subsequent_indent=f"{hang}  ", break_long_words=False
    )
    return lines or [head]


def _parts(value: object) -> list[str]:
    """What stands on lines of its own: the members of a list, the pairs of a mapping."""
    if isinstance(value, Mapping):
        return [f"{key} = {_cell(part)}" for key, part in value.items()] or ["-"]
    if isinstance(value, list | tuple):
        return [_cell(part) for part in value] or ["-"]
    return [_cell(value)]


def _cut(cell: str) -> str:
    return cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…"


def _table(items: Sequence[Item], columns: Sequence[str]) -> Iterator[str]:
    rows = [[_cut(_cell(item.get(column))) for column in columns] for item in items]
    heads = [column.replace("_", " ").upper() for column in columns]
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(columns))]
    for row in [heads, *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
