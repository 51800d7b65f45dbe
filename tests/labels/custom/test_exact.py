"""Two cells of one row are recognized; the list holds no value, and is of no use without the key."""

import random
import time

import pytest

from fanlight.labels.custom.definitions import CategoryProblem
from fanlight.labels.custom.exact import ExactList, hash_table
from fanlight.labels.text import view_of
from support.canaries import find_leaks

KEY = bytes(range(32))

TABLE = """name,email,customer_id,phone,city
Jane van der Roe,jane.roe@example.com,C-10-4711,+49 30 5550101,Springfield
John Poe,john.poe@example.org,C-10-4712,+49 30 5550102,Springfield
Zoë Ångström,zoe@example.net,AB778899,+46 8 5550103,Springfield
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exact")
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    done = hash_table(folder / "t.csv", folder / "t.list", KEY)
    assert (done.rows, done.cells) == (3, 15)
    return ExactList(folder / "t.list", KEY)


def rows(listed, text, near=200):
    return [
        (text[find.start : find.end], tuple(listed.columns[c] for c in find.columns))
        for find in listed.find(view_of(text), near)
    ]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Jane van der Roe has C-10-4711.", ("name", "customer_id")),
        ("c10-4711 belongs to JANE.ROE@EXAMPLE.COM", ("email", "customer_id")),
        ("Call +49-30-555-0102 for john poe", ("name", "phone")),
        ("ＡＢ778899 / Zoë Ångström", ("name", "customer_id")),
        ("John Poe, Springfield", ("name", "city")),
    ],
)
def test_two_cells_of_one_row_near_each_other_are_a_match(listed, text, columns):
    assert [found for _, found in rows(listed, text)] == [columns]


@pytest.mark.parametrize(
    "text",
    [
        "Jane van der Roe called",
        "Jane van der Roe and John Poe called",
        "Jane van der Roe has C-10-4712",
        "C-10-4711 and C-10-4712",
        "Springfield, Springfield",
        "Jane van der Roe" + " filler" * 60 + " C-10-4711",
        "jane.roe@example.com",
    ],
)
def test_one_cell_or_cells_of_different_rows_are_none(listed, text):
    assert rows(listed, text) == []


def test_cells_are_found_across_the_borders_of_a_long_text(listed):
    text = "".join("filler " * (9_350 + n) + "John Poe: C-10-4712. " for n in range(12))
    assert len(rows(listed, text)) == 1  # one row, however often it stands there
    both = "word " * 13_106 + "John Poe: C-10-4712 " + "word " * 14_000 + "zoe@example.net AB778899"
    assert len(rows(listed, both)) == 2


def test_the_list_holds_no_value(listed, tmp_path):
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    folder = tmp_path / "out"
    folder.mkdir()
    hash_table(tmp_path / "t.csv", folder / "t.list", KEY)
    values = [cell for line in TABLE.splitlines()[1:] for cell in line.split(",")]
    values += ["janevanderroe", "janeroeexamplecom", "c104711", "springfield"]
    assert find_leaks([folder], values) == []
    assert [path.name for path in folder.iterdir()] == ["t.list"]


def test_the_same_table_under_another_key_is_another_list_and_is_refused(listed, tmp_path):
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    hash_table(tmp_path / "t.csv", tmp_path / "other.list", bytes(32))
    with pytest.raises(CategoryProblem, match="key of another tenant"):
        ExactList(tmp_path / "other.list", KEY)


def test_a_damaged_list_is_refused(tmp_path):
    for data in (b"", b"PK\x03\x04", b"FANLIGHT-EXACT-2\n\xff\xff\xff\x7f{}"):
        (tmp_path / "bad.list").write_bytes(data)
        with pytest.raises(CategoryProblem, match="damaged"):
            ExactList(tmp_path / "bad.list", KEY)


def test_columns_are_chosen_by_title_and_a_wrong_one_is_named(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    done = hash_table(tmp_path / "t.csv", tmp_path / "t.list", KEY, ["email", "customer_id"])
    assert done.columns == ("email", "customer_id")
    with pytest.raises(CategoryProblem, match="no column iban"):
        hash_table(tmp_path / "t.csv", tmp_path / "t.list", KEY, ["iban", "email"])
    with pytest.raises(CategoryProblem, match="2 to 16 columns"):
        hash_table(tmp_path / "t.csv", tmp_path / "t.list", KEY, ["email"])


def test_values_that_most_rows_share_only_confirm_a_row(tmp_path):
    lines = ["name,city,id"] + [f"Person{n},Springfield,ID{n:06}" for n in range(500)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    hash_table(tmp_path / "t.csv", tmp_path / "t.list", KEY)
    listed = ExactList(tmp_path / "t.list", KEY)
    assert [c for _, c in rows(listed, "Person77 of Springfield")] == [("name", "city")]
    dump = "\n".join(lines)
    assert len(rows(listed, dump)) == 500


def test_a_text_made_to_be_slow_costs_no_more_than_its_length(listed):
    def cost(size):
        view = view_of("John Poe Springfield " * size)
        began = time.process_time()
        listed.find(view, 200)
        return time.process_time() - began

    cost(500)
    assert cost(20_000) < 30 * max(cost(2_000), 0.005)


def test_ordinary_words_pass_quickly(tmp_path):
    rng = random.Random(3)
    lines = ["a,b"] + [f"{rng.getrandbits(40):x},{rng.getrandbits(40):x}" for _ in range(20_000)]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    hash_table(tmp_path / "t.csv", tmp_path / "t.list", KEY)
    listed = ExactList(tmp_path / "t.list", KEY)
    words = ["".join(rng.choice("etaoinshr") for _ in range(rng.randint(2, 9))) for _ in range(4_000)]
    text = " ".join(rng.choice(words) for _ in range(150_000))
    began = time.process_time()
    assert listed.find(view_of(text), 200) == []
    assert time.process_time() - began < 2.0
