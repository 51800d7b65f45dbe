"""A category file is read as written, and what is wrong with it is said in one sentence without quoting a sample."""

from pathlib import Path

import pytest

from fanlight.labels.custom.definitions import CategoryProblem, definition_of, definitions_from

HERE = Path()
SAMPLES = 'positives = ["a secret sample"]\nnegatives = ["nothing"]\n'


def read(text, folder=HERE):
    return definitions_from(text, folder, "categories.toml")


def one(body, name="PROJECT_ORION"):
    (written,) = read(f'[[category]]\nname = "{name}"\n{SAMPLES}{body}')
    return written.definition


def test_a_category_is_filed_under_its_own_name_unless_it_says_otherwise():
    assert one('[category.terms]\nterms = ["x1"]').label == "PROJECT_ORION"
    assert one('label = "SECRET"\n[category.terms]\nterms = ["x1"]').label == "SECRET"


def test_what_is_stored_gives_the_same_category_back():
    made = one(
        'title = "T"\nsensitivity = "high"\n[category.regex]\npatterns = ["a+"]\nnear = ["b"]\n'
        '[category.terms]\nterms = ["x1", "x2"]\n[category.file]\nnames = ["*.pst"]\n'
        'larger_than = 5\n[category.file.properties]\nCompany = "Example*"\n[category.only]\nkinds = ["chat"]'
    )
    assert definition_of(made.body(), 1) == made
    assert definition_of(made.body(), 1).digest() == made.digest()


def test_only_what_decides_what_is_found_changes_the_digest():
    plain = one('[category.terms]\nterms = ["x1"]')
    assert one('title = "Other"\nsensitivity = "high"\n[category.terms]\nterms = ["x1"]').digest() == plain.digest()
    assert one('[category.terms]\nterms = ["x1", "x2"]').digest() != plain.digest()


def test_samples_are_no_part_of_what_is_stored():
    assert "secret sample" not in repr(one('[category.terms]\nterms = ["x1"]').body())


def test_files_it_names_are_read_beside_it(tmp_path):
    (tmp_path / "words.txt").write_text("# ours\nFirst Term\n\nSecond\n")
    text = f'[[category]]\nname = "WORDS"\n{SAMPLES}[category.terms]\nfile = "words.txt"'
    assert read(text, tmp_path)[0].definition.terms == ("First Term", "Second")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml [", "not valid TOML"),
        ("", "no \\[\\[category\\]\\]"),
        ("other = 1\n[[category]]", "other is not known"),
        ('[[category]]\nname = "SECRET"', "not one of"),
        ('[[category]]\nname = "small"', "capital letters"),
        ('[[category]]\nname = "ORION"\n[category.terms]\nterms = ["x1"]', "at least one sample in positives"),
        ('[[category]]\nname = "ORION"\npositives = ["a"]\n[category.terms]\nterms = ["x1"]', "in negatives"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}', "names nothing to find"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}colour = 1\n[category.terms]\nterms = ["x1"]', "colour is not known"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}[category.terms]\nterms = ["x1"]\nsort = 1', "terms.sort"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}[category.terms]\nterms = ["x"]', "2 to 200 characters"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}[category.terms]\nfile = "none.txt"', "none.txt cannot be read"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}[category.only]\nkinds = ["mail"]', "mail is no kind"),
        (f'[[category]]\nname = "ORION"\nsensitivity = "dire"\n{SAMPLES}', "low, moderate, high"),
        (f'[[category]]\nname = "ORION"\nlabel = "OTHER"\n{SAMPLES}', "label must be"),
        (f'[[category]]\nname = "ORION"\n{SAMPLES}[category.file]', "file needs"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(text, said):
    with pytest.raises(CategoryProblem, match=said) as caught:
        read(text)
    assert "secret sample" not in str(caught.value)


def test_more_than_twenty_thousand_terms_are_refused():
    terms = ", ".join(f'"term{n}"' for n in range(20_001))
    with pytest.raises(CategoryProblem, match="20,001"):
        one(f"[category.terms]\nterms = [{terms}]")
