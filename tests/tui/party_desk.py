"""A legal entity whose bank answers: an account that it corrects, and one that a prenote asks about."""

from __future__ import annotations

from pathlib import Path

from models import facilities, parties, settings
from models.files import BatchFile
from models.parties import Party, PaymentMethod
from models.people import WAYBILL
from tests.worker.ach_files import answers, changed
from tests.worker.export_site import make_site
from worker import export
from worker.ach import returns


def add_answers(folder: Path) -> tuple[Party, Party]:
    """Blue, paid and debited, for whose account its bank gives another number; Green, asked about."""
    site = make_site("Birch Inc")
    site.invoice("A-1", "100.00", vendor="Blue Inc")
    blue = site.vendor("Blue Inc")
    parties.add_bank_account(
        WAYBILL, blue, routing="076401251", number="12345678", debit_authority="contract 12 of 1 March"
    )
    parties.edit(WAYBILL, blue, payment_method=PaymentMethod.ACH)
    export.run(site.job().id)
    add_change(folder, "777-1234")
    facilities.edit(WAYBILL, site.facility, settings={"nacha.prenotes": "yes"})
    site.invoice("B-1", "50.00", vendor="Green Inc")
    site.pay_by_ach("Green Inc", routing="021000021", number="98765")
    export.run(site.job().id)
    return site.vendor("Blue Inc"), site.vendor("Green Inc")


def add_change(folder: Path, number: str) -> None:
    """Record that the bank gives another number for the account of the first file's entry."""
    archived = settings.current().archive / BatchFile.select().order_by(BatchFile.id).get().archive_path
    records = archived.read_text(encoding="ascii").splitlines()
    trace = next(record[79:94] for record in records if record.startswith("6"))
    path = folder / f"{number}.ach"
    path.write_bytes(answers(changed(records, trace, "C01", number)))
    returns.apply(WAYBILL, returns.plan(WAYBILL, path))
