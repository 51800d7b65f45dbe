"""Text without a mark of its charset is read in the right one."""

from __future__ import annotations

import os

import pytest

from fanlight.labels.files import Readers
from fanlight.labels.files.charsets import decode_text

SAID = {
    "Japanese": "お客様の氏名は山田太郎、電話番号は03-1234-5678です。パスワードは桜2024です。",
    "Japanese, short": "マイナンバー: 1234-5678-9012",
    "Chinese": "客户姓名：张伟，身份证号码是11010519491231002X，请在明天之前把合同发给我。",
    "Chinese, short": "密码：Abc123456",
    "Chinese, traditional": "客戶姓名：張偉，身分證字號是A123456789，請在明天之前把合約發給我。",
    "Korean": "고객 이름은 김민수이고 주민등록번호는 901010-1234567입니다. 비밀번호를 알려 주세요.",
    "Korean, short": "비밀번호: abc123",
    "German": "Sehr geehrte Frau Müller, die Prüfung der Verträge läuft; Größe und Straße stimmen.",
    "German, short": "Müller",
    "French": "L’élève a été reçu à l’hôtel près du théâtre, ça va très bien.",
    "Spanish": "¿Dónde está el número de identificación? Señor Muñoz",
    "Swedish": "Jag är på väg till Malmö, också över bron",
    "Polish": "Proszę o przesłanie umowy. Wrócę później, źródło i żółw. Łódź",
    "Czech": "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "Turkish": "Lütfen sözleşmeyi gönderin, şifre aşağıdadır. Işık, ağaç",
    "Russian": "Прошу прислать договор до завтра, пароль: 12345",
    "English": "the password is Hunter-2024, keep it",
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
OLDER = {
    "Japanese": ["cp932", "euc_jp", "iso2022_jp"],
    "Japanese, short": ["cp932", "euc_jp"],
    "Chinese": ["gb18030", "gb2312"],
    "Chinese, short": ["gb18030"],
    "Chinese, traditional": ["big5"],
    "Korean": ["cp949"],
    "Korean, short": ["cp949"],
    "German": ["latin-1", "cp1252"],
    "German, short": ["latin-1"],
    "French": ["cp1252"],
    "Spanish": ["latin-1"],
    "Swedish": ["latin-1"],
    "Polish": ["cp1250", "iso8859_2"],
    "Czech": ["cp1250"],
    "Turkish": ["cp1254"],
    "Russian": ["cp1251", "koi8_r"],
}
TOO_SHORT_WITHOUT_A_MARK = {"Russian", "Japanese, short", "Korean, short"}
"""So few signs tell UTF-16 from other bytes only with its mark."""
CASES = [
    (language, charset)
    for language in SAID
    for charset in UNICODE + OLDER.get(language, [])
    if charset not in {"utf-16-le", "utf-16-be"} or language not in TOO_SHORT_WITHOUT_A_MARK
]


@pytest.mark.parametrize(("language", "charset"), CASES)
def test_a_text_is_read_in_its_charset(language: str, charset: str) -> None:
    for times in (1, 40):
        text = SAID[language] * times
        assert decode_text(text.encode(charset)) == text


def test_bytes_that_are_no_text_are_not_taken_for_text() -> None:
    assert decode_text(os.urandom(50_000)) is None


def test_a_long_text_costs_its_decoding_only() -> None:
    """The charset is judged on the beginning."""
    text = SAID["Japanese"] * 40_000
    readers = Readers()
    assert readers.read(text.encode("cp932"), name="list.csv").text == text
    assert readers.holds == ()


def test_a_text_over_the_limit_is_read_in_part_and_says_so() -> None:
    readers = Readers()
    result = readers.read(b"line of text\n" * 2_500_000, name="big.log")
    assert result.characters == 30_000_000
    assert result.reason == "read in part: only the first 30 million characters were read"
