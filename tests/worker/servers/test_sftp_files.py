"""The confined file tree: both ways of opening, every way out, and what may be changed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.servers import beneath
from worker.servers.pickup_tree import PickupTree, names_of, plain

OPENERS = {"in one call": beneath.open_in_one_call, "name by name": beneath.open_name_by_name}
if beneath.best_opener() is not beneath.open_in_one_call:
    del OPENERS["in one call"]


@pytest.fixture(params=OPENERS)
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PickupTree]:
    """A tree over `tmp_path / "root"`, beside which lies a secret."""
    root = tmp_path / "root"
    (root / "2026" / "may").mkdir(parents=True)
    (root / "a.csv").write_bytes(b"a,b\n")
    (root / "2026" / "may" / "b.csv").write_bytes(b"b")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c.csv").write_bytes(b"c")
    with PickupTree(root, OPENERS[request.param]) as tree:
        yield tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def read(tree: PickupTree, path: str) -> bytes:
    descriptor = tree.open_file(path)
    try:
        return os.read(descriptor, 1000)
    finally:
        os.close(descriptor)


def listed(tree: PickupTree, path: str) -> list[str]:
    listing = tree.list_folder(path)
    try:
        return sorted(entry.name for entry in listing)
    finally:
        listing.close()


def refusal(act: Callable[..., object], *arguments: str) -> int:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the number is what is looked at
        act(*arguments)
    assert caught.value.errno is not None
    return caught.value.errno


PLAIN = [
    ("", "/"),
    (".", "/"),
    ("/", "/"),
    ("//a", "/a"),
    ("a/./b/", "/a/b"),
    ("a/../../b", "/b"),
    ("../../../etc/passwd", "/etc/passwd"),
    ("/..", "/"),
    ("a/..", "/"),
]


@pytest.mark.parametrize(("path", "expected"), PLAIN)
def test_plain_path_is_written_out_from_the_top(path: str, expected: str) -> None:
    assert plain(path) == expected


@given(st.text(alphabet="ab./ ", max_size=30))
def test_names_of_any_path_never_lead_up(path: str) -> None:
    assert not {"", ".", ".."} & set(names_of(path))
    assert plain(plain(path)) == plain(path)


def test_names_of_path_with_nul_is_missing() -> None:
    assert refusal(names_of, "a\0b") == errno.ENOENT


def test_names_of_very_deep_path_is_refused() -> None:
    assert refusal(names_of, "a/" * 1000) == errno.ENAMETOOLONG


def test_tree_reads_what_is_inside(tree: PickupTree) -> None:
    assert read(tree, "a.csv") == b"a,b\n"
    assert read(tree, "/2026/../2026/may/b.csv") == b"b"
    assert listed(tree, "/") == ["2026", "a.csv"]
    assert tree.look("/").is_folder
    assert tree.look("2026/may").is_folder
    found = tree.look("a.csv")
    assert (found.name, found.size, found.is_folder) == ("a.csv", 4, False)


@pytest.mark.parametrize("path", ["../secret", "/../secret", "2026/../../secret", "//secret", "..//secret"])
def test_tree_climbing_path_stays_inside(tree: PickupTree, path: str) -> None:
    for act in (tree.open_file, tree.look, tree.list_folder, tree.remove_file, tree.remove_folder):
        assert refusal(act, path) == errno.ENOENT


LINKS = ["file", "folder/c.csv", "absolute", "inside", "loop", "folder"]


@pytest.mark.parametrize("path", LINKS)
def test_tree_planted_link_does_not_exist(tree: PickupTree, root: Path, path: str) -> None:
    (root / "file").symlink_to("../secret")
    (root / "folder").symlink_to("../outside", target_is_directory=True)
    (root / "absolute").symlink_to(root.parent / "secret")
    (root / "inside").symlink_to("a.csv")
    (root / "loop").symlink_to("loop")
    for act in (tree.open_file, tree.look, tree.list_folder, tree.remove_file):
        assert refusal(act, path) == errno.ENOENT
    assert refusal(tree.move, path, "stolen.csv") == errno.ENOENT
    assert refusal(tree.move, "a.csv", "folder/a.csv") == errno.ENOENT
    assert refusal(tree.make_folder, "folder/new") == errno.ENOENT
    assert listed(tree, "/") == ["2026", "a.csv"]
    assert (root.parent / "secret").read_bytes() == b"secret"
    assert sorted(os.listdir(root.parent / "outside")) == ["c.csv"]  # noqa: PTH208 - names only


def test_tree_folder_swapped_for_link_stays_inside(tree: PickupTree, root: Path) -> None:
    listing = tree.list_folder("2026/may")
    (root / "2026" / "may").rename(root / "2026" / "june")
    (root / "2026" / "may").symlink_to("../../outside", target_is_directory=True)
    assert [entry.name for entry in listing] == ["b.csv"]
    listing.close()
    assert refusal(tree.open_file, "2026/may/c.csv") == errno.ENOENT


def test_tree_special_files_do_not_exist(tree: PickupTree, root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert refusal(tree.open_file, "pipe") in (errno.ENOENT, errno.ENXIO)
    assert refusal(tree.look, "pipe") == errno.ENOENT
    assert listed(tree, "/") == ["2026", "a.csv"]


def test_tree_root_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    with pytest.raises(NotADirectoryError):
        PickupTree(tmp_path / "link")


def test_tree_descriptors_are_all_given_back(tree: PickupTree) -> None:
    def once() -> None:
        read(tree, "2026/may/b.csv")
        listed(tree, "2026/may")
        refusal(tree.open_file, "2026")
        refusal(tree.open_file, "2026/no/file")
        refusal(tree.list_folder, "a.csv")
        tree.make_folder("2026/x")
        tree.move("2026/x", "2026/may/x")
        tree.remove_folder("2026/may/x")

    once()
    before = len(list(Path("/dev/fd").iterdir()))
    once()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_tree_open_folder_as_file_is_refused(tree: PickupTree) -> None:
    assert refusal(tree.open_file, "2026") == errno.EISDIR
    assert refusal(tree.open_file, "/") == errno.EISDIR
    assert refusal(tree.remove_file, "2026") == errno.EISDIR
    assert refusal(tree.list_folder, "a.csv") in (errno.ENOENT, errno.ENOTDIR)


def test_tree_make_move_and_delete_change_only_names(tree: PickupTree, root: Path) -> None:
    tree.make_folder("done")
    tree.move("a.csv", "done/a.csv")
    tree.move("2026", "done/2026")
    assert read(tree, "done/2026/may/b.csv") == b"b"
    tree.remove_file("done/2026/may/b.csv")
    tree.remove_folder("done/2026/may")
    assert refusal(tree.remove_folder, "done") == errno.ENOTEMPTY
    assert listed(tree, "done") == ["2026", "a.csv"]
    assert (root / "done" / "a.csv").read_bytes() == b"a,b\n"


def test_tree_move_onto_existing_name_replaces_nothing(tree: PickupTree, root: Path) -> None:
    (root / "b.csv").write_bytes(b"other")
    (root / "empty").mkdir()
    for old, new in [
        ("a.csv", "b.csv"),
        ("2026", "empty"),
        ("a.csv", "empty"),
        ("2026", "b.csv"),
        ("a.csv", "a.csv"),
    ]:
        assert refusal(tree.move, old, new) == errno.EEXIST
    assert (root / "b.csv").read_bytes() == b"other"
    assert (root / "a.csv").read_bytes() == b"a,b\n"
    assert list((root / "empty").iterdir()) == []


def test_tree_root_cannot_be_moved_or_deleted(tree: PickupTree) -> None:
    assert refusal(tree.remove_folder, "/") == errno.EACCES
    assert refusal(tree.remove_folder, "2026/..") == errno.EACCES
    assert refusal(tree.move, "/", "x") == errno.EACCES
    assert refusal(tree.move, "a.csv", "..") == errno.EACCES
    assert refusal(tree.make_folder, "/") == errno.EEXIST


def test_tree_move_into_itself_is_refused(tree: PickupTree) -> None:
    assert refusal(tree.move, "2026", "2026/may/x") == errno.EINVAL
    assert listed(tree, "2026/may") == ["b.csv"]


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "\x7f", "\x9b1m", "\udcff"])
def test_tree_new_name_that_garbles_screens_is_refused(tree: PickupTree, name: str) -> None:
    assert refusal(tree.make_folder, name) == errno.EINVAL
    assert refusal(tree.move, "a.csv", name) == errno.EINVAL


def test_tree_new_name_too_long_is_refused(tree: PickupTree) -> None:
    assert refusal(tree.make_folder, "x" * 256) == errno.ENAMETOOLONG


def test_tree_existing_name_that_is_not_utf8_can_be_fetched(tree: PickupTree, root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/r\xe9sum\xe9.csv")).write_bytes(b"x")
    (name,) = (name for name in listed(tree, "/") if name.startswith("r"))
    assert read(tree, name) == b"x"


def test_tree_listing_leaves_out_what_vanishes(tree: PickupTree, root: Path) -> None:
    for number in range(50):
        (root / f"{number}.csv").touch()
    listing = tree.list_folder("/")
    next(listing)
    for number in range(50):
        (root / f"{number}.csv").unlink()
    assert {entry.name for entry in listing} <= {"2026", "a.csv"}
    listing.close()


def test_rename_by_link_behaves_like_the_system_call(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    here = os.open(tmp_path, beneath.FOLDER)
    try:
        for old, new in [("a", "b"), ("a", "empty"), ("folder", "empty"), ("folder", "a")]:
            assert refusal(lambda o, n: beneath.rename_by_link(here, o, here, n), old, new) == errno.EEXIST
        beneath.rename_by_link(here, "a", here, "c")
        beneath.rename_by_link(here, "folder", here, "moved")
    finally:
        os.close(here)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c", "empty", "moved"]
    assert (tmp_path / "moved" / "below").is_dir()
    assert (tmp_path / "b").read_bytes() == b"b"
