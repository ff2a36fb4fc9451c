"""What `ant` costs: start-up and a whole answer, beside the interpreter, raw clients, `llm` and `sgpt`."""
