-- What DATETIME_PARSE found by tokens, as a date.

create or replace function formula.days_in_year(y int) returns int
language sql immutable parallel safe cost 2
return 337 + formula.days_in_month(y, 2);

-- Year and day of the year of a week's day; NULL for weeks and days that do not exist.
create or replace function formula.day_of_week_info(parts jsonb, today date, locale jsonb) returns int[]
language plpgsql immutable strict parallel safe as $$
declare
  iso boolean := parts ?| '{GG,W,E}';
  dow int := case when iso then 1 else (locale -> 'week' -> 0)::int end;
  doy int := case when iso then 4 else (locale -> 'week' -> 1)::int end;
  current_week int[] := formula.week_of(today, dow, doy);
  year int;
  week int;
  weekday int;
  first date;
  day date;
begin
  year := coalesce((parts -> case when iso then 'GG' else 'gg' end)::int, (parts -> 'y')::int, current_week[1]);
  week := coalesce((parts -> case when iso then 'W' else 'w' end)::int, case when iso then 1 else current_week[2] end);
  if year not between 1 and 9999 then
    return null;
  end if;
  if iso then
    weekday := coalesce((parts -> 'E')::int, 1);
    if weekday not between 1 and 7 then
      return null;
    end if;
  elsif parts -> 'd' is not null then
    weekday := (parts -> 'd')::int;
    if weekday not between 0 and 6 then
      return null;
    end if;
  else
    weekday := coalesce((parts -> 'e')::int, 0) + dow;
    if (parts -> 'e')::int not between 0 and 6 then
      return null;
    end if;
  end if;
  -- The day that decides about the first week is in it.
  first := make_date(year, 1, 7 + dow - doy);
  first := first - (extract(dow from first)::int - dow + 7) % 7;
  if week < 1 or week > (formula.weeks_in_year(year, dow, doy)) then
    return null;
  end if;
  day := first + (week - 1) * 7 + (7 + weekday - dow) % 7;
  return array[extract(year from day)::int, extract(doy from day)::int];
end $$;

create or replace function formula.weeks_in_year(y int, dow int, doy int) returns int
language plpgsql immutable strict parallel safe as $$
declare
  first date := make_date(y, 1, 7 + dow - doy);
  next date := make_date(y + 1, 1, 7 + dow - doy);
begin
  first := first - (extract(dow from first)::int - dow + 7) % 7;
  next := next - (extract(dow from next)::int - dow + 7) % 7;
  return (next - first) / 7;
end $$;

-- What the text does not say comes from today, and from midnight.
create or replace function formula.date_of_parts(parts jsonb, today timestamptz, locale jsonb) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  local timestamp := timezone('UTC', today);
  y bigint := (parts -> 'y')::bigint;
  mo bigint := (parts -> 'M')::bigint;
  d bigint := (parts -> 'D')::bigint;
  ordinal int := (parts -> 'DDD')::int;
  found int[];
  defaulted boolean;
  h int := coalesce((parts ->> 'H')::int, 0);
  mi int := coalesce((parts -> 'm')::int, 0);
  s int := coalesce((parts -> 's')::int, 0);
  ms int := coalesce((parts -> 'S')::int, 0);
begin
  if parts -> 'x' is not null then
    -- The rest of the text decides nothing, but must not be nonsense either.
    if mo not between 0 and 11 or d < 1 or h not between 0 and 24 or mi > 59 or s > 59
      or (h = 24 and (parts -> 'm' is distinct from '0' or parts -> 's' is distinct from '0' or parts -> 'S' is distinct from '0')) then
      return null;
    end if;
    return formula.date_at(floor((parts -> 'x')::float8));
  end if;
  if parts -> 'week' is not null and d is null and mo is null then
    found := formula.day_of_week_info(parts, local::date, locale);
    if found is null then
      return null;
    end if;
    y := found[1];
    ordinal := found[2];
  end if;
  if ordinal is not null then
    y := coalesce(y, date_part('year', local)::int);
    if y not between 1 and 9999 or ordinal not between 1 and formula.days_in_year(y::int) then
      return null;
    end if;
    mo := extract(month from make_date(y::int, 1, 1) + ordinal - 1) - 1;
    d := extract(day from make_date(y::int, 1, 1) + ordinal - 1);
    y := case when parts -> 'y' is null and found is null then null else y end;
  end if;
  defaulted := y is null or mo is null or d is null;
  if y is null then
    y := date_part('year', local);
    if mo is null then
      mo := date_part('month', local) - 1;
      d := coalesce(d, date_part('day', local)::int);
    end if;
  end if;
  mo := coalesce(mo, 0);
  d := coalesce(d, 1);
  if y not between 0 and 10000 or mo not between 0 and 11 or d < 1 or d > formula.days_in_month(y::int, mo::int + 1)
    or h > 24 or (h = 24 and (mi <> 0 or s <> 0 or ms <> 0)) or mi > 59 or s > 59 then
    return null;
  end if;
  if parts -> 'd' is not null and not defaulted
    -- 24:00 is on the day after, and that is the one whose name is compared.
    and (extract(dow from make_date(2000 + y::int % 400, mo::int + 1, d::int)) + h / 24)::int % 7 <> (parts -> 'd')::int then
    return null;
  end if;
  return formula.date_at(
    (make_date(2000 + y::int % 400, mo::int + 1, d::int) - date '1970-01-01' + (y - 2000 - y % 400) / 400 * 146097) * 86400000::float8
    + h * 3600000 + mi * 60000 + s * 1000 + ms - coalesce((parts -> 'Z')::int, 0) * 60000
  );
end $$;

-- NULL when the text is no date in that format. The empty format leaves it to the text how it is written.
create or replace function formula.datetime_parse(t text, format text, locale text, now timestamptz) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  data jsonb;
  parts jsonb;
begin
  if octet_length(format) > 2000 or not formula.is_date(now) then
    return null;
  elsif format = '' then
    return formula.datetime_parse(t);
  end if;
  data := formula.locale(locale);
  -- Only the beginning can matter: a format of a few tokens reads no further.
  parts := formula.parsed_parts(left(t, 10000), format, data);
  if parts -> 'bad' is not null then
    return null;
  end if;
  return formula.date_of_parts(parts, now, data);
end $$;
