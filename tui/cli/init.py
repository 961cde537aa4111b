"""`waybill init`: make an installation."""

from __future__ import annotations

import click

from models import installation, settings
from models.installation import Made
from tui.cli.console import to_json


@click.command("init")
@click.option("--email", help="The first Administrator's e-mail; else the OS account at localhost.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")
def command(email: str | None, as_json: bool) -> None:
    """Make the home, settings file, key and database; you become Administrator.

    A second run changes nothing but brings the database to this version.
    """
    home = settings.default_home()
    made = installation.create(home, email=email)
    if as_json:
        done = {"home": made.home, "settings_file": made.settings_file, "key": made.key}
        more = {"migrations": made.migrations, "administrator": made.administrator}
        click.echo(to_json({"path": str(home), "made": done | more}))
    else:
        click.echo("\n".join(_lines(str(home), made)))


def _lines(home: str, made: Made) -> list[str]:
    if not made.anything:
        return [f"{home} is set up already; nothing was changed"]
    lines = [f"installation in {home}"]
    if made.migrations:
        lines.append(f"  database    {', '.join(made.migrations)}")
    if made.administrator:
        lines.append(f"  you are     {made.administrator}, Administrator")
    if made.settings_file:
        lines.append("  settings    waybill.toml (mail server, SFTP port)")
    lines.append("next: waybill entity create NAME")
    return lines
