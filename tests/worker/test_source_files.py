from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from models.fields import canonical_json
from worker import sources
from worker.sources import Document, Refusal
from worker.sources.mapping import ImportMapping

INVOICE = (
    '{"number": "1", "issue_date": "2026-01-31", "currency": "EUR", "party": {"name": "N"},'
    ' "totals": {"payable": "1"}}'
)
MAPPING = ImportMapping.parse('header = false\n[columns]\nnumber = 1\nissue_date = 2\n"totals.payable" = 3\n')


def outcome(*paths: Path, mapping: ImportMapping | None = None) -> list[tuple[str, str]]:
    found = sources.read(paths, mapping=mapping)
    return [(Path(one.path).name, one.code if isinstance(one, Refusal) else "read") for one in found]


def test_sources_are_found_in_their_folder() -> None:
    assert {"csv", "json", "ubl"} <= set(sources.sources())
    for key, kind in sources.sources().items():
        assert kind.key == key
        assert kind.title
        assert kind.__doc__


def test_folder_is_walked_in_order_without_hidden_files_and_links_that_lead_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside / "b", inside / ".git", outside):
        folder.mkdir(parents=True)
    for path in (
        inside / "z.json",
        inside / "b" / "a.json",
        inside / ".hidden.json",
        inside / ".git" / "x.json",
    ):
        path.write_text(INVOICE)
    (outside / "secret.json").write_text(INVOICE)
    (inside / "link.json").symlink_to(outside / "secret.json")
    (inside / "folder").symlink_to(outside)
    (inside / "same.json").symlink_to(inside / "z.json")
    (inside / "loop.json").symlink_to(inside / "loop.json")
    (inside / "parent").symlink_to(inside)
    (inside / "notes.txt").write_text("not an invoice")
    assert outcome(inside) == [
        ("notes.txt", "unknown_kind"),
        ("same.json", "read"),
        ("z.json", "read"),
        ("a.json", "read"),
    ]


def test_path_that_cannot_be_used_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text(INVOICE)
    empty = tmp_path / "empty"
    empty.mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    paths = [
        tmp_path / "none.json",
        empty,
        tmp_path / "pipe.json",
        Path("nul\0.json"),
        Path("half\ud800"),
        good,
    ]
    assert [code for _, code in outcome(*paths)] == [
        "not_found",
        "empty_folder",
        "not_a_file",
        "unreadable",
        "unreadable",
        "read",
    ]


def test_file_and_folder_without_permission_are_refused() -> None:
    # Not under tmp_path, which nobody but its owner may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "a.json").write_text(INVOICE)
        (folder / "b.json").write_text(INVOICE)
        (folder / "closed").mkdir()
        (folder / "b.json").chmod(0)
        (folder / "closed").chmod(0)
        with _as_ordinary_user():
            found = outcome(folder)
        (folder / "closed").chmod(0o700)
    assert found == [("a.json", "read"), ("b.json", "unreadable"), ("closed", "unreadable")]


@contextmanager
def _as_ordinary_user() -> Iterator[None]:
    """Root may read everything, so for a while the test is nobody."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_kind_is_found_by_content_where_the_name_does_not_tell(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf \n" + INVOICE.encode())
    (tmp_path / "b.dat").write_bytes('<?xml version="1.0"?><Order/>'.encode("utf-16"))
    (tmp_path / "c").write_text("1,2026-01-31,5\n")
    assert outcome(tmp_path) == [("a", "read"), ("b.dat", "not_an_invoice"), ("c", "unknown_kind")]
    assert outcome(tmp_path / "c", mapping=MAPPING)[0][1] != "unknown_kind"


def test_name_that_is_no_text_is_shown_as_escapes(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))
    path.write_text(INVOICE)
    (one,) = sources.read([path])
    assert isinstance(one, Document)
    assert one.path.endswith(r"/\udcff.json")


_XML = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
_PIECES = st.sampled_from(
    [
        _XML,
        b"</Invoice>",
        b"<",
        b">",
        b'"',
        b"\0",
        b"\xff\xfe",
        b"&a;",
        b"{",
        b"}",
        b"[",
        b'"invoices":',
        b",\n",
        b"1e9",
    ]
)


@settings(max_examples=150)
@given(
    st.sampled_from(["xml", "csv", "json", "jsonl", "dat"]),
    st.one_of(st.binary(max_size=300), st.lists(st.one_of(_PIECES, st.binary(max_size=8))).map(b"".join)),
    st.booleans(),
)
def test_any_bytes_are_documents_or_refusals_and_never_an_error(kind: str, data: bytes, mapped: bool) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        path = folder / f"in.{kind}"
        path.write_bytes(data)
        for one in sources.read([path], mapping=MAPPING if mapped else None):
            if isinstance(one, Refusal):
                assert one.code
                assert one.message
                assert one.remedy
            else:
                # What is read can be stored.
                assert b"\\u0000" not in canonical_json(one.content).encode()
    finally:
        shutil.rmtree(folder)


@settings(max_examples=60)
@given(st.integers(min_value=0), st.binary(min_size=1, max_size=4), st.sampled_from([0, 1]))
def test_damaged_sample_is_a_document_or_a_refusal(
    samples: Path, place: int, bytes_: bytes, cut: int
) -> None:
    whole = (samples / "peppol-bis3" / "base-example.xml").read_bytes()
    at = place % len(whole)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.xml")
        path.write_bytes(whole[:at] + bytes_ + (b"" if cut else whole[at + len(bytes_) :]))
        (one,) = sources.read([path])
        assert isinstance(one, Document | Refusal)
