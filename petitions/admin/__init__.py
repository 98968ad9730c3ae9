"""The organizers' workspace. Importing it registers what stands in it."""

from petitions.admin import letters, operations, workplaces

__all__ = ["letters", "operations", "workplaces"]
