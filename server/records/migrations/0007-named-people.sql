-- Persons that cells of a base may name: whoever could get at it while something was computed, or stands in its rows. Formulas go
-- on to show their names when they have left.
create table records.named_people (
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  user_id text collate "C" not null,
  primary key (base_id, user_id)
);
