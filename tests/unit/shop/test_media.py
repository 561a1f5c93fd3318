"""The store of media: names are its own, files are whole, digests are of what is stored."""

import json
import re
import stat
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shop.errors import BadInput, ConfigurationError, NotFound, StorageBusy
from shop.images import PHOTO_WIDTHS
from shop.media import PAPER_MAX_BYTES, MediaStore, media_headers, media_size_name
from shop.voice_notes import plain_voice
from tests.conftest import VECTORS
from tests.simulators.pictures import encoded, photo, plain
from tests.simulators.recordings import RECORDINGS, ogg
from traceability.records.canonical import digest_multibase

FILENAMES = VECTORS / "security" / "generated" / "upload_filenames.jsonl"
POLYGLOTS = VECTORS / "security" / "upload_polyglot"
PDF = b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj\ntrailer <<>>\n%%EOF\n"
JPEG = encoded(photo((2000, 1500)), "JPEG")
NAME = "0" * 32
TRAVERSALS = [
    "../store/" + NAME + ".webp",
    "./" + NAME + ".webp",
    "/" + NAME + ".webp",
    NAME + ".webp/",
    NAME + ".webp\n",
    NAME + ".webp\0",
    NAME.upper().replace("0", "A") + ".webp",
    NAME + ".WEBP",
    NAME + ".html",
    NAME + ".svg",
    NAME + "xwebp",
    NAME + "-321.webp",
    NAME + "-1600.webp",
    NAME + "-320.pdf",
    NAME + "-320-320.webp",
    NAME[:-1] + ".webp",
    NAME[:-1] + "٠.webp",
    "." + NAME + ".webp.new",
    "..\\" + NAME + ".webp",
    "%2e%2e%2f" + NAME + ".webp",
]


@pytest.fixture
def store(tmp_path):
    return MediaStore(tmp_path / "data" / "media")


def files(tmp_path):
    return sorted(path.name for path in tmp_path.rglob("*") if path.is_file())


def test_a_photograph_is_kept_in_each_size(store, tmp_path):
    kept = store.keep_photo(JPEG)
    data = store.path(kept.name).read_bytes()
    assert (kept.kind, kept.mimetype, kept.width, kept.height) == ("photo", "image/webp", 1600, 1200)
    assert (kept.size, kept.digest) == (len(data), digest_multibase(data))
    names = [media_size_name(kept.name, width) for width in PHOTO_WIDTHS]
    assert files(tmp_path) == sorted(names)
    assert names[-1] == kept.name
    for name, width in zip(names, PHOTO_WIDTHS, strict=True):
        with store.open(name) as file, Image.open(file) as picture:
            assert (picture.format, picture.width) == ("WEBP", width)


@pytest.mark.parametrize("suffix", RECORDINGS)
def test_a_voice_note_is_kept_without_its_tags(store, suffix):
    sent, mimetype = RECORDINGS[suffix]
    kept = store.keep_voice(sent)
    data = plain_voice(sent)[0]
    assert store.path(kept.name).read_bytes() == data
    assert (kept.kind, kept.mimetype, kept.digest, kept.size) == (
        "voice",
        mimetype,
        digest_multibase(data),
        len(data),
    )
    assert (kept.width, kept.height) == (None, None)
    assert kept.name.endswith(f".{suffix}")


def test_a_scan_is_kept_as_pdf_or_drawn_anew(store):
    pdf, scan = store.keep_paper(PDF), store.keep_paper(JPEG)
    assert store.path(pdf.name).read_bytes() == PDF
    assert (pdf.kind, pdf.mimetype, pdf.width) == ("paper", "application/pdf", None)
    assert (scan.kind, scan.mimetype, scan.width) == ("paper", "image/webp", 1600)


def test_names_are_random_so_that_equal_uploads_are_two_files(store):
    first, second = store.keep_voice(ogg()), store.keep_voice(ogg())
    assert first.digest == second.digest
    assert first.name != second.name
    assert re.fullmatch(r"[0-9a-f]{32}\.ogg", first.name)


def test_names_are_made_of_the_given_randomness(tmp_path):
    assert MediaStore(tmp_path, random=lambda size: b"\xab" * size).keep_paper(PDF).name == "ab" * 16 + ".pdf"


def test_only_the_owner_may_look_into_the_folder(store):
    assert stat.S_IMODE(store.path(store.keep_paper(PDF).name).parent.stat().st_mode) == 0o700


def test_what_is_removed_is_gone_in_each_size_and_other_files_stay(store, tmp_path):
    gone, stays = store.keep_photo(JPEG), store.keep_voice(ogg())
    store.remove(gone.name)
    store.remove(gone.name)
    assert files(tmp_path) == [stays.name]
    with pytest.raises(NotFound):
        store.open(gone.name)


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_name_that_the_store_does_not_give_is_not_found(store, tmp_path, name):
    kept = store.keep_paper(PDF)
    (tmp_path / "data" / "media" / f"{NAME}.html").write_text("<script>")
    (tmp_path / "data" / f"{NAME}.webp").write_bytes(b"outside")
    before = files(tmp_path)
    for ask in (store.path, store.open, store.remove, media_headers):
        with pytest.raises(NotFound) as caught:
            ask(name)
        assert caught.value.code == "NO_MEDIA"
        assert name not in str(caught.value)
    assert files(tmp_path) == before
    assert store.path(kept.name)


def test_a_size_is_not_removed_alone(store, tmp_path):
    kept = store.keep_photo(JPEG)
    with pytest.raises(NotFound):
        store.remove(media_size_name(kept.name, 320))
    assert len(files(tmp_path)) == 3


@given(st.text(max_size=50))
def test_no_text_leads_anywhere(name):
    with pytest.raises(NotFound):
        media_headers(name)


@pytest.mark.skipif(not FILENAMES.is_file(), reason="the shared vectors are absent")
def test_no_shared_file_name_leads_anywhere(store):
    store.keep_paper(PDF)
    names = [json.loads(line) for line in FILENAMES.read_text("utf-8").splitlines()]
    assert len(names) == 36
    for name in names:
        for ask in (store.path, store.open, store.remove, media_headers):
            with pytest.raises(NotFound):
                ask(name)


@pytest.mark.skipif(not POLYGLOTS.is_dir(), reason="the shared vectors are absent")
def test_no_shared_polyglot_is_kept_as_voice_or_as_a_pdf(store, tmp_path):
    for path in [*POLYGLOTS.iterdir(), *(POLYGLOTS.parent / "generated" / "image_bombs").iterdir()]:
        data = path.read_bytes()
        with pytest.raises(BadInput):
            store.keep_voice(data)
        try:
            assert store.keep_paper(data).mimetype == "image/webp"
        except BadInput as error:
            assert error.code in {"NOT_A_PICTURE", "PICTURE_TOO_LARGE"}  # noqa: PT017  # both ways are right
    assert {name.rpartition(".")[2] for name in files(tmp_path)} == {"webp"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "NOT_A_PICTURE"),
        (b"\n" + PDF, "NOT_A_PICTURE"),
        (b"<html>" + PDF, "NOT_A_PICTURE"),
        (b"%PDF-", "NOT_A_PAPER"),
        (b"%PDF-1.7\n", "NOT_A_PAPER"),
        (PDF.replace(b"1.7", b"1.9"), "NOT_A_PAPER"),
        (PDF.replace(b"1.7", b"<script>"), "NOT_A_PAPER"),
        (PDF + bytes(1_024), "NOT_A_PAPER"),
        (PDF + bytes(PAPER_MAX_BYTES), "PAPER_TOO_LARGE"),
    ],
)
def test_what_is_no_paper_is_refused_and_nothing_stored(store, tmp_path, data, code):
    with pytest.raises(BadInput) as caught:
        store.keep_paper(data)
    assert caught.value.code == code
    assert files(tmp_path) == []


def test_what_is_no_photograph_or_voice_is_refused_and_nothing_stored(store, tmp_path):
    for keep, data in [
        (store.keep_photo, PDF),
        (store.keep_photo, ogg()),
        (store.keep_voice, JPEG),
        (store.keep_voice, PDF),
    ]:
        with pytest.raises(BadInput):
            keep(data)
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_told_and_nothing_stays(tmp_path):
    (tmp_path / "media").write_text("a file where a folder should be")
    with pytest.raises(ConfigurationError) as caught:
        MediaStore(tmp_path / "media").keep_paper(PDF)
    assert caught.value.code == "MEDIA_FOLDER"
    assert files(tmp_path) == ["media"]


def test_a_picture_of_which_one_size_cannot_be_written_leaves_nothing(tmp_path):
    """A folder stands where the largest size should come, which is written last."""
    (tmp_path / (NAME + ".webp")).mkdir()
    with pytest.raises(ConfigurationError) as caught:
        MediaStore(tmp_path, random=bytes).keep_photo(JPEG)
    assert caught.value.code == "MEDIA_FOLDER"
    assert files(tmp_path) == []


def test_one_picture_too_many_is_told_to_come_back(tmp_path):
    store = MediaStore(tmp_path, wait_s=0.01)
    for _ in range(3):
        with pytest.raises(BadInput):
            store.keep_photo(b"no picture")
    with store.drawing(), store.drawing():
        with pytest.raises(StorageBusy) as caught:
            store.keep_photo(JPEG)
        assert store.keep_voice(ogg())
    assert caught.value.code == "PICTURES_BUSY"
    assert store.keep_photo(encoded(photo(), "PNG"))


@pytest.mark.parametrize(
    ("suffix", "mimetype", "place"),
    [("webp", "image/webp", "inline"), ("pdf", "application/pdf", "attachment")]
    + [(suffix, mimetype, "attachment") for suffix, (_, mimetype) in RECORDINGS.items()],
)
def test_each_file_is_served_as_one_type_and_only_our_drawings_in_place(suffix, mimetype, place):
    headers = media_headers(f"{NAME}.{suffix}")
    assert headers["Content-Type"] == mimetype
    assert headers["Content-Disposition"] == f'{place}; filename="{NAME}.{suffix}"'
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_largest_size_is_what_was_digested(store):
    kept = store.keep_photo(JPEG)
    with Image.open(BytesIO(store.path(kept.name).read_bytes())) as picture:
        assert picture.size == (kept.width, kept.height)


def test_a_plain_photo_is_kept_byte_for_byte(store):
    data = plain(photo((60, 44)))
    kept = store.keep_plain_photo(data)
    assert store.path(kept.name).read_bytes() == data
    assert (kept.kind, kept.mimetype, kept.width, kept.height) == ("photo", "image/jpeg", 60, 44)
    assert (kept.digest, kept.name[-4:]) == (digest_multibase(data), ".jpg")
    assert media_headers(kept.name)["Content-Disposition"].startswith("attachment")


def test_a_photo_that_says_more_than_pixels_leaves_no_file(store, tmp_path):
    with pytest.raises(BadInput, match="pixels alone"):
        store.keep_plain_photo(JPEG)
    assert files(tmp_path) == []
