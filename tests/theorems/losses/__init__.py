"""Laws of losses, kept and broken."""
