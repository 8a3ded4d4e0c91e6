"""The loop that strings the stages: commands in, facts and effects out."""
