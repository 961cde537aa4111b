"""Every table there is, in an order in which they can be created."""

from __future__ import annotations

from models.ach_returns.records import AccountProposal, AchAnswer, AchAnswerFile
from models.audit import AuditEntry
from models.breakers import Breaker
from models.control_numbers import ControlNumber, ControlStart
from models.credentials import Credential, CredentialKey, PickupFolder
from models.database import Row
from models.deliveries import Delivery
from models.destinations import Destination, LedgerRow
from models.entities import EntityIdentifier, LegalEntity
from models.facilities import Facility
from models.files import AchReservation, BatchFile
from models.invoices import Invoice, InvoiceVersion
from models.jobs import ExportItem, Job, JobAttempt, JobEvent, JobSelection
from models.mappings import Mapping, MappingVersion
from models.notifications import MailedFailure, OutboxMail
from models.parties import BankAccount, Party, PartyKey
from models.people import RoleGrant, User
from models.prenotes import Prenote
from models.repairs.carrying import RepairBatch
from models.repairs.reverse import AchReversal
from models.schedules import Schedule
from models.secrets import Secret
from models.services import Service
from models.tokens import Token

TABLES: tuple[type[Row], ...] = (
    User,
    LegalEntity,
    EntityIdentifier,
    RoleGrant,
    AuditEntry,
    Secret,
    Party,
    PartyKey,
    BankAccount,
    Invoice,
    InvoiceVersion,
    Destination,
    LedgerRow,
    Mapping,
    MappingVersion,
    Facility,
    Schedule,
    Job,
    JobAttempt,
    JobEvent,
    JobSelection,
    ExportItem,
    BatchFile,
    AchReservation,
    Prenote,
    ControlNumber,
    ControlStart,
    Delivery,
    Breaker,
    PickupFolder,
    Credential,
    CredentialKey,
    OutboxMail,
    MailedFailure,
    RepairBatch,
    AchAnswerFile,
    AchAnswer,
    AccountProposal,
    AchReversal,
    Token,
    Service,
)
