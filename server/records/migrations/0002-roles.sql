-- The role that has rights on this base's schema alone. Null where the server lets Basalt make no roles (managed PostgreSQL).
alter table records.bases add column role_name text;

-- Makes a role without login that this user can take on; answers false where the server does not let us.
create function records.make_role(wanted name) returns boolean
language plpgsql as $$
begin
  begin
    execute format('create role %I nologin', wanted);
  exception
    -- Roles belong to the whole cluster: another database of it may hold a copy of the same base.
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then return false;
  end;
  -- Since 16 making a role does not by itself give the right to take it on.
  if not pg_has_role(current_user, wanted,
    case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) then
    begin
      execute format('grant %I to current_user', wanted);
    exception
      when insufficient_privilege then return false;
    end;
  end if;
  return true;
end
$$;

-- Removes a role; leaves it where another database of the cluster still uses it.
create function records.drop_role(unwanted name) returns void
language plpgsql as $$
begin
  execute format('drop role if exists %I', unwanted);
exception
  when dependent_objects_still_exist or insufficient_privilege then null;
end
$$;

-- Statements that run as a base's role sort by kernel.natural_ci. Nothing else in that schema is open to it.
grant usage on schema kernel to public;
