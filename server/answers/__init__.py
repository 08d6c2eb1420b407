"""What a call came to, as a reader gets it: text and structure, within a budget."""
