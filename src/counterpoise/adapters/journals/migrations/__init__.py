"""How did the journal's tables come to be as they are? One revision a change, forward and back."""
