"""Let a prediction say how sure it is: a range, the labels that it does not rule out, and its operating point's name.

Predictions that are there already say none of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; SQLite does so in place, and the triggers that keep predictions stay."""
    for name in ("pneumonia_low", "pneumonia_high"):
        op.add_column("prediction", sa.Column(name, sa.Double()))
    op.add_column("prediction", sa.Column("not_ruled_out", sa.String()))
    op.add_column("prediction", sa.Column("operating_point", sa.String(), nullable=False, server_default=""))
