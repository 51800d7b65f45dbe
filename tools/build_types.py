"""Write the TypeScript twin of `fanlight.server.schema` to `ui/src/api/types.ts`.

`python tools/build_types.py` writes it; a test holds the committed file against `typescript()`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fanlight.server import schema
from fanlight.server.pages import page_kinds

TARGET = Path(__file__).resolve().parent.parent / "ui" / "src" / "api" / "types.ts"
_SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return str(node["$ref"]).rsplit("/", 1)[-1]
    if "const" in node:
        return f'"{node["const"]}"'
    if "enum" in node:
        return " | ".join(f'"{value}"' for value in node["enum"])
    union = node.get("anyOf") or node.get("oneOf")
    if union:
        return " | ".join(_type(each) for each in union)
    if node.get("type") == "array":
        inner = _type(node["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if node.get("type") == "object":
        return f"Record<string, {_type(node['additionalProperties'])}>"
    return _SIMPLE[node["type"]]


def typescript() -> str:
    """All view models as exported TypeScript types, in the order of their names."""
    named = [getattr(schema, name) for name in schema.__all__ if name != "View"]
    named += [kind.view for kind in page_kinds().values()]
    found = [each for each in named if isinstance(each, type)]  # names of unions are written where they are used
    requests = [each for each in found if each.__name__.endswith("Request")]
    models: list[tuple[type[BaseModel], Any]] = [
        (each, "validation" if each in requests else "serialization") for each in found
    ]
    _, bundle = models_json_schema(models, ref_template="#/{model}")
    lines = ["// Written by tools/build_types.py from fanlight/server/schema. Do not edit.", ""]
    for name, node in sorted(bundle["$defs"].items()):
        required = set(node.get("required", ())) if name.endswith("Request") else set(node.get("properties", ()))
        lines.append(f"export type {name} = {{")
        for key, value in node.get("properties", {}).items():
            lines.append(f"  {key}{'' if key in required else '?'}: {_type(value)};")
        lines += ["};", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(typescript(), encoding="utf-8")
    sys.stdout.write(f"wrote {TARGET.name}\n")
