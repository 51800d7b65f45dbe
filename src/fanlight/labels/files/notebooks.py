"""Text of notebooks: sources, printed results and attachments' names of all cells."""

from __future__ import annotations

import orjson

from fanlight.labels.files.markup import text_of_html

__all__ = ["text_of_notebook"]


def text_of_notebook(data: bytes, reasons: list[str]) -> str | None:
    """Sources and results of the cells; None where it is no notebook."""
    try:
        cells = orjson.loads(data)["cells"]
        texts: list[str] = []
        for cell in cells:
            texts.append(_joined(cell.get("source", "")))
            for output in cell.get("outputs", ()):
                texts += [_joined(output.get("text", "")), _joined(output.get("traceback", ""))]
                texts += _shown(output.get("data", {}), reasons)
            for attached in cell.get("attachments", {}).values():
                texts += _shown(attached, reasons)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    return "\n\n".join(text for text in texts if text)


def _joined(source: object) -> str:
    return source if isinstance(source, str) else "".join(part for part in source if isinstance(part, str))  # type: ignore[attr-defined]


def _shown(data: dict[str, object], reasons: list[str]) -> list[str]:
    """A result in its plain form, or as a page where there is no other."""
    if any(kind.startswith("image/") for kind in data) and "pictures inside it were not read" not in reasons:
        reasons.append("pictures inside it were not read")
    if "text/plain" in data and "text/html" not in data:
        return [_joined(data["text/plain"])]
    if "text/html" in data:  # tables are cut in the plain form
        return [text_of_html(_joined(data["text/html"])), _joined(data.get("text/plain", ""))]
    return [_joined(value) for kind, value in data.items() if kind.startswith("text/") or kind.endswith("json")]
