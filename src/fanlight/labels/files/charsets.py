"""Which charset bytes without a mark are in: every candidate that decodes is asked how much of a language it gives.

The measure is the share of characters that are very frequent in texts of the charset's languages; characters decoded
by the wrong table are spread evenly and score low.
"""

from __future__ import annotations

import codecs
import itertools

__all__ = ["decode_text"]

_SAMPLE = 65_536
_ENOUGH = 0.12
_LATIN_ENOUGH = 0.6

_KANA = "".join(map(chr, range(0x3041, 0x3094))) + "".join(map(chr, range(0x30A1, 0x30FD))) + "。、「」・ー々"
_JAPANESE = frozenset(_KANA + "日本人一大年会中者社国分事時上下行生月見出前後気自名住所電話番号様山田東京都市区県")
_CHINESE = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日"
    "于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月"
    "明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化"
    "由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计"
    "或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六"
    "功指思非流每青管夫连远资队跟带花快条院变联言往户号密码卡身份证地址客姓"
)
_TRADITIONAL = (
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多天而能好都然沒日"
    "於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但身些與高意進把法此實回二理美點月"
    "明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四第門相次東政海口使教西再平真聽世氣信北少關並內加化"
    "由卻代軍產入先山五太水萬市眼體別處總才場師書比住員九笑性通目華報立馬命張活難神數件安表原車白應路期叫死常提感金何更反合放做系計"
    "號碼密卡身份證址客姓戶"
)
_KOREAN = frozenset(
    "이다는의에을하고가지로은를한도서어기나있자사리니해시일대아그라인들정수부보요주안습게전것만면까여원상으스장제구신동관연문세오"
    "비성조위무공과거우경소와마저없때중적번호전화주민등록카드계좌이름김박최입니다합세요비밀"
)
_CYRILLIC = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёєіїґ")
_WESTERN = frozenset("äöüßéèêëàâáãåçñíìîïóòôõøúùûœæÄÖÜÉÈÀÁÅÇÑÍÓÕØÚ’‘“”„–—…•€£§°«»·¿¡´ºª®©™²³½µ×")
_CENTRAL = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůýžáéíúČĎĚŇŘŠŤŮÝŽÁÉÍÚőűŐŰöüäßÖÜăâîşţ„”“’–—…§°«»€")
_TURKISH = frozenset("ğışçöüĞİŞÇÖÜâîû’‘“”–—…€")

_WIDE: tuple[tuple[str, frozenset[str]], ...] = (
    ("cp932", _JAPANESE),
    ("euc_jp", _JAPANESE),
    ("gb18030", frozenset(_CHINESE)),
    ("big5", frozenset(_TRADITIONAL)),
    ("cp949", _KOREAN),
)
_NARROW: tuple[tuple[str, frozenset[str]], ...] = (
    ("cp1252", _WESTERN),
    ("cp1250", _CENTRAL),
    ("iso8859_2", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1251", _CYRILLIC),
    ("koi8_r", _CYRILLIC),
)


def decode_text(data: bytes) -> str | None:
    """Text of UTF-8, UTF-16, UTF-32, an East Asian or an eight-bit charset; None for bytes that are no text."""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return data.decode("utf-32", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    sample = data[:_SAMPLE]
    if b"\x1b$B" in sample or b"\x1b$@" in sample:
        return data.decode("iso2022_jp", "replace")
    if text is not None and text.count("\0") * 50 <= len(text):
        return text
    wide = _utf16(sample)
    if wide is not None:
        return data.decode(wide, "replace")
    if text is not None or b"\0" in sample:
        return None
    if sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 or byte == 127 for byte in sample) > len(sample) // 200:
        return None
    return data.decode(_charset(sample), "replace")


def _decoded(sample: bytes, charset: str) -> str | None:
    """The sample in a charset, a last broken character forgiven; None where it does not decode."""
    try:
        return codecs.getincrementaldecoder(charset)("strict").decode(sample, final=False)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: where bytes are nought on one side of each pair, or both sides give a known script."""
    if len(sample) < 4:
        return None
    even, odd = sample[0::2], sample[1::2]
    half = len(odd)
    high, low = even.count(0), odd.count(0)
    if low > 0.3 * half and high < 0.05 * half:
        return "utf-16-le"
    if high > 0.3 * half and low < 0.05 * half:
        return "utf-16-be"
    if not (low or high):
        return None
    known = frozenset(_CHINESE) | frozenset(_TRADITIONAL) | _JAPANESE | _KOREAN | _CYRILLIC
    for charset in ("utf-16-le", "utf-16-be"):
        text = _decoded(sample[: len(sample) & ~1], charset)
        if text and sum(char in known for char in text) > 0.2 * len(text):
            return charset
    return None


def _charset(sample: bytes) -> str:
    """The most plausible charset of text that is not Unicode."""
    best, charset = _ENOUGH, ""
    for name, frequent in _WIDE:
        text = _decoded(sample, name)
        foreign = [char for char in text or "" if char > "\x7f"]
        if foreign and (share := sum(char in frequent for char in foreign) / len(foreign)) > best:
            best, charset = share, name
    for name, usual in _NARROW:
        text = _decoded(sample, name)
        foreign = [char for char in text or "" if char > "\x7f"]
        if not foreign:
            continue
        share = sum(char in usual for char in foreign) / len(foreign)
        # Letters of a Latin script stand among plain letters, those of a wide charset among their own.
        if share >= _LATIN_ENOUGH and share > best * _alone(text or ""):
            best, charset = share, name
    return charset or "cp1252"


def _alone(text: str) -> float:
    """Above 1 where special letters follow each other, as they do when a wide charset is read as a narrow one."""
    special = [char > "\x7f" for char in text]
    pairs = sum(a and b for a, b in itertools.pairwise(special))
    return 1.0 + (1.0 if pairs > 0.5 * max(1, sum(special)) and not any(char in _CYRILLIC for char in text) else 0.0)
