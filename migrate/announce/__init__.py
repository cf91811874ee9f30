"""Telling each contact once, believably, where to find somebody, and noticing who has come."""
