"""Repairs: choosing those that go together, making them until nothing changes, writing the files."""
