"""Who may look into which ACH file."""

from __future__ import annotations

from pathlib import Path

from models import files
from models.errors import NotFound, PermissionDenied
from models.people import Action, permitted_entities, require
from tui.cli.console import Session


def permit(session: Session, path: Path, *, full: bool = False) -> None:
    """Refuse what the person may not see.

    Commands run as the account that owns the home, which can read every file in it: so what lies there is
    shown to those only who may see its legal entity. Whose file another one is, nobody knows; its account
    numbers are shown in full to those who may manage bank accounts somewhere, for they see them anyway.
    """
    entity_id = _entity_of(session, path.resolve())
    if full and entity_id is not None:
        require(session.actor, Action.MANAGE_BANK_ACCOUNTS, entity_id)
    elif full and permitted_entities(session.actor, Action.MANAGE_BANK_ACCOUNTS) == []:
        raise PermissionDenied(
            f"{session.actor.name} may not see account numbers in full",
            remedy="leave --full out, or ask an Administrator for the role Finance",
        )


def _entity_of(session: Session, path: Path) -> int | None:
    """The legal entity of a file of the home; None for a file elsewhere."""
    archive = session.settings.archive.resolve()
    own = (session.settings.home, archive, session.settings.pickup, session.settings.staging)
    if not any(path.is_relative_to(folder.resolve()) for folder in own):
        return None
    if path.is_relative_to(archive):
        file = files.of_archive_path(session.actor, str(path.relative_to(archive)))
        if file is not None:
            return file.entity_id
    raise NotFound(
        f"{path} is no file of the archive that you may see",
        remedy="of your own files waybill file show ID says where in the archive they are",
    )
