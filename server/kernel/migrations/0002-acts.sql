-- The log of security-relevant acts. It may only grow: the role that Basalt signs in as adds rows and reads them, and nothing
-- else. So everything here belongs to a role without login, the keeper, which Basalt makes, uses in this file and then lets
-- go of. Where the server lets Basalt make no roles the triggers alone hold (docs/decisions: acts only grow).
select set_config('basalt.login', current_user, true);

do $$
declare
  -- One keeper a database: two instances on one server must not share it.
  keeper name := 'basalt_acts_' || substr(md5(gen_random_uuid()::text), 1, 12);
begin
  begin
    execute format('create role %I nologin', keeper);
    execute format('grant %I to current_user', keeper);
  exception
    when insufficient_privilege then keeper := current_user;
  end;
  execute format('create schema acts authorization %I', keeper);
  if keeper <> current_user then
    execute format('set local role %I', keeper);
  end if;
end
$$;

-- One row an act, written in the transaction of the act itself.
create table acts.entries (
  seq bigint generated always as identity,
  at timestamptz not null,
  act text collate "C" not null,
  outcome text not null check (outcome in ('ok', 'refused')),
  -- The code of the problem, where it was refused.
  reason text,
  actor_kind text not null check (actor_kind in ('user', 'system', 'anonymous')),
  actor_id text collate "C",
  actor_name text,
  credential_kind text check (credential_kind in ('session', 'key')),
  credential_id text collate "C",
  target_kind text,
  target_id text collate "C",
  target_name text,
  workspace_id text collate "C",
  base_id text collate "C",
  address text collate "C" not null,
  user_agent text not null,
  request_id text not null,
  source text not null,
  -- How many acts of the same kind this row tells of: refusals that come in numbers are counted together.
  times integer not null default 1 check (times > 0),
  details jsonb
) partition by range (at);
create index entries_by_seq on acts.entries (seq);
create index entries_by_actor on acts.entries (actor_id, seq) where actor_id is not null;
create index entries_by_target on acts.entries (target_id, seq) where target_id is not null;
create index entries_by_workspace on acts.entries (workspace_id, seq) where workspace_id is not null;
create index entries_by_base on acts.entries (base_id, seq) where base_id is not null;
create index entries_by_act on acts.entries (act, seq);
create table acts.entries_rest partition of acts.entries default;

-- What has been sealed: a digest of some rows of one month under a key that the database does not have, chained to the seal before.
create table acts.seals (
  id bigint generated always as identity,
  at timestamptz not null,
  month date not null,
  seqs int8multirange not null,
  entries integer not null,
  digest bytea not null,
  key_id text not null,
  previous bytea not null,
  mac bytea not null
) partition by range (month);
create index seals_by_id on acts.seals (id);
create table acts.seals_rest partition of acts.seals default;

create function acts.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the log of acts only grows' using errcode = 'insufficient_privilege';
end
$$;
create trigger only_grows before update or delete on acts.entries for each row execute function acts.refuse_change();
create trigger only_grows before update or delete on acts.seals for each row execute function acts.refuse_change();
create trigger never_emptied before truncate on acts.entries execute function acts.refuse_change();
create trigger never_emptied before truncate on acts.seals execute function acts.refuse_change();
create trigger never_emptied before truncate on acts.entries_rest execute function acts.refuse_change();
create trigger never_emptied before truncate on acts.seals_rest execute function acts.refuse_change();

-- Makes the partitions of one month. What lies in the default partition already stays there.
create function acts.make_month(month date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts date := date_trunc('month', month)::date;
  ends date := (date_trunc('month', month) + interval '1 month')::date;
  suffix text := to_char(starts, 'YYYYMM');
  parent text;
begin
  foreach parent in array array['entries', 'seals'] loop
    if to_regclass(format('acts.%I', parent || '_' || suffix)) is null then
      begin
        if parent = 'entries' then
          execute format('create table acts.%I partition of acts.entries for values from (%L) to (%L)',
            parent || '_' || suffix, starts::text || ' 00:00:00+00', ends::text || ' 00:00:00+00');
        else
          execute format('create table acts.%I partition of acts.seals for values from (%L) to (%L)',
            parent || '_' || suffix, starts, ends);
        end if;
        execute format('create trigger never_emptied before truncate on acts.%I execute function acts.refuse_change()',
          parent || '_' || suffix);
      exception
        when check_violation then null;
      end;
    end if;
  end loop;
end
$$;

-- The one way in which acts go: a whole month, which must lie thirty days back by the database's own clock.
create function acts.drop_month(month date) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  starts date := date_trunc('month', month)::date;
  suffix text := to_char(starts, 'YYYYMM');
  gone bigint := 0;
begin
  if starts + interval '1 month' > now() - interval '30 days' then
    raise exception 'acts are kept for thirty days at least' using errcode = 'insufficient_privilege';
  end if;
  if to_regclass(format('acts.%I', 'entries_' || suffix)) is not null then
    execute format('select count(*) from acts.%I', 'entries_' || suffix) into gone;
    execute format('drop table acts.%I', 'entries_' || suffix);
    execute format('drop table if exists acts.%I', 'seals_' || suffix);
  end if;
  return gone;
end
$$;

revoke all on function acts.make_month(date), acts.drop_month(date) from public;

do $$
declare
  login name := current_setting('basalt.login');
  keeper name := current_user;
begin
  execute format('grant usage on schema acts to %I', login);
  execute format('grant select on acts.entries, acts.seals to %I', login);
  -- Not the numbers: nobody puts a row between two others.
  execute format('grant insert (at, act, outcome, reason, actor_kind, actor_id, actor_name, credential_kind,
    credential_id, target_kind, target_id, target_name, workspace_id, base_id, address, user_agent, request_id, source,
    times, details) on acts.entries to %I', login);
  execute format('grant insert (at, month, seqs, entries, digest, key_id, previous, mac) on acts.seals to %I', login);
  execute format('grant execute on function acts.make_month(date), acts.drop_month(date) to %I', login);
  if keeper <> login then
    reset role;
    execute format('revoke %I from %I', keeper, login);
  end if;
end
$$;
