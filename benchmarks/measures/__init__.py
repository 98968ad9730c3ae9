"""One function for each line of the table, or for a few that are measured together."""
