"""Reports: the period they are of, their figures in words, as a page, a table, JSON, and charts."""
