"""The exchange form: events, findings, labels and posture answers as documents of the OCSF schema, version 1.8.

Storage keeps the vendors' own names and our families; this is a skin over them. What each type becomes is data in
`catalog/ocsf`; the code only knows what each class demands.
"""

from fanlight.ocsf.conclusions import finding_document, label_document, posture_document
from fanlight.ocsf.documents import event_document

__all__ = ["event_document", "finding_document", "label_document", "posture_document"]
