"""Where journals and checkpoints are kept."""
