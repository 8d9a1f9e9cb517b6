"""What is served below objects, and the resources that are questions: routes, Pod operations, scale, reviews."""
