"""The interface is written against the server's own models."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

from fanlight.server import schema

ROOT = Path(__file__).resolve().parents[2]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_types_are_those_of_the_schema() -> None:
    build_types = _tool("build_types")
    written = (ROOT / "ui" / "src" / "api" / "types.ts").read_text(encoding="utf-8")
    assert written == build_types.typescript(), "run: python tools/build_types.py"


def test_every_model_has_a_type() -> None:
    text = (ROOT / "ui" / "src" / "api" / "types.ts").read_text(encoding="utf-8")
    for name in schema.__all__:
        if name != "View" and isinstance(getattr(schema, name), type):
            assert f"export type {name} = {{" in text


def test_the_npm_lock_file_holds_no_addresses_and_exact_versions() -> None:
    lock = (ROOT / "ui" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert all(entry.get("integrity") for name, entry in packages.items() if name)
    wanted = json.loads((ROOT / "ui" / "package.json").read_text(encoding="utf-8"))
    for version in {**wanted["dependencies"], **wanted["devDependencies"]}.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    mantine = {v for name, v in wanted["dependencies"].items() if name.startswith("@mantine/")}
    assert len(mantine) == 1


def test_a_changed_source_means_a_new_build(tmp_path: Path) -> None:
    build_ui = _tool("build_ui")
    ui, out = tmp_path / "ui", tmp_path / "static"
    (ui / "src").mkdir(parents=True)
    (ui / "node_modules").mkdir()
    out.mkdir()
    (ui / "src" / "a.ts").write_text("1")
    first = build_ui.hash_sources(ui)
    (out / "index.html").write_text("built")
    (out / ".source-hash").write_text(first + "\n")
    assert build_ui.is_fresh(first, out)
    (ui / "node_modules" / "noise.js").write_text("not a source")
    assert build_ui.hash_sources(ui) == first
    (ui / "src" / "a.ts").write_text("2")
    assert not build_ui.is_fresh(build_ui.hash_sources(ui), out)
    (out / "index.html").unlink()
    assert not build_ui.is_fresh(first, out)
