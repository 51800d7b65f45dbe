"""What the text engine finds, and what it leaves alone."""

import pytest

from fanlight.labels import LabelError, Labeller
from fanlight.labels.engine import Engine

KEY = b"a tenant's key of thirty-two bytes"


@pytest.fixture(scope="module")
def labeller():
    with Labeller(KEY) as made:
        yield made


def types(labeller, text):
    return {span.type for span in labeller.label_text(text).spans}


@pytest.mark.parametrize(
    ("text", "type_name", "category"),
    [
        ("please charge 4111 1111 1111 1111 today", "CREDIT_CARD_NUMBER", "PAYMENT_CARD"),
        ("typed around: card is 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "CREDIT_CARD_NUMBER", "PAYMENT_CARD"),
        (
            "in full width: card \uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 "
            "\uff11\uff11\uff11\uff11", "CREDIT_CARD_NUMBER", "PAYMENT_CARD"),
        ("hidden: 4111\u200b1111\u200b1111\u200b1111 is the card", "CREDIT_CARD_NUMBER", "PAYMENT_CARD"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN", "FINANCIAL"),
        ("write to anna.example@example.com", "EMAIL_ADDRESS", "PII"),
        ("call me at 415-555-0132 tomorrow", "PHONE_NUMBER", "PII"),
        ("Telefon: +49 (0) 30 9012 3456", "PHONE_NUMBER", "PII"),
        ("My SSN is 781-05-5433", "US_SSN", "GOV_ID"),
        ("Anna was born on 3 May 1984", "DATE_OF_BIRTH", "PII"),
        ("she lives at 12 Sample Garden Road", "STREET_ADDRESS", "PII"),
        ("wohnhaft Beispielstraße 12, 10115 Berlin", "STREET_ADDRESS", "PII"),
        ("the wifi password is Sunflower-Berlin27", "PASSWORD", "SECRET"),
        ("Das Passwort für den Server lautet Kepler!Summer77", "PASSWORD", "SECRET"),
        ("le mot de passe est Tulipe2024!", "PASSWORD", "SECRET"),
        ("contraseña del servidor: Sunflower-Ops87", "PASSWORD", "SECRET"),
        ("hasło do routera to Krakow!2031", "PASSWORD", "SECRET"),
        ("パスワードは Sakura!2031 です", "PASSWORD", "SECRET"),
        ("비밀번호는 Hanok!2031 입니다", "PASSWORD", "SECRET"),
        ("postgres://app:P4ris1752@db.example.org:5432/orders", "CONNECTION_STRING", "SECRET"),
        ("Your verification code is 482913", "OTP_OR_PIN", "SECRET"),
        ("TLP:RED\nMinutes of Monday", "TLP_RED", "CONFIDENTIAL_MARK"),
    ],
)  # fmt: skip
def test_finds(labeller, text, type_name, category):
    labels = labeller.label_text(text)
    assert type_name in {span.type for span in labels.spans}
    assert category in labels.categories


@pytest.mark.parametrize(
    "text",
    [
        "My password manager keeps asking for a new password. What makes a strong one?",
        'os.environ["DB_PASSWORD"] is not set, how do I load it?',
        "password: ${DB_PASSWORD}",
        "The test PIN is 0000, for demo?",
        "api_key=YOUR_API_KEY_GOES_HERE",
        "request 177bcf24-123a-4a8f-935a-b165b2d7c1ae took 218 ms",
        'ETag: "720c1789d361abb95caa41df12276f6e"',
        "sha256:f5abf529b922d774257fcbb85223c8994b757177ee7b2a4452152722d0fbdf1b  release.tar.gz",
        "The device IMEI is 490154203237518, is it supported?",
        "tracking number 1Z999AA10123456784 has no updates",
        "ISBN 978-3-16-148410-0, DOI 10.1000/182",
        "ticket #440305198907127970: screen flickers after update",
        "version 2024.11.23-1 of 192.0.2.14 built in 12345678 ms",
        "What are typical symptoms of anaemia and when should people in general see a doctor?",
        "How do I keep a diary confidential?",
    ],
)
def test_leaves_alone(labeller, text):
    assert labeller.label_text(text).categories == {}


def test_a_table_of_customers_is_customer_data(labeller):
    rows = "\n".join(f"{1000 + n},Person {n},p{n}@example.com,+49 30 9012 34{n:02d}" for n in range(12))
    assert "CUSTOMER_DATA" in labeller.label_text("id,name,email,phone\n" + rows).categories


def test_seven_contacts_are_no_customer_list(labeller):
    rows = "\n".join(f"{1000 + n},p{n}@example.com" for n in range(7))
    assert "CUSTOMER_DATA" not in labeller.label_text("id,email\n" + rows).categories


def test_column_titles_count_as_keywords(labeller):
    assert "NL_BSN" in types(labeller, "name;bsn;city\nA. Example;111222333;Utrecht\n")
    assert "NL_BSN" not in types(labeller, "name;parcel;city\nA. Example;111222333;Utrecht\n")


def test_code_contract_patient_and_money_are_told_from_talk(labeller):
    code = (
        "def add(a, b):\n    return a + b\n\n\nclass Cart:\n    def __init__(self):\n        self.items = "
        "[]\n\n    def total(self):\n        result = 0\n        for item in self.items:\n            result "
        "+= item.price\n        return result\n"
    )
    contract = (
        "This Agreement is entered into by and between the parties. Each party shall indemnify and hold "
        "harmless the other. The governing law is set forth in Section 9. Neither party may assign without "
        "prior written consent."
    )
    patient = (
        "Patient was diagnosed with type 2 diabetes and hypertension; prescribed metformin 500 mg twice daily. "
        "Blood pressure 150/95."
    )
    money = "Loan application: annual income $145,000, credit score 532, outstanding mortgage $358,000."
    assert "SOURCE_CODE" in labeller.label_text(code).categories
    assert "LEGAL" in labeller.label_text(contract).categories
    assert "HEALTH" in labeller.label_text(patient).categories
    assert "FINANCIAL" in labeller.label_text(money).categories
    assert labeller.label_text("I wrote some code about a contract for my doctor.").categories == {}


def test_offsets_are_those_of_the_text_as_given(labeller):
    text = "Grüße 😀 \u200banna@example.com\u200b und mehr"
    (span,) = [s for s in labeller.label_text(text).spans if s.type == "EMAIL_ADDRESS"]
    assert text[span.start : span.end] == "anna@example.com"


def test_evidence_never_holds_the_value(labeller):
    """Nothing of six characters or more of a value is in its mask, beyond what the mask allows."""
    token = "ghp_" + "k3Rz8QpL0vXw" + "Ty6Nb2Mc9HsD" + "f4Gj7KaE1uWq"
    text = f"mail anna.example@example.com, SSN 781-05-5433, password: Sunflower-Ops87, token {token}"
    labels = labeller.label_text(text)
    assert len(labels.spans) >= 4
    for span in labels.spans:
        value = text[span.start : span.end]
        kept = f"{span.evidence}{span.keyword}{span.flags}{span.fingerprint}"
        assert not any(value[i : i + 6] in kept for i in range(len(value) - 5))


def test_fingerprints_only_for_keys_and_only_alike_under_one_tenant(labeller):
    token = "ghp_" + "k3Rz8QpL0vXw" + "Ty6Nb2Mc9HsD" + "f4Gj7KaE1uWq"
    spans = labeller.label_text(f"{token} and password: Sunflower-Ops87").spans
    by_type = {span.type: span.fingerprint for span in spans}
    again = labeller.label_text(f"once more {token}").spans[0].fingerprint
    other = Labeller(b"another tenant's key").label_text(token).spans[0].fingerprint
    assert by_type["PASSWORD"] is None
    assert by_type["GITHUB_PERSONAL_TOKEN"] == again != other


def test_both_scanners_find_the_same():
    """The slow way without Vectorscan is exact."""
    fast, slow = Engine(b"k"), Engine(b"k", exact_fallback=True)
    assert (fast.scanner, slow.scanner) == ("vectorscan", "exact")
    texts = [
        "mail anna@example.com, IBAN DE89 3704 0044 0532 0130 00, DNI 12345678Z, key AKIA" + "QWERTYUIOPASDFGH",
        "contraseña: Sunflower-Ops87 और パスワードは Sakura!2031 です, codice fiscale RSSMRA85T10A562S",
        "Patient: A. Example, MRN 55539461, diagnosed with asthma, prescribed albuterol 2 mg",
    ]
    for text in texts:
        assert fast.label(text) == slow.label(text)


def test_the_compiled_patterns_are_cached_without_content(tmp_path):
    Engine(b"k", cache=tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    assert Engine(b"k", cache=tmp_path).label("anna@example.com").spans
    assert file.stat().st_mtime_ns == before


def test_a_damaged_cache_is_made_again(tmp_path):
    Engine(b"k", cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"rubbish")
    assert Engine(b"k", cache=tmp_path).label("anna@example.com").spans


def test_a_failure_inside_says_how_long_the_text_was_and_nothing_of_it(monkeypatch):
    engine = Engine(b"k")

    def fail(*_: object) -> None:
        raise ValueError("the text was: anna@example.com")

    monkeypatch.setattr(engine, "_label", fail)
    with pytest.raises(LabelError) as caught:
        engine.label("anna@example.com")
    assert "anna" not in str(caught.value)
    assert caught.value.length == 16
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
