"""How something is changed: preview, consent, limits, journal, and the way back."""
