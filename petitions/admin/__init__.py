"""The organizers' workspace. Importing it registers what stands in it."""

from petitions.admin import census, letters, operations, workplaces

__all__ = ["census", "letters", "operations", "workplaces"]
