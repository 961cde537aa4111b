"""All tables of the first version: a frozen copy, whatever the models say later.

Written by `scripts/freeze-schema`, never by hand. Until the first release, run that after each change of a
table; from then on this file stays as it is, and a change is a migration of its own.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    Check,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)


def _one_of(column: str, *values: str) -> Any:
    listed = ", ".join(f"'{value}'" for value in values)
    return Check(f'"{column}" IN ({listed})')


class Row(Model):
    """Base of the copies."""

    class Meta:
        legacy_table_names = False
        strict_tables = True


class Table(Row):
    """Base of those that have an integer id."""

    id = BigAutoField()


class User(Table):
    email = TextField(unique=True)
    name = TextField()
    os_account = TextField(null=True, unique=True)
    active = BooleanField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "user_account"


class LegalEntity(Table):
    name = TextField(unique=True)
    folder = TextField(unique=True)
    zone = TextField()
    country = TextField()
    export_scheduler = BooleanField()
    manual_exports = BooleanField()
    schedule_limit = IntegerField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "legal_entity"


class EntityIdentifier(Table):
    entity = ForeignKeyField(LegalEntity, on_delete="CASCADE", index=False)
    value = TextField()
    plain = TextField()

    class Meta:
        table_name = "entity_identifier"
        indexes = ((("entity", "plain"), True),)


class RoleGrant(Table):
    user = ForeignKeyField(User, on_delete="CASCADE")
    role = TextField(
        constraints=[
            _one_of(
                "role",
                "administrator",
                "accounting_review",
                "finance",
                "integration_setup",
                "invoice_settings",
                "support",
            )
        ]
    )
    entity = BigIntegerField(column_name="entity_id", null=True, index=True)

    class Meta:
        table_name = "role_grant"
        indexes = ((("user", "entity", "role"), True),)


class AuditEntry(Table):
    at = BigIntegerField()
    actor = TextField()
    os_account = TextField()
    action = TextField()
    subject = TextField()
    subject_id = BigIntegerField(null=True)
    subject_name = TextField()
    entity_id = BigIntegerField(null=True)
    before = TextField(null=True)
    after = TextField(null=True)
    reason = TextField()

    class Meta:
        table_name = "audit_entry"
        indexes = ((("subject", "subject_id", "id"), False), (("entity_id", "id"), False))


class Secret(Table):
    name = TextField(unique=True)
    value = TextField()
    changed_at = BigIntegerField()
    changed_by = TextField()

    class Meta:
        table_name = "secret"


class Party(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    name = TextField()
    number = TextField()
    email = TextField()
    payment_method = TextField(constraints=[_one_of("payment_method", "ach", "other")])
    bank_account_id = BigIntegerField(null=True)
    may_be_debited = BooleanField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "party"
        indexes = ((("entity", "name"), False),)


class PartyKey(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    party = ForeignKeyField(Party, on_delete="CASCADE")
    value = TextField()

    class Meta:
        table_name = "party_key"
        indexes = ((("entity", "value"), True),)


class BankAccount(Table):
    party = ForeignKeyField(Party)
    routing = TextField()
    number = TextField()
    kind = TextField(constraints=[_one_of("kind", "checking", "savings")])
    holder = TextField(constraints=[_one_of("holder", "company", "person")])
    name = TextField()
    debit_authority = TextField()
    created_at = BigIntegerField()
    created_by = TextField()

    class Meta:
        table_name = "bank_account"


class Invoice(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    direction = TextField(constraints=[_one_of("direction", "payable", "receivable")])
    party = ForeignKeyField(Party, index=False)
    document_type = TextField(constraints=[_one_of("document_type", "invoice", "credit_note")])
    number = TextField()
    status = TextField(constraints=[_one_of("status", "draft", "ready", "void")])
    version = IntegerField()
    currency = TextField()
    issue_date = TextField()
    due_date = TextField(null=True)
    total = BigIntegerField()
    payable = BigIntegerField()
    created_at = BigIntegerField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "invoice"
        indexes = (
            (("entity", "number", "direction", "party", "document_type"), True),
            (("party", "id"), False),
            (("entity", "direction", "id"), False),
            (("entity", "direction", "issue_date", "id"), False),
            (("entity", "direction", "payable", "id"), False),
        )


class InvoiceVersion(Table):
    invoice = ForeignKeyField(Invoice, index=False)
    number = IntegerField()
    sha256 = TextField()
    content = TextField()
    source = TextField()
    created_at = BigIntegerField()
    created_by = TextField()

    class Meta:
        table_name = "invoice_version"
        indexes = ((("invoice", "number"), True), (("invoice", "sha256"), True))


class Destination(Table):
    entity = ForeignKeyField(LegalEntity)
    direction = TextField(constraints=[_one_of("direction", "payable", "receivable")])
    name = TextField()
    since = TextField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "destination"
        indexes = ((("entity", "direction", "name"), True),)


class LedgerRow(Row):
    destination = ForeignKeyField(Destination, index=False)
    invoice = ForeignKeyField(Invoice, index=False)
    state = TextField(constraints=[_one_of("state", "pending", "in_progress", "exported", "on_hold")])
    job_id = BigIntegerField(null=True)
    version = IntegerField(null=True)
    code = TextField()
    reason = TextField()
    actor = TextField()
    changed_at = BigIntegerField()

    class Meta:
        table_name = "export_ledger"
        primary_key = CompositeKey("destination", "invoice")
        without_rowid = True


class Mapping(Table):
    entity = ForeignKeyField(LegalEntity)
    name = TextField()
    version = IntegerField()
    deleted = BooleanField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "mapping"


class MappingVersion(Table):
    mapping = ForeignKeyField(Mapping)
    number = IntegerField()
    layout = TextField()
    created_at = BigIntegerField()
    created_by = TextField()

    class Meta:
        table_name = "mapping_version"
        indexes = ((("mapping", "number"), True),)


class Facility(Table):
    entity = ForeignKeyField(LegalEntity)
    destination = ForeignKeyField(Destination)
    name = TextField()
    state = TextField(constraints=[_one_of("state", "draft", "active", "inactive")])
    settings = TextField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "facility"
        indexes = ((("entity", "name"), True),)


class Schedule(Table):
    entity = ForeignKeyField(LegalEntity)
    facility = ForeignKeyField(Facility)
    name = TextField()
    on_behalf_of = ForeignKeyField(User)
    frequency = TextField(constraints=[_one_of("frequency", "once", "hourly", "daily", "weekly", "monthly")])
    start_date = TextField()
    end_date = TextField(null=True)
    at = IntegerField()
    every = IntegerField()
    weekdays = TextField()
    day = IntegerField(null=True)
    zone = TextField(null=True)
    ach_format = TextField(null=True)
    ach_mapping = ForeignKeyField(Mapping, null=True)
    other_format = TextField(null=True)
    other_mapping = ForeignKeyField(Mapping, null=True)
    enabled = BooleanField()
    cursor = BigIntegerField()
    next_due = BigIntegerField(null=True)
    deleted = BooleanField()
    created_at = BigIntegerField()
    created_by = TextField()

    class Meta:
        table_name = "schedule"


class Job(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    destination = ForeignKeyField(Destination)
    facility = ForeignKeyField(Facility)
    on_behalf_of = ForeignKeyField(User, index=False)
    trigger = TextField(constraints=[_one_of("trigger", "schedule", "request", "repeat", "reversal")])
    schedule_id = BigIntegerField(null=True)
    due_at = BigIntegerField(null=True)
    request_id = TextField(null=True, unique=True)
    outputs = TextField()
    as_of = BigIntegerField()
    posting_date = TextField()
    state = TextField(
        constraints=[
            _one_of(
                "state", "pending", "in_progress", "completed", "completed_with_errors", "failed", "cancelled"
            )
        ]
    )
    attempt = IntegerField()
    tries = IntegerField()
    owner = TextField()
    heartbeat = BigIntegerField()
    run_at = BigIntegerField(null=True)
    plan = TextField(null=True)
    note = TextField()
    succeeded = IntegerField()
    failed = IntegerField()
    abandoned = IntegerField()
    code = TextField()
    reason = TextField()
    remedy = TextField()
    cancelled_by = TextField(null=True)
    cancel_reason = TextField(null=True)
    created_at = BigIntegerField()
    started_at = BigIntegerField(null=True)
    finished_at = BigIntegerField(null=True)

    class Meta:
        table_name = "export_job"
        indexes = ((("schedule_id", "due_at"), True), (("entity", "id"), False))


class JobAttempt(Table):
    job = ForeignKeyField(Job, index=False)
    number = IntegerField()
    owner = TextField()
    started_at = BigIntegerField()
    finished_at = BigIntegerField(null=True)
    outcome = TextField()
    code = TextField()
    reason = TextField()
    detail = TextField()

    class Meta:
        table_name = "job_attempt"
        indexes = ((("job", "number"), True),)


class JobEvent(Table):
    job = ForeignKeyField(Job)
    at = BigIntegerField()
    attempt = IntegerField()
    what = TextField()
    actor = TextField()
    reason = TextField()

    class Meta:
        table_name = "job_event"


class JobSelection(Row):
    job = ForeignKeyField(Job, index=False)
    invoice = ForeignKeyField(Invoice)
    exported_at = BigIntegerField(null=True)

    class Meta:
        table_name = "job_selection"
        primary_key = CompositeKey("job", "invoice")
        without_rowid = True


class ExportItem(Row):
    job = ForeignKeyField(Job, index=False)
    invoice = ForeignKeyField(Invoice, index=False)
    version = IntegerField()
    route = TextField(constraints=[_one_of("route", "ach", "other")])
    party_id = BigIntegerField()
    party_number = TextField()
    party_name = TextField()
    document_type = TextField()
    account_id = BigIntegerField(null=True)
    amount = BigIntegerField()
    currency = TextField()
    state = TextField(
        constraints=[_one_of("state", "pending", "in_progress", "successful", "failed", "abandoned")]
    )
    file_id = BigIntegerField(null=True)
    held = BooleanField()
    code = TextField()
    term = TextField()
    reason = TextField()
    remedy = TextField()

    class Meta:
        table_name = "export_item"
        primary_key = CompositeKey("job", "invoice")
        without_rowid = True


class BatchFile(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    job = ForeignKeyField(Job, index=False)
    route = TextField(constraints=[_one_of("route", "ach", "other")])
    format = TextField()
    name = TextField()
    archive_path = TextField()
    state = TextField(constraints=[_one_of("state", "reserved", "rendered", "void", "closed")])
    sha256 = TextField()
    size = BigIntegerField()
    items = IntegerField()
    totals = TextField()
    repeats = BigIntegerField(null=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "batch_file"
        indexes = ((("entity", "name"), True), (("job", "route"), False))


class AchReservation(Table):
    file = ForeignKeyField(BatchFile, unique=True)
    scope = TextField()
    day = TextField()
    modifier = TextField()
    first_trace = IntegerField()
    traces = IntegerField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "ach_reservation"
        indexes = ((("scope", "day", "modifier"), True),)


class Prenote(Table):
    account = ForeignKeyField(BankAccount, index=False)
    file = ForeignKeyField(BatchFile)
    effective = TextField()
    live_from = TextField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "prenote"
        indexes = ((("account", "file"), True),)


class ControlNumber(Table):
    file = ForeignKeyField(BatchFile, null=True, index=False)
    scope = TextField()
    number = BigIntegerField()

    class Meta:
        table_name = "control_number"
        indexes = ((("scope", "number"), True), (("file", "scope"), True))


class ControlStart(Table):
    scope = TextField(unique=True)
    first = BigIntegerField()

    class Meta:
        table_name = "control_start"


class Delivery(Table):
    file = ForeignKeyField(BatchFile, index=False)
    gateway = TextField()
    target = TextField()
    state = TextField(
        constraints=[_one_of("state", "staged", "sending", "delivered", "confirmed", "failed", "unknown")]
    )
    attempt = IntegerField()
    code = TextField()
    reason = TextField()
    remedy = TextField()
    started_at = BigIntegerField()
    finished_at = BigIntegerField(null=True)

    class Meta:
        table_name = "delivery"
        indexes = ((("file", "gateway"), True),)


class Breaker(Table):
    facility = ForeignKeyField(Facility, index=False)
    gateway = TextField()
    state = TextField(constraints=[_one_of("state", "closed", "open", "half_open")])
    failures = IntegerField()
    until = BigIntegerField(null=True)
    reason = TextField()

    class Meta:
        table_name = "gateway_breaker"
        indexes = ((("facility", "gateway"), True),)


class PickupFolder(Table):
    entity = ForeignKeyField(LegalEntity, unique=True)
    name = TextField(unique=True)
    created_at = BigIntegerField()

    class Meta:
        table_name = "pickup_folder"


class Credential(Table):
    entity = ForeignKeyField(LegalEntity)
    folder = ForeignKeyField(PickupFolder)
    user_name = TextField(unique=True)
    password_hash = TextField(null=True)
    password_number = IntegerField()
    created_at = BigIntegerField()
    created_by = TextField()
    revoked_at = BigIntegerField(null=True)
    last_used_at = BigIntegerField(null=True)

    class Meta:
        table_name = "credential"


class CredentialKey(Table):
    credential = ForeignKeyField(Credential, on_delete="CASCADE")
    public_key = TextField()
    fingerprint = TextField()
    comment = TextField()
    added_at = BigIntegerField()
    added_by = TextField()

    class Meta:
        table_name = "credential_key"
        indexes = ((("credential", "fingerprint"), True),)


class OutboxMail(Table):
    event = TextField()
    kind = TextField(constraints=[_one_of("kind", "export_failed", "export_with_errors", "ach_answers")])
    entity = ForeignKeyField(LegalEntity)
    job_id = BigIntegerField(null=True)
    recipient = TextField()
    subject = TextField()
    body = TextField()
    message_id = TextField()
    state = TextField(constraints=[_one_of("state", "waiting", "sending", "sent", "given_up")])
    tries = IntegerField()
    not_before = BigIntegerField()
    claimed_by = TextField()
    claim = IntegerField()
    created_at = BigIntegerField()
    sent_at = BigIntegerField(null=True)
    last_error = TextField()

    class Meta:
        table_name = "outbox_mail"
        indexes = ((("event", "recipient"), True), (("entity", "id"), False))


class MailedFailure(Row):
    facility = ForeignKeyField(Facility)
    code = TextField()
    invoice_id = BigIntegerField()
    version = IntegerField()
    job_id = BigIntegerField()
    attempt = IntegerField()
    mailed_at = BigIntegerField()

    class Meta:
        table_name = "mailed_failure"
        primary_key = CompositeKey("facility", "code", "invoice_id", "version")
        without_rowid = True


class RepairBatch(Table):
    plan_id = TextField()
    number = IntegerField()
    kind = TextField(
        constraints=[
            _one_of(
                "kind",
                "re-queue",
                "cancel",
                "mark as exported",
                "revert",
                "resolve",
                "repeat",
                "re-export",
                "reverse",
            )
        ]
    )
    destination_id = BigIntegerField(null=True)
    facility_id = BigIntegerField(null=True)
    actor = TextField()
    reason = TextField()
    changes = TextField()
    at = BigIntegerField()
    done_at = BigIntegerField(null=True)

    class Meta:
        table_name = "repair_batch"
        indexes = ((("plan_id", "number"), True),)


class AchAnswerFile(Table):
    sha256 = TextField(unique=True)
    name = TextField()
    recorded_at = BigIntegerField()
    recorded_by = TextField()

    class Meta:
        table_name = "ach_answer_file"


class AchAnswer(Table):
    entity = ForeignKeyField(LegalEntity, index=False)
    file = ForeignKeyField(BatchFile, index=False)
    key = TextField()
    kind = TextField(
        constraints=[
            _one_of("kind", "return", "dishonored return", "contested return", "change", "refused change")
        ]
    )
    code = TextField()
    words = TextField()
    remedy = TextField()
    information = TextField()
    trace = TextField()
    cents = BigIntegerField()
    party = ForeignKeyField(Party, null=True)
    invoices = TextField()
    held = TextField()
    source_name = TextField()
    source_sha256 = TextField(index=True)
    recorded_at = BigIntegerField()
    recorded_by = TextField()

    class Meta:
        table_name = "ach_answer"
        indexes = ((("file", "key"), True), (("entity", "id"), False))


class AccountProposal(Table):
    answer = ForeignKeyField(AchAnswer, unique=True)
    party = ForeignKeyField(Party)
    account = ForeignKeyField(BankAccount)
    routing = TextField()
    number = TextField()
    kind = TextField(constraints=[_one_of("kind", "checking", "savings")])
    name = TextField()
    state = TextField(constraints=[_one_of("state", "open", "accepted", "declined")])
    decided_at = BigIntegerField(null=True)
    decided_by = TextField()

    class Meta:
        table_name = "account_proposal"


class AchReversal(Table):
    file = ForeignKeyField(BatchFile, unique=True)
    original = ForeignKeyField(BatchFile)
    traces = TextField()
    invoices = TextField()

    class Meta:
        table_name = "ach_reversal"


class Token(Table):
    user = ForeignKeyField(User, on_delete="CASCADE")
    name = TextField()
    digest = TextField(unique=True)
    created_at = BigIntegerField()
    created_by = TextField()
    expires_at = BigIntegerField()
    last_used_at = BigIntegerField(null=True)
    revoked_at = BigIntegerField(null=True)

    class Meta:
        table_name = "token"


class Service(Row):
    kind = TextField(constraints=[_one_of("kind", "worker", "sftp", "web")])
    owner = TextField()
    started_at = BigIntegerField()
    seen_at = BigIntegerField()
    stopped_at = BigIntegerField(null=True)

    class Meta:
        table_name = "service"
        primary_key = CompositeKey("kind", "owner")


TABLES = (
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

INDEXES = (
    ('CREATE INDEX "invoice_changed" ON "invoice" ("entity_id", "direction", "id") WHERE ("version" > 1)'),
    (
        'CREATE INDEX "export_ledger_pending"'
        ' ON "export_ledger" ("destination_id", "state", "invoice_id")'
        " WHERE (\"state\" = 'pending')"
    ),
    (
        'CREATE INDEX "export_ledger_on_hold"'
        ' ON "export_ledger" ("destination_id", "state", "invoice_id")'
        " WHERE (\"state\" = 'on_hold')"
    ),
    (
        'CREATE INDEX "export_ledger_in_progress"'
        ' ON "export_ledger" ("destination_id", "state", "invoice_id")'
        " WHERE (\"state\" = 'in_progress')"
    ),
    ('CREATE INDEX "export_ledger_job" ON "export_ledger" ("job_id") WHERE ("job_id" IS NOT NULL)'),
    ('CREATE INDEX "export_ledger_invoice" ON "export_ledger" ("invoice_id")'),
    ('CREATE UNIQUE INDEX "mapping_name" ON "mapping" ("entity_id", "name") WHERE NOT "deleted"'),
    (
        'CREATE UNIQUE INDEX "facility_one_active"'
        ' ON "facility" ("destination_id")'
        " WHERE (\"state\" = 'active')"
    ),
    ('CREATE UNIQUE INDEX "schedule_name" ON "schedule" ("entity_id", "name") WHERE NOT "deleted"'),
    ('CREATE INDEX "schedule_due" ON "schedule" ("next_due", "id") WHERE "enabled"'),
    (
        'CREATE UNIQUE INDEX "export_job_one_in_progress"'
        ' ON "export_job" ("destination_id")'
        " WHERE (\"state\" = 'in_progress')"
    ),
    (
        'CREATE INDEX "export_job_pending"'
        ' ON "export_job" ("destination_id", "id")'
        " WHERE (\"state\" = 'pending')"
    ),
    (
        'CREATE INDEX "export_job_waiting"'
        ' ON "export_job" ("id")'
        " WHERE (\"state\" IN ('pending', 'in_progress'))"
    ),
    (
        'CREATE INDEX "export_job_failed"'
        ' ON "export_job" ("id")'
        " WHERE (\"state\" IN ('failed', 'completed_with_errors'))"
    ),
    ('CREATE INDEX "export_job_cancelled" ON "export_job" ("state", "id") WHERE ("state" = \'cancelled\')'),
    ('CREATE INDEX "export_job_wrong" ON "export_job" ("id") WHERE ("code" != \'\')'),
    (
        'CREATE INDEX "export_job_failed_code"'
        ' ON "export_job" ("code", "facility_id", "entity_id", "finished_at", "state")'
        " WHERE (\"state\" IN ('failed', 'completed_with_errors'))"
    ),
    ('CREATE INDEX "export_job_ended" ON "export_job" ("finished_at", "state", "entity_id", "facility_id")'),
    ('CREATE INDEX "export_item_invoice" ON "export_item" ("invoice_id")'),
    (
        'CREATE INDEX "export_item_file_order"'
        ' ON "export_item" ("job_id", "route", "party_id", "document_type", "invoice_id")'
    ),
    (
        'CREATE INDEX "export_item_not_gone"'
        ' ON "export_item" ("job_id", "invoice_id")'
        " WHERE (\"state\" IN ('failed', 'abandoned'))"
    ),
    ('CREATE INDEX "control_number_free" ON "control_number" ("scope", "number") WHERE file_id IS NULL'),
    ('CREATE INDEX "delivery_unknown" ON "delivery" ("id") WHERE ("state" = \'unknown\')'),
    (
        'CREATE INDEX "outbox_mail_waiting"'
        ' ON "outbox_mail" ("not_before", "id")'
        " WHERE (\"state\" = 'waiting')"
    ),
    ('CREATE INDEX "outbox_mail_sending" ON "outbox_mail" ("id") WHERE ("state" = \'sending\')'),
    ('CREATE INDEX "outbox_mail_given_up" ON "outbox_mail" ("id") WHERE ("state" = \'given_up\')'),
)


def up(migrator: Any, db: Any) -> None:  # noqa: ARG001 - playhouse calls it with both
    """Create every table and index."""
    if not isinstance(db, SqliteDatabase):
        for model in TABLES:  # what only SQLite has
            model._meta.strict_tables = model._meta.without_rowid = False
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
        for statement in INDEXES:
            db.execute_sql(statement)
