"""May it trade? Limits, modes, the gate and the room that open orders hold."""
