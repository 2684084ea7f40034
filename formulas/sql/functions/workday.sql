-- Working days: Monday to Friday without holidays. Days are counted from 1970-01-01, a Thursday.

-- 0 is Monday.
create or replace function formula.day_of_week(day int) returns int
language sql immutable parallel safe cost 2
return ((day + 3) % 7 + 7) % 7;

create or replace function formula.day_of(d timestamptz) returns int
language sql immutable parallel safe cost 2
return floor(formula.milliseconds(d) / 86400000)::int;

-- Days that are no working days, in order, from a text of ISO dates with commas between; what is no date is passed over.
create or replace function formula.holidays(t text) returns int[]
language plpgsql immutable strict parallel safe as $$
begin
  if t = '' then
    return '{}';
  end if;
  return array(
    select distinct day
    from (
      select formula.day_number(greatest(p[1]::int, 1), 1, 1)
          - case when p[1]::int = 0 then 366 else 0 end
          + make_date(2000 + p[1]::int % 400, p[2]::int, 1) - make_date(2000 + p[1]::int % 400, 1, 1) + p[3]::int - 1 as day
      from unnest(string_to_array(t, ',')) as part
      cross join lateral regexp_match(formula.trim(part), '^([0-9]{4})-([0-9]{2})-([0-9]{2})') as p
      where p[2]::int between 1 and 12
        and p[3]::int between 1 and date_part('day', make_date(2000 + p[1]::int % 400, p[2]::int, 1) + interval '1 month - 1 day')
    ) as days
    where formula.day_of_week(day) < 5
    order by day
  );
end $$;

-- NULL when the date leaves the range of dates.
create or replace function formula.workday(d timestamptz, n float8, holidays text) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  open int;
  way int := case when n < 0 then -1 else 1 end;
  start int;
  base int;
  target int;
  closed int[];
  one int;
begin
  if not (abs(n) <= 2700000) or not formula.is_date(d) then
    return null;
  end if;
  open := abs(trunc(n))::int;
  if open = 0 then
    return d;
  end if;
  start := formula.day_of(d);
  -- From a weekend one counts as from the working day behind it.
  base := start;
  if formula.day_of_week(base) > 4 then
    base := base + case when way > 0 then 4 - formula.day_of_week(base) else 7 - formula.day_of_week(base) end;
  end if;
  closed := formula.holidays(holidays);
  target := formula.weekdays_after(base, open * way);
  if way > 0 then
    foreach one in array closed loop
      if one > start and one <= target then
        open := open + 1;
        target := formula.weekdays_after(base, open);
      end if;
    end loop;
  else
    for place in reverse cardinality(closed)..1 loop
      if closed[place] < start and closed[place] >= target then
        open := open + 1;
        target := formula.weekdays_after(base, -open);
      end if;
    end loop;
  end if;
  return formula.date_at(formula.milliseconds(d) + (target - start) * 86400000::float8);
end $$;

-- The weekday that is so many weekdays after another.
create or replace function formula.weekdays_after(day int, count int) returns int
language plpgsql immutable strict parallel safe as $$
declare
  rest int := count % 5;
  place int := formula.day_of_week(day) + rest;
begin
  return day + count / 5 * 7 + rest + case when place > 4 then 2 when place < 0 then -2 else 0 end;
end $$;

create or replace function formula.workday_diff(a timestamptz, b timestamptz, holidays text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  first int;
  last int;
  days int;
  worked int;
begin
  if not (formula.is_date(a) and formula.is_date(b)) then
    return null;
  end if;
  first := formula.day_of(least(a, b));
  last := formula.day_of(greatest(a, b));
  days := last - first + 1;
  worked := days / 7 * 5;
  for day in last - days % 7 + 1..last loop
    worked := worked + (formula.day_of_week(day) < 5)::int;
  end loop;
  if holidays <> '' then
    worked := worked - (select count(*) from unnest(formula.holidays(holidays)) as closed where closed between first and last);
  end if;
  return case when b < a and first <> last then -worked else worked end;
end $$;
