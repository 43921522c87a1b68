"""Figures, tables and theory from what runs have left in their folders."""
