"""The methods as pure tensor maths: they know no file, no settings, no database."""
