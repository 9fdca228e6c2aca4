"""What measurements mean: claims, sizes that matter, findings, open questions."""
