"""The page in the chat: `delivery.html` with its scripts, and what it is sent to draw."""
