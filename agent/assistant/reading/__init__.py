"""Read a question without a language model: slots by grammar, intent by two readers that must agree."""
