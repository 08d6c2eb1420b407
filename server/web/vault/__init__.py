"""The vault: each caller's own vendor keys, entered once on a page of ours, and kept encrypted."""
