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
    ),
    # ENABLE ALWAYS: also for a session that says it is a replica. TRUNCATE asks no row, so statements are refused.
    "postgresql": (
        """
        CREATE FUNCTION entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'journal entries are never %', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE FUNCTION entries_follow() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            tail record;
        BEGIN
            SELECT sequence, epoch INTO tail FROM entries WHERE account = NEW.account ORDER BY sequence DESC LIMIT 1;
            IF NEW.sequence <> 1 + coalesce(tail.sequence, 0) OR NEW.epoch < coalesce(tail.epoch, 1) THEN
                RAISE EXCEPTION 'journal entries follow one another, each fact once'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
        FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse('changed')
        """,
        """
        CREATE TRIGGER entries_never_go BEFORE DELETE OR TRUNCATE ON entries
        FOR EACH STATEMENT EXECUTE FUNCTION entries_refuse('deleted')
        """,
        """
        CREATE TRIGGER entries_follow BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION entries_follow()
        """,
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_never_change",
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_never_go",
        "ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_follow",
    ),
}

# Sorted by code point on every server, as here; what a language says of order does not matter to names.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    op.create_table(
        "entries",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("fact_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("schema", sa.Integer, nullable=False),
        sa.Column("occurred_at", TEXT, nullable=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("correlation_id", TEXT, nullable=False),
        sa.Column("causation_id", TEXT, nullable=False),
        sa.Column("instrument", TEXT),
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
        sa.Column("account", TEXT, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("state_version", sa.Integer, nullable=False),
        sa.Column("code_version", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    for trigger in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(trigger)


def downgrade() -> None:
    """Remove everything; a table's triggers and indexes go with it, PostgreSQL's functions do not."""
    op.drop_table("checkpoints")
    op.drop_table("entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION entries_refuse()")
        op.execute("DROP FUNCTION entries_follow()")
