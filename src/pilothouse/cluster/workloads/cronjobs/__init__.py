"""CronJobs: create a Job at each moment of a schedule.

Five-field cron lines with names, ranges, steps and `@daily` forms, in a time zone; concurrencyPolicy, startingDeadlineSeconds,
suspend and the history limits are honoured.
"""
