"""Texts that hold nothing of a person's own, and texts that do: server and phone must tell them alike."""

from typing import Final

__all__ = ["ORDINARY", "SEEDED"]

ORDINARY: Final = (
    "Chẻ mây, đan và cạp miệng.", "Nung 1.280 độ trong 14 giờ.", "Làm ngày 03.10.2026 05 người cùng làm",
    "Từ 09-10-2026 10 mẻ, xong 2026-10-12.", "Giá 84.912.345.678 đồng", "Tổng 1234567890 đồng",
    "Quyết định 1234/QĐ-UBND ngày 01/10/2026", "Lô 2026100101", "lô GM-0912", "GTIN 09520000000011",
    "GTIN 8934567890123", "Số nhà 12, ngõ 345, đường 427", "Xóm 3, thôn 5, xã 00577", "Làm gốm từ 1945-1975.",
    "Tem 7K2M9QXW4R00", "0,912345678 kg", "Mã HS 4602, 1401", "02-03-04-05-06", "Tỉ lệ 70 % và 30 %",
    "20 kg @ 5.000 đồng", "QCVN 12-1:2011/BYT", "08:00 đến 17:30, 12 chiếc",
)  # fmt: skip
SEEDED: Final = (
    "ĐT 0912345678", "ĐT0912345678", "gọi 0912 345 678 nhé", "Zalo/0912.345.678", "0912-345-678",
    "+84 912 345 678", "+84912345678", "84912345678", "(024) 3874 1234", "024 3874 1234", "+33 6 12 34 56 78",
    "0 9 1 2 3 4 5 6 7 8", "09 12 34 56 78", "０９１２３４５６７８", "0912345678/0987654321",
    "CCCD 001199012345", "001 199 012 345", "số 001199012345", "CMND: 123456789", "lan@example.vn",
    "Lan.Hoa+mua @ example.com.vn", "MST 8012345678-001", "mã số thuế: 8012345678",
    "0100109106", "0100109106-001",
    "Nghệ nhân mẫu, ĐT 0987654321, xóm 3",
)  # fmt: skip
