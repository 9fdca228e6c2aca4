"""What single columns give away: identifiers, the target, preparation on all rows."""
