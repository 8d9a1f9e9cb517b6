"""Rules of what changes how many Pods there may be: autoscalers, their metrics, and disruption budgets."""
