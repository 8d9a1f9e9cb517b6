"""Rules of the batch group: Jobs, their failure and success policies, their indexes and status, and CronJobs."""
