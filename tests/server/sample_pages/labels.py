"""The data map of a company that never existed."""

from __future__ import annotations

from fanlight.server.pages.labels import (
    CellThing,
    CellView,
    LabelsAsk,
    LabelsView,
    MapCell,
    MapColumn,
    MapRow,
    NotRead,
)
from fanlight.server.schema import Figure, LabelFamily, SensitivityName

_COLUMNS: tuple[tuple[str, LabelFamily], ...] = (
    ("PII", "people"), ("GOV_ID", "people"), ("HEALTH", "people"), ("PERSON_NAME", "people"),
    ("PAYMENT_CARD", "money"), ("FINANCIAL", "money"), ("SECRET", "secrets"), ("SOURCE_CODE", "secrets"),
    ("CUSTOMER_DATA", "business"), ("LEGAL", "business"), ("CONFIDENTIAL_MARK", "business"),
)  # fmt: skip
# Name, owner, department, sensitivity, counts (0 for none found), columns that are new, visible to everybody.
_ROWS: tuple[tuple[str, str, str, SensitivityName, tuple[int, ...], tuple[int, ...], bool], ...] = (
    ("Q2 close", "Jane Doe", "Finance", "high", (96, 2, 0, 412, 18, 1240, 1, 0, 31, 6, 14), (4, 6), False),
    ("Payroll EU 2026", "Nora Petit", "People", "high", (2310, 388, 61, 3904, 0, 822, 0, 0, 0, 12, 40), (), False),
    ("Platform runbooks", "Ruben Aalto", "Platform", "high", (12, 0, 0, 88, 0, 0, 47, 2105, 4, 0, 2), (6,), True),
    ("Supplier audit", "", "", "moderate", (120, 6, 0, 340, 0, 702, 0, 0, 0, 61, 24), (), False),
    ("Travel policy", "Nora Petit", "People", "low", (14, 0, 0, 96, 0, 8, 0, 0, 0, 0, 0), (), True),
    ("Style guide of the whole house and its subsidiaries", "Hanna Weiss", "Sales", "none", (0,) * 11, (), True),
    ("Labs sandbox", "Ines Okafor", "IT", "not_read", (0,) * 11, (), False),
)
_RANK = {"not_read": -1, "none": 0, "low": 1, "moderate": 2, "high": 3}


def _cell(n: int, *, new: bool) -> MapCell | None:
    return MapCell(n=n, step=len(str(n)), new=new) if n else None


def _looked(ask: LabelsAsk) -> CellView | None:
    if ask.row is None or ask.label is None:
        return None
    name = _ROWS[int(ask.row.removeprefix("p"))][0]
    return CellView(
        row=ask.row, label=ask.label, family=dict(_COLUMNS)[ask.label], title=f"{ask.label} in {name}",
        sentence="In 4 chats, first 22 Apr, last 2 May. May be subject to PCI DSS.",
        figures=[Figure(value="18", label="matches"), Figure(value="4", label="authors"),
                 Figure(value="7", label="may open the project")],
        things=[CellThing(kind="chat", id="c-1", title="Jane Doe · 2 May · 9 messages", count=11, sensitivity="high"),
                CellThing(kind="chat", id="c-2", title="Lena Fuchs · 29 Apr · 8 messages", count=7, sensitivity="low")],
        recognizers="Recognizer card_number 4, confidence 0.95 to 0.98. Nothing of the text is kept.",
        link="/access?pivot=project:q2",
    )  # fmt: skip


def sample(ask: LabelsAsk, *, empty: bool) -> LabelsView:
    """The map as the mock-ups have it, with every state a row can be in."""
    rows = [] if empty else [
        MapRow(
            key=f"p{at}", name=name, link=f"/access?pivot=project:p{at}", owner=owner,
            owner_link="/identities/i-jane" if owner else None, department=department, sensitivity=level,
            cells=[_cell(n, new=place in new) for place, n in enumerate(counts)],
        )
        for at, (name, owner, department, level, counts, new, wide) in enumerate(_ROWS)
        if (ask.sensitivity == "none" or _RANK[level] >= _RANK[ask.sensitivity]) and (wide or not ask.wide)
    ]  # fmt: skip
    return LabelsView(
        summary="Nothing was read; 0 projects hold something sensitive" if empty
        else "51,288 chats and 9,340 files read; 204 projects hold something sensitive",
        by=ask.by, period="Matches, written 7 Feb to 7 May 2026",
        columns=[MapColumn(category=name, family=family) for name, family in _COLUMNS],
        rows=rows[ask.start : ask.start + ask.rows], total=len(rows), start=ask.start,
        last_line=f"{len(rows)} rows, none below", read=0 if empty else 60_628,
        not_read=[] if empty else [
            NotRead(strong="1,902 chats", sentence="of Claude wait to be read."),
            NotRead(strong="61 files", sentence="of Claude could not be read: it is encrypted (40); too large (21)."),
        ],
        cell=_looked(ask),
    )  # fmt: skip
