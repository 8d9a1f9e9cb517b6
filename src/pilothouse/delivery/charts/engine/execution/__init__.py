"""Running compiled templates: faults with positions, field access, calls, budgets and the template set."""
