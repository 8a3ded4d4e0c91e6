"""Where do ledger and venue differ, why, and what would make them agree?"""
