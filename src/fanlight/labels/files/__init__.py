"""Files to text: plain ones decoded here, all others in a sandboxed worker process."""

from fanlight.labels.files.readers import FileText, Readers

__all__ = ["FileText", "Readers"]
