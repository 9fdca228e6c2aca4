"""Committees: models of several candidates and splits that predict together."""
