"""What is planted: texts with sensitive values, each value recorded with the category it belongs to.

Secret-shaped strings are put together at run time, so that none stands in the repository.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass

from fanlight.simulator import checkdigits as cd
from fanlight.simulator.names import FIRST_NAMES, LAST_NAMES

__all__ = ["HIGH_RECIPES", "LOW_RECIPES", "MODERATE_RECIPES", "Planted", "hard_negative", "write_recipe"]

_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class Planted:
    """One sensitive value that was put into a text. `value` is exactly as it stands there."""

    category: str
    type: str
    value: str


Writer = Callable[[random.Random], tuple[str, list[Planted]]]


def _word(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def _mail(rng: random.Random, name: str) -> str:
    domain = rng.choice(("example.com", "example.org", "example.net"))
    return f"{name.lower().replace(' ', '.')}{rng.randint(1, 99)}@{domain}"


def _phone(rng: random.Random) -> str:
    return rng.choice(
        (
            f"+49 30 {rng.randint(2_000_000, 9_999_999)}",
            f"+44 20 7946 0{rng.randint(100, 999)}",
            f"+1 512-555-01{rng.randint(10, 99)}",
            f"+91 98450 {rng.randint(10_000, 99_999)}",
        )
    )


def _street(rng: random.Random) -> str:
    return rng.choice(
        (
            f"{rng.randint(2, 180)} Harbour Street, Brighton BN1 {rng.randint(1, 9)}AA",
            f"Lindenallee {rng.randint(1, 120)}, 10115 Berlin",
            f"{rng.randint(100, 9900)} Cedar Ridge Drive, Austin, TX 787{rng.randint(10, 59)}",
        )
    )


# ---------------------------------------------------------------------- high


def _cards(rng: random.Random) -> tuple[str, list[Planted]]:
    lines, planted = ["Open card disputes, please group them by issuer:", ""], []
    for _ in range(rng.randint(5, 8)):
        number, name = cd.card(rng), _person(rng)
        lines.append(
            f"- card number {number}, exp {rng.randint(1, 12):02d}/{rng.randint(27, 31)}, "
            f"CVV {rng.randint(100, 999)}, cardholder {name}"
        )
        planted += [Planted("PAYMENT_CARD", "CREDIT_CARD_NUMBER", number), Planted("PERSON_NAME", "PERSON_NAME", name)]
    return "\n".join(lines), planted


def _social_security(rng: random.Random) -> tuple[str, list[Planted]]:
    lines, planted = ["name,social security number,date of birth,home address"], []
    for _ in range(rng.randint(5, 9)):
        name, number, street = _person(rng), cd.ssn(rng), _street(rng)
        born = f"{rng.randint(1958, 2001)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        lines.append(f'{name},SSN {number},born {born},"{street}"')
        planted += [
            Planted("GOV_ID", "US_SOCIAL_SECURITY_NUMBER", number),
            Planted("PII", "DATE_OF_BIRTH", born),
            Planted("PII", "STREET_ADDRESS", street),
            Planted("PERSON_NAME", "PERSON_NAME", name),
        ]
    return "\n".join(lines), planted


_NATIONAL: tuple[tuple[str, str, Callable[[random.Random], str]], ...] = (
    ("Steuer-ID (steuerliche Identifikationsnummer)", "DE_TAX_ID", cd.steuer_id),
    ("National Insurance number", "UK_NINO", cd.nino),
    ("numéro de sécurité sociale", "FR_NIR", cd.nir),
    ("CPF", "BR_CPF", cd.cpf),
    ("Aadhaar number", "IN_AADHAAR", cd.aadhaar),
    ("burgerservicenummer BSN", "NL_BSN", cd.bsn),
    ("DNI", "ES_DNI", cd.dni),
    ("PESEL", "PL_PESEL", cd.pesel),
)


def _national_ids(rng: random.Random) -> tuple[str, list[Planted]]:
    lines, planted = ["Identity check of the new starters:"], []
    for keyword, kind, make in rng.sample(_NATIONAL, 5):
        name, number = _person(rng), make(rng)
        lines.append(f"{name} - {keyword}: {number}")
        planted += [Planted("GOV_ID", kind, number), Planted("PERSON_NAME", "PERSON_NAME", name)]
    return "\n".join(lines), planted


def _payroll(rng: random.Random) -> tuple[str, list[Planted]]:
    lines, planted = ["Employee | IBAN | Annual base salary", "---|---|---"], []
    for _ in range(rng.randint(5, 9)):
        name, account = _person(rng), cd.iban(rng)
        salary = f"EUR {rng.randint(48, 190)},{rng.randrange(10)}00"
        lines.append(f"{name} | IBAN {account} | salary {salary}")
        planted += [
            Planted("FINANCIAL", "IBAN", account),
            Planted("FINANCIAL", "SALARY", salary),
            Planted("PERSON_NAME", "PERSON_NAME", name),
        ]
    return "\n".join(lines), planted


def _cloud_secrets(rng: random.Random) -> tuple[str, list[Planted]]:
    access = "AK" + "IA" + _word(rng, _UPPER, 16)
    secret = _word(rng, _ALNUM + "/+", 40)
    git = "gh" + "p_" + _word(rng, _ALNUM, 36)
    chat = "-".join(("xo" + "xb", _word(rng, "123456789", 12), _word(rng, "123456789", 12), _word(rng, _ALNUM, 24)))
    claude = "-".join(("sk", "ant", "api03")) + "-" + _word(rng, _ALNUM, 93) + "AA"
    password = _word(rng, _ALNUM, 14) + "!7"
    link = f"postgresql://ledger:{password}@db.internal.example.com:5432/ledger"
    text = (
        "Here is the environment file of the failing job, tell me what is wrong:\n\n"
        f"AWS_ACCESS_KEY_ID={access}\nAWS_SECRET_ACCESS_KEY={secret}\nGITHUB_TOKEN={git}\n"
        f"SLACK_BOT_TOKEN={chat}\nANTHROPIC_API_KEY={claude}\nDATABASE_URL={link}\n"
    )
    return text, [
        Planted("SECRET", "AWS_ACCESS_KEY_ID", access),
        Planted("SECRET", "AWS_SECRET_ACCESS_KEY", secret),
        Planted("SECRET", "GITHUB_TOKEN", git),
        Planted("SECRET", "SLACK_TOKEN", chat),
        Planted("SECRET", "ANTHROPIC_API_KEY", claude),
        Planted("SECRET", "CONNECTION_STRING", link),
    ]


def _private_key(rng: random.Random) -> tuple[str, list[Planted]]:
    body = base64.b64encode(b"openssh-key-v1\x00" + rng.randbytes(700)).decode()
    lines = [body[i : i + 70] for i in range(0, len(body), 70)]
    head, tail = "BEGIN OPENSSH " + "PRIVATE KEY", "END OPENSSH " + "PRIVATE KEY"
    block = "\n".join((f"-----{head}-----", *lines, f"-----{tail}-----"))
    password = _word(rng, _ALNUM, 11) + "#" + str(rng.randint(10, 99))
    text = f"The host no longer accepts this key:\n\n{block}\n\nThe root password is {password} in case you need it."
    return text, [Planted("SECRET", "PRIVATE_KEY", lines[2]), Planted("SECRET", "PASSWORD", password)]


_DIAGNOSES = ("type 2 diabetes mellitus", "recurrent depressive disorder", "rheumatoid arthritis",
              "chronic hepatitis B",
              "atrial fibrillation", "relapsing multiple sclerosis")  # fmt: skip
_DRUGS = ("metformin 850 mg twice daily", "sertraline 100 mg once daily", "methotrexate 15 mg weekly",
          "tenofovir 245 mg once daily", "apixaban 5 mg twice daily", "interferon beta-1a")  # fmt: skip


def _health(rng: random.Random) -> tuple[str, list[Planted]]:
    parts, planted = ["Visit notes, summarise them for the case file.", ""], []
    for _ in range(rng.randint(3, 4)):
        name, number, i = _person(rng), cd.nhs_number(rng), rng.randrange(len(_DIAGNOSES))
        record = f"MRN {rng.randint(1_000_000, 9_999_999)}"
        parts.append(
            f"Patient: {name}, NHS number {number}, medical record {record}. Diagnosis: {_DIAGNOSES[i]}. "
            f"Treatment: {_DRUGS[i]}. Blood pressure {rng.randint(110, 160)}/{rng.randint(70, 95)}, "
            f"follow-up in {rng.randint(2, 8)} weeks; the patient reports fatigue and poor sleep."
        )
        planted += [
            Planted("HEALTH", "UK_NHS_NUMBER", number),
            Planted("HEALTH", "MEDICAL_RECORD_NUMBER", record),
            Planted("HEALTH", "DIAGNOSIS_TEXT", _DIAGNOSES[i]),
            Planted("PERSON_NAME", "PERSON_NAME", name),
        ]
    return "\n".join(parts), planted


def _customers(rng: random.Random) -> tuple[str, list[Planted]]:
    lines, planted = ["customer_id,customer_name,email,phone,address,lifetime_value"], []
    for _ in range(rng.randint(14, 24)):
        name = _person(rng)
        mail, phone, street = _mail(rng, name), _phone(rng), _street(rng)
        lines.append(f'C-{rng.randint(10_000, 99_999)},{name},{mail},{phone},"{street}",{rng.randint(300, 90_000)}')
        planted += [Planted("PII", "EMAIL_ADDRESS", mail), Planted("PII", "PHONE_NUMBER", phone)]
    planted.append(Planted("CUSTOMER_DATA", "CRM_EXPORT", lines[0]))
    return "\n".join(lines), planted


def _contract(rng: random.Random) -> tuple[str, list[Planted]]:
    party, price, account = (
        f"{rng.choice(LAST_NAMES)} Holdings Ltd",
        f"EUR {rng.randint(12, 340)} million",
        cd.iban(rng),
    )
    text = (
        "STRICTLY CONFIDENTIAL - ATTORNEY-CLIENT PRIVILEGED\nTLP:RED\n\n"
        f'SHARE PURCHASE AGREEMENT between Example Robotics (the "Purchaser") and {party} (the "Seller").\n\n'
        '1. Definitions. In this Agreement "Confidential Information" means all that either party discloses.\n'
        f"2. Consideration. The purchase price shall be {price}, payable to IBAN {account} on Completion.\n"
        "3. Warranties. The Seller represents and warrants that it has full power to enter into this Agreement.\n"
        "4. Indemnification. The Seller shall indemnify and hold harmless the Purchaser against all losses.\n"
        "5. Governing law. This Agreement shall be governed by and construed in accordance with the laws of England.\n"
        "IN WITNESS WHEREOF the parties have executed this Agreement.\n"
    )
    return text, [
        Planted("LEGAL", "CONTRACT", "SHARE PURCHASE AGREEMENT"),
        Planted("LEGAL", "PRIVILEGED", "ATTORNEY-CLIENT PRIVILEGED"),
        Planted("CONFIDENTIAL_MARK", "MARK_CONFIDENTIAL", "STRICTLY CONFIDENTIAL"),
        Planted("CONFIDENTIAL_MARK", "TLP_RED", "TLP:RED"),
        Planted("FINANCIAL", "IBAN", account),
    ]


# ------------------------------------------------------------------ moderate


def _one_iban(rng: random.Random) -> tuple[str, list[Planted]]:
    account = cd.iban(rng)
    return (
        f"Please pay invoice {rng.randint(10_000, 99_999)} to IBAN {account} by Friday.",
        [Planted("FINANCIAL", "IBAN", account)],
    )


def _password(rng: random.Random) -> tuple[str, list[Planted]]:
    password = _word(rng, _ALNUM, 9) + "$" + str(rng.randint(10, 99))
    return (
        f"The password for the staging console is {password}, it has to be changed after the demo.",
        [Planted("SECRET", "PASSWORD", password)],
    )


def _marked(rng: random.Random) -> tuple[str, list[Planted]]:
    return (
        f"CONFIDENTIAL - INTERNAL USE ONLY\nDraft price list for quarter {rng.randint(1, 4)}: "
        f"arms from {rng.randint(20, 90)} k, "
        "service contracts at nine percent a year. Do not forward before the announcement.",
        [Planted("CONFIDENTIAL_MARK", "MARK_CONFIDENTIAL", "CONFIDENTIAL - INTERNAL USE ONLY")],
    )


def _clause(rng: random.Random) -> tuple[str, list[Planted]]:
    return (
        "MUTUAL NON-DISCLOSURE AGREEMENT. This Agreement is entered into by the parties. Each party shall hold the "
        "other party's Confidential Information in strict confidence and shall not disclose it to any third party. "
        f"This Agreement shall remain in effect for {rng.randint(2, 5)} years, governed by the laws of Germany.",
        [Planted("LEGAL", "NDA", "MUTUAL NON-DISCLOSURE AGREEMENT")],
    )


# ----------------------------------------------------------------------- low


def _contact(rng: random.Random) -> tuple[str, list[Planted]]:
    name = _person(rng)
    mail, phone = _mail(rng, name), _phone(rng)
    return (
        f"Could you draft a short reply to {name} ({mail}, {phone}) about the delivery date?",
        [
            Planted("PERSON_NAME", "PERSON_NAME", name),
            Planted("PII", "EMAIL_ADDRESS", mail),
            Planted("PII", "PHONE_NUMBER", phone),
        ],
    )


def _code(rng: random.Random) -> tuple[str, list[Planted]]:
    name = rng.choice(("grip", "plan_path", "read_sensor", "merge_frames"))
    text = (
        "Why does this return None sometimes?\n\n```python\nimport math\nfrom dataclasses import dataclass\n\n\n"
        f"@dataclass\nclass Pose:\n    x: float\n    y: float\n    heading: float\n\n\n"
        f"def {name}(poses: list[Pose], limit: float) -> Pose | None:\n"
        "    best = None\n    for pose in poses:\n        distance = math.hypot(pose.x, pose.y)\n"
        f"        if distance > limit:\n            continue\n"
        f"        if best is None or distance < {rng.randint(2, 9)}.0:\n"
        "            best = pose\n    return best\n```\n"
    )
    return text, [Planted("SOURCE_CODE", "PYTHON", f"def {name}(poses")]


def _names_only(rng: random.Random) -> tuple[str, list[Planted]]:
    first, second = _person(rng), _person(rng)
    return (
        f"Agenda for Tuesday: {first} presents the roadmap, {second} the test results. Make it fit into 45 minutes.",
        [Planted("PERSON_NAME", "PERSON_NAME", first), Planted("PERSON_NAME", "PERSON_NAME", second)],
    )


_WRITERS: dict[str, Writer] = {
    "cards": _cards,
    "social_security": _social_security,
    "national_ids": _national_ids,
    "payroll": _payroll,
    "cloud_secrets": _cloud_secrets,
    "private_key": _private_key,
    "health": _health,
    "customers": _customers,
    "contract": _contract,
    "one_iban": _one_iban,
    "password": _password,
    "marked": _marked,
    "clause": _clause,
    "contact": _contact,
    "code": _code,
    "names_only": _names_only,
}
#: A thing of high sensitivity holds two of these.
HIGH_RECIPES = (
    *("cards", "social_security", "national_ids", "payroll", "cloud_secrets"),
    *("private_key", "health", "password", "customers", "contract"),
)
MODERATE_RECIPES = ("one_iban", "marked", "clause")
LOW_RECIPES = ("contact", "code", "names_only")


def write_recipe(recipe: str, rng: random.Random) -> tuple[str, list[Planted]]:
    """Text and what was planted in it, drawn from `rng`."""
    return _WRITERS[recipe](rng)


def hard_negative(rng: random.Random) -> str:
    """A sentence that looks sensitive and is not."""
    choice = rng.randrange(12)
    if choice == 0:
        return f"Order number {cd.card_like(rng)} was shipped on Monday."
    if choice == 1:
        return f"The build failed at commit {rng.randbytes(20).hex()}."
    if choice == 2:
        raw = rng.randbytes(16).hex()
        return f"Trace id {raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]} shows the slow call."
    if choice == 3:
        return f"We run version {rng.randint(1, 20)}.{rng.randint(0, 40)}.{rng.randint(0, 99)} on every arm."
    if choice == 4:
        return f"The receipt shows the card as **** **** **** {rng.randint(1000, 9999)}, which is enough."
    if choice == 5:
        return "Set API_KEY=<your-api-key-here> in the example configuration."
    if choice == 6:
        return f"Part number 9{rng.randint(10, 99)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)} fits."
    if choice == 7:
        return f"Ticket INC{rng.randint(1_000_000, 9_999_999)} is about the login page."
    if choice == 8:
        return f"The checksum is sha256:{rng.randbytes(32).hex()}."
    if choice == 9:
        return "Our password policy asks for twelve characters and a change once a year."
    if choice == 10:
        return "Write to someone@example.com is the placeholder in the template."
    return f"Tracking code 00{rng.randint(10**17, 10**18 - 1)} arrives tomorrow."
