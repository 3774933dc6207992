"""Reading the question with a language model: LangChain's agent over the same tools, within limits."""
