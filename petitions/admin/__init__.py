"""The organizers' workspace. Importing it registers what stands in it."""

from petitions.admin import letters, workplaces

__all__ = ["letters", "workplaces"]
