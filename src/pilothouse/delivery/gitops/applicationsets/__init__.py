"""The controller of ApplicationSets.

`controller` has `looking` plan what to do about one ApplicationSet: `driving` carries its generators out by asking `repositories`
(Git), `members` (cluster Secrets, decisions), `plugins` and adapters.scm, and `checking` leaves out Applications that are not
valid. `writing` creates, changes and deletes; `rolling` asks for syncs step by step; `status` tells; `schedule` says when to look
again and which push it is about; `family` who belongs together; `departure` deletes in order; `assembling` puts all together.
"""
