-- An entry that was cut from others: its rows are in no other of them, and few enough for one transaction.
alter table records.backlog add column piece boolean not null default false;
