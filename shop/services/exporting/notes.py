"""The text at the top of a static export: what it is, and how to check it without whoever made it."""

from typing import Final

__all__ = ["README", "export_readme"]

README: Final = "README.txt"

_TEXT: Final = """\
SỔ CÔNG KHAI CỦA {origin}, CHỤP LẠI THÀNH TỆP

Mở index.html để xem, mở check/index.html để kiểm tra một tem hay một hồ sơ.
Không cần mạng, không cần máy chủ; để lên máy chủ tĩnh nào cũng được. Ai cũng
được chép và đăng lại trọn bộ này.

Trang kiểm tra bắt được mọi thay đổi trong evidence/. Muốn chắc từng byte của
cả bộ, kể cả của trang kiểm tra, hãy dùng phần mềm mã mở langnghe:

   langnghe log audit . --trust trust.txt

Lệnh in ra dấu khóa gốc: so nó với dấu in ở nơi khác. Bộ này nói điều đúng ở
ngày chụp; sau ngày ấy một hồ sơ có thể đã bị thu hồi.

----------------------------------------------------------------------------

THE PUBLIC RECORD OF {origin}, AS FILES

Open en/index.html to look, open en/check/index.html to check a label or a
record. It needs no network and no server; any static host will do. Everybody
may copy all of this and publish it again.

The checking page notices every change below evidence/. To be sure of every
byte, the checking page included, use the open source program langnghe:

   langnghe log audit . --trust trust.txt

It prints the fingerprint of the root keys: compare it with one that is printed
elsewhere. All this was true on the day it was made; a record may have been
revoked since.

records/    the signed records           receipts/  the log's receipt of each
status/     what issuers revoked         log/       the log as C2SP tiles
trust.txt   who may sign what            roots.txt  the root keys
evidence/   the same, as scripts that the checking page can load from a disk
files.txt   SHA-256 of every file        manifest.txt  the log's signature
"""


def export_readme(origin: str) -> bytes:
    """Gives the text, in Vietnamese and in English.

    Args:
        origin: of the log.
    """
    return _TEXT.format(origin=origin).encode()
