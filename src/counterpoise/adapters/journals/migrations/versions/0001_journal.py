"""Entries that are only ever added, and the checkpoints beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# For each database: an entry is never changed, never removed, and comes right after the one before it.
# The last also refuses `INSERT OR REPLACE`, which removes rows without asking the delete trigger.
TRIGGERS = {
    "sqlite": (
        """
        CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
        BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END
        """,
        """
        CREATE TRIGGER entries_never_go BEFORE DELETE ON entries
        BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END
        """,
        """
        CREATE TRIGGER entries_follow BEFORE INSERT ON entries
        WHEN NEW.sequence IS NOT 1 + coalesce((SELECT max(sequence) FROM entries WHERE account = NEW.account), 0)
          OR EXISTS (SELECT 1 FROM entries WHERE account = NEW.account AND fact_id = NEW.fact_id)
        BEGIN SELECT RAISE(ABORT, 'journal entries follow one another, each fact once'); END
        """,
    )
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    op.create_table(
        "entries",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("fact_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("occurred_at", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("causation_id", sa.Text, nullable=False),
        sa.Column("instrument", sa.Text),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("account", "sequence"),
        sa.UniqueConstraint("account", "fact_id"),
        sa.CheckConstraint("sequence >= 1"),
        sa.CheckConstraint("length(seal) = 32"),
    )
    op.create_index("entries_by_kind", "entries", ["account", "kind", "sequence"])
    moves = sa.text("instrument IS NOT NULL")
    op.create_index(
        "entries_by_instrument",
        "entries",
        ["account", "instrument", "sequence"],
        sqlite_where=moves,
        postgresql_where=moves,
    )
    op.create_table(
        "checkpoints",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    for trigger in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(trigger)


def downgrade() -> None:
    """Remove everything; a table's triggers and indexes go with it."""
    op.drop_table("checkpoints")
    op.drop_table("entries")
