"""`fanlight label`: lines in, lines out, nothing stored."""

import json

import cyclopts
import pytest

from fanlight.cli.label import register


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    monkeypatch.setenv("FANLIGHT_HOME", str(tmp_path / "home"))
    app = cyclopts.App()
    register(app)

    def call(*arguments):
        code = app(["label", *map(str, arguments)], result_action="return_value")
        out, error = capfdbinary.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], error.decode()

    return call


def test_lines_of_json(run, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": "a", "text": "SSN 781-05-5433"}\n{"id": 2, "text": "nothing here"}\n')
    code, rows, error = run("--jsonl", file)
    assert (code, error) == (0, "")
    assert rows[0]["id"] == "a"
    assert set(rows[0]["labels"]) == {"GOV_ID", "PII"}
    assert [(s["start"], s["end"], s["type"], s["kind"]) for s in rows[0]["spans"]] == [
        (4, 15, "NATIONAL_ID", "US_SSN")
    ]
    assert rows[1] == {"id": 2, "labels": {}, "spans": []}


def test_a_bad_line_is_named_and_the_others_are_done(run, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": "a", "text": "x"}\nnot json\n{"id": "b"}\n{"id": "c", "text": "y"}\n')
    code, rows, error = run("--jsonl", file)
    assert code == 2
    assert [row["id"] for row in rows] == ["a", "c"]
    assert "line 2" in error
    assert "line 3" in error


def test_a_missing_file_is_one_sentence(run, tmp_path):
    code, rows, error = run("--jsonl", tmp_path / "absent.jsonl")
    assert (code, rows) == (2, [])
    assert error.count("\n") == 1
    assert "absent.jsonl" in error


def test_documents(run, tmp_path):
    good, bad = tmp_path / "a.txt", tmp_path / "b.png"
    good.write_text("mail anna@example.com")
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    code, rows, _ = run(good, bad, "--format", "jsonl")
    assert code == 2
    assert rows[0]["labels"]["PII"] == 0.95
    assert "anna" not in json.dumps(rows[0])
    assert "image" in rows[1]["could_not_read"]


def test_only_compiled_patterns_are_written(run, tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": "a", "text": "my secret is Sunflower-Ops87"}\n')
    run("--jsonl", file)
    written = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert [path.suffix for path in written] == [".db"]
    assert b"Sunflower" not in written[0].read_bytes()
