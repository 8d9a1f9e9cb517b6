"""Go template text: lexer, parser, tree and printer."""
