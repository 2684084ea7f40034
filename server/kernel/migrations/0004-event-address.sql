-- From where a change was made: the address of the caller, for the audit of a base. The feed of changes does not show it.
alter table kernel.events add column address text;
