"""What Drumbeat is measured against: the least that one can write with the same SDK, and FastMCP."""
