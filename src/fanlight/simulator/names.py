"""Words of which people, projects and documents are made. Invented combinations; no real person is meant."""

from __future__ import annotations

from fanlight.simulator.identifiers import stable_bytes

__all__ = ["CLEAN_THEMES", "DEPARTMENTS", "FIRST_NAMES", "HIGH_THEMES", "LAST_NAMES", "MODERATE_THEMES", "canary"]

FIRST_NAMES = tuple(
    """
    Amara Bjorn Chen Dalia Eero Farah Gustavo Hana Imran Jana Kofi Lena Marek Nadia Omar Priya Quentin Rosa
    Stefan Tara Uma Viktor Wanda Ximena Yusuf Zoe Aisha Bruno Clara Diego Elif Felix Greta Hugo Ines Jonas
    Katya Liam Maya Noah Olga Pavel Rania Soren Tomas Ursula Vera Wei Yara Zane Anke Benedikt Chidi Devika
    Emil Fatima Gordon Helmi Ivan Jaya Kenji Lucia Mateo Nina Otto Petra Ravi Silvia Theo Vanessa Walter
    Yuki Adele Boris Carmen Dev
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
LAST_NAMES = tuple(
    """
    Okafor Lund Wei Haddad Salmi Rao Keller Novak Mbeki Silva Iyer Brandt Costa Dubois Eriksen Fischer Gupta
    Hansen Ibrahim Jansen Kowalski Lindqvist Moreau Nair Ortiz Petrov Quist Richter Santos Tanaka Ueda Vogel
    Weber Xu Yilmaz Zimmer Adeyemi Berger Castillo Dietrich Esposito Ferreira Graf Hoffmann Ivanova Joshi
    Krause Lehmann Menon Neumann Osei Pereira Ramirez Schulz Thapa Urban Varga Winkler Yamada Zhang Abbott
    Barlow Cooper Dalton Ellis Fletcher Greenwood Hartley Ingram Jarvis Kendall Langley Marsh Norton Osborne
    Prescott Quinn Radford Sutton Thorne
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
#: Department -> share of the staff.
DEPARTMENTS: dict[str, float] = {
    "Engineering": 0.28,
    "Sales": 0.15,
    "Support": 0.13,
    "Marketing": 0.10,
    "Research": 0.12,
    "Finance": 0.08,
    "People": 0.05,
    "Legal": 0.04,
    "Operations": 0.05,
}
#: (department, name) of projects whose content is truly of high sensitivity.
HIGH_THEMES = (
    ("People", "Compensation review"),
    ("Finance", "Payroll operations"),
    ("Legal", "Harbour acquisition"),
    ("Support", "Card disputes"),
    ("Research", "Patient outcomes"),
    ("Operations", "Access recovery"),
    ("Finance", "Tax filings"),
    ("People", "Staff medical leave"),
    ("Sales", "Key account exports"),
    ("Engineering", "Incident response vault"),
    ("Research", "Trial participants"),
    ("Legal", "Settlement files"),
    ("Finance", "Supplier bank data"),
    ("People", "Background checks"),
)
MODERATE_THEMES = (
    ("Legal", "Vendor agreements"),
    ("Finance", "Quarter close"),
    ("Sales", "Pricing committee"),
    ("Engineering", "Deployment runbooks"),
    ("People", "Hiring panel"),
    ("Marketing", "Embargoed launch"),
)
CLEAN_THEMES = tuple(
    (department, f"{head} {tail}")
    for department, heads in (
        ("Engineering", ("Gripper", "Navigation", "Telemetry", "Build", "Simulator", "Firmware")),
        ("Marketing", ("Website", "Trade fair", "Newsletter", "Brand")),
        ("Sales", ("Proposal", "Demo", "Territory", "Partner")),
        ("Support", ("Help centre", "Escalation", "Macro", "Onboarding")),
        ("Research", ("Vision", "Grasp", "Planner", "Benchmark")),
        ("Operations", ("Warehouse", "Logistics", "Facilities")),
        ("Finance", ("Forecast", "Travel policy")),
        ("People", ("Welcome", "Learning")),
        ("Legal", ("Template", "Open source")),
    )
    for head in heads
    for tail in ("notes", "guide", "redesign", "planning", "library", "workshop", "roadmap", "quality")
)

_SYLLABLES = tuple(a + b for a in "bdfgklmnprstvz" for b in "aeiou")


def canary(kind: str, number: int, seed: int) -> str:
    """A word of eight syllables that occurs nowhere else: what a test greps the stores for."""
    value = int.from_bytes(stable_bytes("canary", seed, kind, number, size=8), "big")
    letters = []
    for _ in range(8):
        value, rest = divmod(value, len(_SYLLABLES))
        letters.append(_SYLLABLES[rest])
    return "".join(letters)
