"""The tables of what came back: files of answers, the answers, and the accounts they propose."""

from __future__ import annotations

from enum import StrEnum

from peewee import BigIntegerField, ForeignKeyField, TextField

from models import clock
from models.database import Table
from models.entities import LegalEntity
from models.fields import EnumField, JSONField, UTCField
from models.files import BatchFile
from models.parties import AccountKind, BankAccount, Party, masked


class AnswerKind(StrEnum):
    """What sort of answer."""

    RETURN = "return"
    DISHONORED = "dishonored return"
    CONTESTED = "contested return"
    CHANGE = "change"
    REFUSED_CHANGE = "refused change"


class ProposalState(StrEnum):
    """What became of a proposed account."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class AchAnswerFile(Table):
    """A bank's file of answers that was recorded to its end."""

    sha256 = TextField(unique=True)
    name = TextField()
    recorded_at = UTCField(default=clock.now)
    recorded_by = TextField()

    class Meta:
        table_name = "ach_answer_file"


class AchAnswer(Table):
    """One answer to one entry of a file of ours."""

    entity = ForeignKeyField(LegalEntity, index=False)
    file = ForeignKeyField(BatchFile, index=False)
    """The file that the entry left in."""
    key = TextField()
    """Kind, code, traces and data: the same answer comes under the same key, in whichever file."""
    kind = EnumField(AnswerKind)
    code = TextField()
    """R01 …, C01 …"""
    words = TextField()
    remedy = TextField()
    information = TextField()
    """What the bank wrote beside it."""
    trace = TextField()
    """Of the original entry: 15 digits."""
    cents = BigIntegerField()
    party = ForeignKeyField(Party, null=True)
    invoices = JSONField()
    """Ids of the invoices that the entry paid."""
    held = JSONField()
    """Ids of those that it put on hold."""
    source_name = TextField()
    source_sha256 = TextField(index=True)
    """The bank's file that it came in first."""
    recorded_at = UTCField(default=clock.now)
    recorded_by = TextField()
    entity_id: int
    file_id: int
    party_id: int | None

    class Meta:
        table_name = "ach_answer"
        indexes = ((("file", "key"), True), (("entity", "id"), False))


class AccountProposal(Table):
    """An account of a payee as its bank says it should be."""

    answer = ForeignKeyField(AchAnswer, unique=True)
    party = ForeignKeyField(Party, backref="proposals")
    account = ForeignKeyField(BankAccount)
    """The one it corrects."""
    routing = TextField()
    number = TextField()
    kind = EnumField(AccountKind)
    name = TextField(default="")
    """The holder's name as the bank shall see it; empty: the party's name."""
    state = EnumField(ProposalState, default=ProposalState.OPEN)
    decided_at = UTCField(null=True)
    decided_by = TextField(default="")
    party_id: int
    account_id: int
    answer_id: int

    class Meta:
        table_name = "account_proposal"

    @property
    def masked(self) -> str:
        """The number with all but its last four digits hidden."""
        return masked(self.number)
