"""The two short texts in a record's zip that say how to check it without us, in Vietnamese and English."""

from typing import Final

__all__ = ["check_notes"]

_VIETNAMESE: Final = """\
TỰ KIỂM TRA HỒ SƠ NÀY, KHÔNG CẦN CHÚNG TÔI

1. Cài phần mềm mã mở langnghe: README của nó, mục "Install the command".{source}
2. Giải nén, mở cửa sổ lệnh ở nơi có thư mục {name}, rồi chạy:

   {command}

3. Lệnh in ra dấu khóa gốc. So nó với dấu này, và với dấu in ở nơi khác:

   {fingerprint}

records/ là các bản ký, receipts/ là biên nhận của sổ công khai cho từng bản,
status/ (nếu có) là danh sách thu hồi, trust.txt là danh sách tin cậy, roots.txt
là khóa gốc. Không cần mạng.

ĐỌC KẾT QUẢ

VERIFIED: hồ sơ còn nguyên, người ký có quyền ký. CAUTION: cũng vậy, nhưng có
   điều cần đọc ở phần "findings".
REVOKED: đã bị thu hồi, tạm ngưng hoặc gọi về. INVALID: bị sửa, bị giả, hoặc
   người ký không có quyền. UNKNOWN: thiếu thứ cần để kết luận.
Không kết quả nào chứng minh món đồ trước mặt là món ghi trong hồ sơ.
Điều bị thu hồi sau khi tệp này được tải về thì không thể có trong tệp này.
"""

_ENGLISH: Final = """\
CHECK THIS RECORD YOURSELF, WITHOUT US

1. Install the open source program langnghe: its README, section "Install the
   command".{source}
2. Unpack, open a command window where the folder {name} is, and run:

   {command}

3. It prints the fingerprint of the root keys. Compare it with this one, and
   with one that is printed elsewhere:

   {fingerprint}

records/ holds the signed records, receipts/ the public log's receipt of each,
status/ (if there is one) the revocation lists; trust.txt is the trust list and
roots.txt the root keys. No network is needed.

READING THE RESULT

VERIFIED: the record is intact, and its signers were entitled to sign. CAUTION:
   the same, but read what stands under "findings".
REVOKED: revoked, suspended or recalled. INVALID: changed, forged, or signed by
   somebody not entitled to. UNKNOWN: something needed for a conclusion is missing.
No result proves that the object in your hand is the one in the record.
What was revoked after this file was downloaded cannot be in this file.
"""


def _check_command(record_id: str) -> str:
    """Gives the one command that checks a record's unpacked zip, run from beside its folder."""
    return f"langnghe record verify {record_id}/records/{record_id}.json --trust {record_id}/trust.txt"


def check_notes(record_id: str, *, roots_fingerprint: str, source_url: str) -> dict[str, bytes]:
    """Gives the texts by file name; without a `source_url` they do not say where the program is."""
    words = {"name": record_id, "command": _check_command(record_id), "fingerprint": roots_fingerprint}
    words["source"] = f"\n   {source_url}" if source_url else ""
    return {
        "KIEM-TRA.txt": _VIETNAMESE.format(**words).encode(),
        "CHECK.txt": _ENGLISH.format(**words).encode(),
    }
