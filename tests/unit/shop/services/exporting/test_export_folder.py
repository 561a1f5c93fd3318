"""The folder of an export: begun again after a crash, never over what somebody else put there."""

from pathlib import Path

import pytest

from shop.errors import BadInput
from shop.services.exporting.folder import ExportFolder
from traceability.errors import Refused
from traceability.ledger.manifest import FILES, MANIFEST


def export(folder: Path, **content: bytes) -> int:
    """Writes a whole export of files in the top folder."""
    under_way = ExportFolder(folder)
    for name, data in content.items():
        under_way.write(name, data)
    return under_way.finish(lambda listed: b"signed " + listed)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_manifest_is_signed_over_the_list(tmp_path: Path) -> None:
    assert export(tmp_path / "new", one=b"1", two=b"2") == 2
    found = content(tmp_path / "new")
    assert set(found) == {"one", "two", FILES, MANIFEST}
    assert found[MANIFEST] == b"signed " + found[FILES]


def test_a_second_export_drops_what_is_gone(tmp_path: Path) -> None:
    export(tmp_path, one=b"1", two=b"2")
    export(tmp_path, one=b"3")
    assert content(tmp_path)["one"] == b"3"
    assert "two" not in content(tmp_path)


def test_an_unchanged_file_is_not_written_again(tmp_path: Path) -> None:
    export(tmp_path, one=b"1")
    before = (tmp_path / "one").stat().st_mtime_ns, (tmp_path / "one").stat().st_ino
    export(tmp_path, one=b"1")
    assert ((tmp_path / "one").stat().st_mtime_ns, (tmp_path / "one").stat().st_ino) == before


def test_an_export_that_broke_off_has_no_manifest(tmp_path: Path) -> None:
    export(tmp_path, one=b"1")
    broken = ExportFolder(tmp_path)
    broken.write("two", b"2")
    broken.close()
    assert MANIFEST not in content(tmp_path)


def test_an_export_that_broke_off_is_done_again(tmp_path: Path) -> None:
    broken = ExportFolder(tmp_path)
    broken.write("gone/deep", b"2")
    broken.close()
    (tmp_path / "draft.part").write_bytes(b"half")
    export(tmp_path, one=b"1")
    assert set(content(tmp_path)) == {"one", FILES, MANIFEST}
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("name", ["notes.txt", ".hidden", "records/mine.json"])
def test_a_folder_with_other_files_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(BadInput) as caught:
        ExportFolder(tmp_path)
    assert caught.value.code == "FOREIGN_FILES"
    assert content(tmp_path) == {name: b"mine"}


def test_a_file_beside_an_earlier_export_is_refused(tmp_path: Path) -> None:
    export(tmp_path, one=b"1")
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(BadInput, match="mine"):
        ExportFolder(tmp_path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "records").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput):
        ExportFolder(tmp_path / "export")


def test_a_path_that_no_export_can_have_ends_it(tmp_path: Path) -> None:
    under_way = ExportFolder(tmp_path)
    under_way.write("a b", b"")
    with pytest.raises(Refused):
        under_way.finish(lambda listed: listed)
    under_way.close()
    assert MANIFEST not in content(tmp_path)
