"""Custom categories, what reviewers said of labels, and what each ruleset held."""

from alembic import op

from fanlight.state.schema import custom_categories, label_feedback, rulesets

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The first migration makes every table of a new database; an older one gets these here.
    for table in (custom_categories, label_feedback, rulesets):
        table.create(op.get_bind(), checkfirst=True)
