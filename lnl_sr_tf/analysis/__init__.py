"""Figures and tables from what runs have left in their folders."""
