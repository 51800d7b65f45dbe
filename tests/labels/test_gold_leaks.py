"""No value of any text, and no run of eight characters of one, is in anything that Fanlight writes.

The whole road is used: a simulated vendor serves the texts as chats and files, Fanlight reads and labels them, judges,
and prints its exports. What is written then is compared with what is written about other texts: a run of characters
that stands in both (a name of a type, a vendor's public prefix, a keyword of our own lists) is no part of a value.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from fanlight.labels.export import label_rows
from fanlight.model import Match
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from support.bombs import docx, packed
from support.runs import runs_found_apart, runs_of
from support.shared import SHARED
from support.told_world import ToldWorld, open_told_home

PRODUCT = Path(__file__).parents[2] / "src/fanlight"


def told(folder: Path, texts: Sequence[str], files: dict[str, bytes]) -> Path:
    """Everything that Fanlight writes when people say these texts: its home, its log, its export of labels."""
    folder.mkdir()
    with http.serve(ToldWorld(texts, files, a_chat=50), rate=0) as vendors:  # type: ignore[arg-type]
        home = open_told_home(folder, vendors)
        sync(home)
        with home.reader() as reader:
            rows = [json.dumps(row) for row in label_rows(reader.rows(Match, now=True))]
    assert rows
    (folder / "labels.jsonl").write_text("\n".join(rows))
    return folder


def samples() -> list[str]:
    """Texts that make every recognizer of the catalog write what it writes."""
    found: list[str] = []
    for path in sorted((PRODUCT / "catalog/recognizers").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text("utf-8")).get("recognizers", []):
            found += [str(text) for text in entry.get("positives", ())]
    return found


def own_words() -> str:
    """Our own lists, of which a match keeps the keyword, and every mask's fixed words."""
    folders = [PRODUCT / "catalog", PRODUCT / "labels"]
    files = [path for folder in folders for kind in ("*.yml", "*.txt", "*.py") for path in folder.rglob(kind)]
    return "\n".join(path.read_text("utf-8") for path in sorted(files)).casefold()


def left_behind(tmp_path: Path, texts: Sequence[str], values: set[str]) -> dict[str, str]:
    """Runs of the values that stand in what is written about the texts, and would not without them."""
    files = {
        "list.csv": "\n".join(texts[::3]).encode("utf-8", "replace"),
        "paper.docx": docx("".join(f"<w:p><w:r><w:t><![CDATA[{text}]]></w:t></w:r></w:p>" for text in texts[1::3][:300]
                                   if "]]>" not in text and text.isprintable())),
        "folder.zip": packed({f"{n}.txt": text.encode("utf-8", "replace") for n, text in enumerate(texts[2::3][:300])}),
    }  # fmt: skip
    found = runs_found_apart([told(tmp_path / "with", texts, files)], runs_of(values))
    if not found:
        return {}
    others = [*samples(), "the password is kept, my card and my account are not, call me"]
    other_files = dict.fromkeys(files, b"nothing of interest")
    without = runs_found_apart([told(tmp_path / "without", others, other_files)], found)
    own = own_words()
    left = {run: place for run, place in found.items() if run not in without and run.casefold() not in own}
    if not left:
        return {}
    # Random ids hold some run of digits by chance; a value that is kept is there in every run.
    again = runs_found_apart([told(tmp_path / "again", texts, files)], left)
    return {run: place for run, place in left.items() if run in again}


def test_what_people_said_is_not_written(tmp_path: Path) -> None:
    """Values made here, of kinds that are masked each in its own way, in sentences, tables and files."""
    draw = random.Random(8)
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

    def key(size: int) -> str:
        return "".join(draw.choices(letters, k=size))

    values = {
        f"ghp_{key(36)}": "token {}",
        f"AKIA{key(16).upper()}": "aws_access_key_id={}",
        f"Hollunder-{key(6)}-Quellwolke": "the password is {}",
        f"sk_live_{key(24)}": "stripe key {} please rotate",
        "4916 3380 6082 7832": "my card {} expires 11/29",
        "DE89 3704 0044 0532 0130 00": "IBAN {}",
        "781-05-5433": "SSN {}",
        "quirina.oberhollenzer@mail.example.net": "write to {}",
        "Quirina Oberhollenzer": "Dear Mrs {}, the meeting is on Monday.",
        "+49 30 901820 4711": "call me at {}",
        "Hollunderweg 47, 80331 München": "I live at {}",
        "postgres://reader:Zauberwolke77@db.example.com/main": "connect with {}",
        "born 14 March 1987": "Patient Oberhollenzer, {}, has diabetes and takes metformin 500 mg",
        f"{key(64)}\n{key(64)}": "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    }
    texts = [sentence.format(value) for value, sentence in values.items()]
    texts += ["name,mail\n" + "\n".join(f"Person{n} Zwetschgenbaum,p{n}@zwetschge.example.net" for n in range(20))]
    public = ("ghp_", "AKIA", "sk_live_", "PRIVATE KEY")  # kept, as part of the mask
    said = {text for text in texts if not any(prefix in text for prefix in public)}
    assert left_behind(tmp_path, texts, {*values, *said}) == {}


@pytest.mark.shared
def test_no_gold_value_is_written(tmp_path: Path) -> None:
    """Every marked value of five hundred documents of the label collection."""
    gold = [json.loads(line) for line in (SHARED / "label-eval/gold.jsonl").open(encoding="utf-8")]
    chosen = {row["id"]: row for row in random.Random(17).sample([row for row in gold if row["spans"]], 500)}
    texts: list[str] = []
    values: set[str] = set()
    for line in (SHARED / "label-eval/docs.jsonl").open(encoding="utf-8"):
        record = json.loads(line)
        if record["id"] in chosen:
            texts.append(record["text"])
            values |= {record["text"][span["start"] : span["end"]] for span in chosen[record["id"]]["spans"]}
    assert len(values) > 1000
    assert left_behind(tmp_path, texts, values) == {}
