"""The words and rules of a language, as data: another language is another file."""
