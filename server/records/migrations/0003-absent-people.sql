-- Persons that an imported base names and who have no account here: kept so that the base can be exported again as it came.
create table records.absent_people (
  base_id text collate "C" not null references records.bases (id) on delete cascade,
  user_id text collate "C" not null,
  email text not null,
  name text not null,
  primary key (base_id, user_id)
);
