"""The message as text: its head, which counts what follows, and one transfer after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.sax.saxutils import escape

from models.fields import amount_text
from worker.formats import Batch
from worker.formats.pain001.payments import Payment
from worker.formats.pain001.settings import V03, Payer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain."


def message_id(batch: Batch) -> str:
    """What tells this file from all others: the job and when it was due."""
    return f"WAYBILL-{batch.job_id}-{batch.created:%Y%m%d%H%M%S}"


def head(batch: Batch, payer: Payer, count: int, minor: int, day: date) -> str:
    """All before the first transfer."""
    old = payer.version == V03
    total, ours = amount_text(minor, "EUR"), message_id(batch)
    asked = f"{day}" if old else f"<Dt>{day}</Dt>"
    initiator = (
        f"<Id><OrgId><Othr><Id>{escape(payer.initiator)}</Id></Othr></OrgId></Id>" if payer.initiator else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="{NAMESPACE}{payer.version}">\n<CstmrCdtTrfInitn>\n<GrpHdr>'
        f"<MsgId>{ours}</MsgId><CreDtTm>{batch.created:%Y-%m-%dT%H:%M:%S}</CreDtTm>"
        f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
        f"<InitgPty><Nm>{escape(payer.name)}</Nm>{initiator}</InitgPty></GrpHdr>\n"
        f"<PmtInf><PmtInfId>{ours}-1</PmtInfId><PmtMtd>TRF</PmtMtd>"
        f"<BtchBookg>{'true' if payer.batch_booking else 'false'}</BtchBookg>"
        f"<NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum>"
        "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>"
        f"<ReqdExctnDt>{asked}</ReqdExctnDt>"
        f"<Dbtr><Nm>{escape(payer.name)}</Nm></Dbtr><DbtrAcct><Id><IBAN>{payer.iban}</IBAN></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId>{_bank(payer.bic, old)}</FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>\n"
    )


def transfer(payment: Payment, payer: Payer) -> str:
    """One transfer."""
    bank = _bank(payment.bic, payer.version == V03) if payment.bic else ""
    agent = f"<CdtrAgt><FinInstnId>{bank}</FinInstnId></CdtrAgt>" if bank else ""
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{escape(payment.end_to_end)}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="EUR">{amount_text(payment.minor, "EUR")}</InstdAmt></Amt>{agent}'
        f"<Cdtr><Nm>{escape(payment.name)}</Nm></Cdtr>"
        f"<CdtrAcct><Id><IBAN>{payment.iban}</IBAN></Id></CdtrAcct>"
        f"<RmtInf>{''.join(_remittance(payment))}</RmtInf></CdtTrfTxInf>\n"
    )


TAIL = "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n"


def _bank(bic: str, old: bool) -> str:
    if not bic:
        return "<Othr><Id>NOTPROVIDED</Id></Othr>"
    return f"<BIC>{bic}</BIC>" if old else f"<BICFI>{bic}</BICFI>"


def _remittance(payment: Payment) -> Iterator[str]:
    if not payment.reference:
        yield f"<Ustrd>{escape(payment.text)}</Ustrd>"
        return
    yield "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp>"
    yield f"<Ref>{payment.reference}</Ref></CdtrRefInf></Strd>"
