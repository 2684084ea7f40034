-- Dates are instants with milliseconds, read in UTC whatever the session's zone is. Years 1 to 9999.

-- True for the dates that there are; others can only come from elsewhere.
create or replace function formula.is_date(d timestamptz) returns boolean
language sql immutable parallel safe cost 1
return d between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00';

create or replace function formula.date_text(d timestamptz) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return to_char(timezone('UTC', d), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
end $$;

create or replace function formula.datestr(d timestamptz) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return to_char(timezone('UTC', d), 'YYYY-MM-DD');
end $$;

create or replace function formula.timestr(d timestamptz) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return to_char(timezone('UTC', d), 'HH24:MI:SS');
end $$;

create or replace function formula.year(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return date_part('year', timezone('UTC', d));

create or replace function formula.month(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return date_part('month', timezone('UTC', d));

create or replace function formula.day(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return date_part('day', timezone('UTC', d));

create or replace function formula.hour(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return date_part('hour', timezone('UTC', d));

create or replace function formula.minute(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return date_part('minute', timezone('UTC', d));

create or replace function formula.second(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return floor(date_part('second', timezone('UTC', d)));

-- Whole milliseconds since 1970. A double of seconds is a few microseconds off, which must not lose a millisecond.
create or replace function formula.milliseconds(d timestamptz) returns float8
language sql immutable parallel safe cost 2
return floor(date_part('epoch', timezone('UTC', d)) * 1000 + 0.02);

-- The date that is so many milliseconds from 1970, or NULL when dates do not reach it.
create or replace function formula.date_at(ms float8) returns timestamptz
language plpgsql immutable strict parallel safe as $$
begin
  if not (ms between -62135596800000 and 253402300799999) then
    return null;
  end if;
  return timestamptz '1970-01-01 00:00:00+00'
    + make_interval(secs => floor(ms / 1000))
    + make_interval(secs => (ms - floor(ms / 1000) * 1000) / 1000);
end $$;

-- Days since 1970 of a year, month and day that exist.
create or replace function formula.day_number(y int, m int, d int) returns int
language sql immutable parallel safe cost 2
return make_date(y, m, d) - date '1970-01-01';

create or replace function formula.days_in_month(y int, m int) returns int
language sql immutable parallel safe cost 2
return case
  when m = 2 then 28 + ((y % 4 = 0 and y % 100 <> 0) or y % 400 = 0)::int
  when m in (4, 6, 9, 11) then 30
  else 31
end;

-- The unit that a text names: long words in any case and number, short ones exactly.
create or replace function formula.unit(t text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  word text := lower(t collate "C");
begin
  return case t
    when 'ms' then 'millisecond' when 's' then 'second' when 'm' then 'minute' when 'h' then 'hour' when 'd' then 'day'
    when 'w' then 'week' when 'M' then 'month' when 'Q' then 'quarter' when 'y' then 'year'
    else case case when right(word, 1) = 's' then left(word, -1) else word end
      when 'day' then 'day' when 'millisecond' then 'millisecond' when 'second' then 'second' when 'minute' then 'minute'
      when 'hour' then 'hour' when 'week' then 'week' when 'month' then 'month' when 'quarter' then 'quarter'
      when 'year' then 'year'
    end
  end;
end $$;

-- Milliseconds of a unit that is always equally long; NULL for the others.
create or replace function formula.unit_milliseconds(unit text) returns float8
language sql immutable parallel safe cost 2
return case unit
  when 'day' then 86400000 when 'second' then 1000 when 'minute' then 60000 when 'hour' then 3600000
  when 'week' then 604800000 when 'millisecond' then 1
end::float8;

create or replace function formula.add_months(d timestamptz, months float8) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  local timestamp := timezone('UTC', d);
begin
  if not (abs(months) <= 120000) or date_part('year', local) * 12 + date_part('month', local) + months not between 13 and 120000 then
    return null;
  end if;
  return timezone('UTC', local + make_interval(months => months::int));
end $$;

create or replace function formula.dateadd(d timestamptz, n float8, unit text) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  whole text := formula.unit(unit);
  size float8 := formula.unit_milliseconds(whole);
begin
  if not formula.is_date(d) or whole is null or not (abs(n) < 'Infinity') then
    return null;
  elsif size is null then
    return formula.add_months(
      d, formula.multiply(trunc(n), case whole when 'month' then 1 when 'quarter' then 3 else 12 end)
    );
  end if;
  return formula.date_at(formula.milliseconds(d) + formula.multiply(trunc(n), size));
end $$;

-- Months with a fraction, counted from the later date back, as moment.js does: what is left over is a part of a month.
create or replace function formula.months_between(a timestamptz, b timestamptz) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  left_local timestamp := timezone('UTC', a);
  right_local timestamp := timezone('UTC', b);
  spare timestamp;
  sense int := 1;
  whole int;
  anchor timestamp;
  next timestamp;
  beyond float8;
begin
  if date_part('day', left_local) < date_part('day', right_local) then
    spare := left_local;
    left_local := right_local;
    right_local := spare;
    sense := -1;
  end if;
  whole := (date_part('year', right_local) - date_part('year', left_local)) * 12
    + date_part('month', right_local) - date_part('month', left_local);
  anchor := left_local + make_interval(months => whole);
  beyond := date_part('epoch', right_local - anchor);
  next := left_local + make_interval(months => case when beyond < 0 then whole - 1 else whole + 1 end);
  return -sense * (whole + beyond / abs(date_part('epoch', next - anchor)));
end $$;

create or replace function formula.datetime_diff(a timestamptz, b timestamptz, unit text) returns float8
language plpgsql immutable parallel safe as $$
declare
  whole text := formula.unit(unit);
  size float8 := formula.unit_milliseconds(whole);
begin
  if whole is null then
    return null;
  elsif a is null or b is null or not formula.is_date(a) or not formula.is_date(b) then
    return 'NaN';
  elsif size is null then
    return trunc(formula.months_between(a, b) / case whole when 'month' then 1 when 'quarter' then 3 else 12 end) + 0;
  end if;
  return trunc((formula.milliseconds(a) - formula.milliseconds(b)) / size) + 0;
end $$;

create or replace function formula.is_before(a timestamptz, b timestamptz) returns boolean
language sql immutable parallel safe cost 2
return coalesce(a < b, false);

create or replace function formula.is_after(a timestamptz, b timestamptz) returns boolean
language sql immutable parallel safe cost 2
return coalesce(a > b, false);

-- The same instant when there is no unit, otherwise the same unit of the calendar; weeks begin on Sunday.
create or replace function formula.is_same(a timestamptz, b timestamptz, unit text) returns boolean
language plpgsql immutable parallel safe as $$
declare
  whole text := formula.unit(unit);
  size float8;
  span int;
  left_local timestamp;
  right_local timestamp;
begin
  if unit is null then
    return coalesce(a = b, false);
  elsif whole is null then
    return null;
  elsif a is null or b is null then
    return false;
  elsif not (formula.is_date(a) and formula.is_date(b)) then
    return a = b;
  end if;
  left_local := timezone('UTC', a);
  right_local := timezone('UTC', b);
  size := formula.unit_milliseconds(whole);
  if whole = 'week' then
    return floor((formula.milliseconds(a) / 86400000 + 4) / 7) = floor((formula.milliseconds(b) / 86400000 + 4) / 7);
  elsif size is not null then
    return floor(formula.milliseconds(a) / size) = floor(formula.milliseconds(b) / size);
  end if;
  span := case whole when 'month' then 1 when 'quarter' then 3 else 12 end;
  return date_part('year', left_local) = date_part('year', right_local)
    and floor((date_part('month', left_local) - 1) / span) = floor((date_part('month', right_local) - 1) / span);
end $$;

-- 0 for a week that begins on Sunday, 1 on Monday; NULL for any other word.
create or replace function formula.first_day(start text) returns int
language sql immutable parallel safe cost 2
return case lower(start collate "C") when 'sunday' then 0 when 'monday' then 1 end;

create or replace function formula.weekday(d timestamptz, start text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  first int := formula.first_day(start);
begin
  if first is null or not formula.is_date(d) then
    return null;
  end if;
  return (date_part('dow', timezone('UTC', d))::int - first + 7) % 7;
end $$;

-- Year and number of the week of a day. Weeks begin with day `dow`, and the week that holds January `7 + dow - doy` is week 1.
create or replace function formula.week_of(day date, dow int, doy int) returns int[]
language plpgsql immutable strict parallel safe as $$
declare
  deciding date := day - (extract(dow from day)::int - dow + 7) % 7 + doy - dow;
begin
  return array[extract(year from deciding)::int, (extract(doy from deciding)::int + 6) / 7];
end $$;

create or replace function formula.weeknum(d timestamptz, start text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  first int := formula.first_day(start);
  local timestamp := timezone('UTC', d);
  ordinal int;
begin
  if first is null or not formula.is_date(d) then
    return null;
  end if;
  -- The last day of the week: when it is in the next year, the week holds January 1.
  local := local + make_interval(days => 6 - (date_part('dow', local)::int - first + 7) % 7);
  ordinal := date_part('doy', local)::int;
  return (ordinal + 6) / 7;
end $$;

-- Whole minutes that a zone such as +05:30 is ahead of UTC; zones reach 15:59. NULL for what is none.
create or replace function formula.zone_minutes(zone text) returns int
language plpgsql immutable parallel safe as $$
declare
  hours int;
  minutes int;
begin
  if zone is null or lower(zone collate "C") in ('z', 'utc', 'gmt') then
    return 0;
  end if;
  hours := substr(zone, 2, 2)::int;
  minutes := right(zone, 2)::int;
  return case
    when hours > 15 or minutes > 59 then null
    else (hours * 60 + minutes) * case when left(zone, 1) = '-' then -1 else 1 end
  end;
end $$;

-- The instant of a written date, whose parts are digits or NULL; NULL for a day or a time that does not exist.
create or replace function formula.instant(y text, m text, d text, clock text[]) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
  year int := y::int;
  month int := m::int;
  day int := d::int;
  hour int := coalesce(clock[1], '0')::int;
  minute int := coalesce(clock[2], '0')::int;
  second int := coalesce(clock[3], '0')::int;
  shift int := formula.zone_minutes(clock[5]);
begin
  if year not between 1 and 9999 and not (year = 0 and month = 12 and day = 31) or month not between 1 and 12 or day < 1
    or day > formula.days_in_month(year, month) or hour > 23 or minute > 59 or second > 59 or shift is null then
    return null;
  end if;
  return formula.date_at(
    -- The last day of the year 0 can be in the year 1 once its zone is taken off.
    case when year = 0 then -719163.0::float8 else formula.day_number(year, month, day) end * 86400000
    + hour * 3600000 + minute * 60000 + second * 1000
    + left(rpad(coalesce(clock[4], ''), 3, '0'), 3)::int - shift * 60000
  );
end $$;

-- The date that a text is where a date is expected: ISO, with slashes, or month first with slashes.
create or replace function formula.text_date(t text) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  found_parts text[];
begin
  -- The two usual forms, without the cost of an expression with many groups.
  if t like '____-__-__' and translate(t, '0123456789', '') = '--' then
    return formula.instant(left(t, 4), substr(t, 6, 2), substr(t, 9, 2), '{}');
  elsif t like '____-__-__T__:__:__.___Z' and translate(t, '0123456789', '') = '--T::.Z' then
    return formula.instant(
      left(t, 4), substr(t, 6, 2), substr(t, 9, 2),
      array[substr(t, 12, 2), substr(t, 15, 2), substr(t, 18, 2), substr(t, 21, 3), 'Z']
    );
  end if;
  if octet_length(t) > 1000 and length(formula.trim(t)) > 100 then
    return null;
  end if;
  found_parts := regexp_match(
    formula.trim(t),
    '^([0-9]{4})(?:-([0-9]{2})-([0-9]{2})|/([0-9]{1,2})/([0-9]{1,2}))(?:[Tt ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?$'
  );
  if found_parts is not null then
    return formula.instant(
      found_parts[1], coalesce(found_parts[2], found_parts[4]), coalesce(found_parts[3], found_parts[5]), found_parts[6:10]
    );
  end if;
  found_parts := regexp_match(
    formula.trim(t),
    '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[Tt ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?$'
  );
  return formula.instant(found_parts[3], found_parts[1], found_parts[2], found_parts[4:8]);
end $$;

-- English dates and times with names of months; `clock` is hour, minute, second, am or pm, and zone.
create or replace function formula.spoken_instant(y text, month_name text, d text, clock text[]) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
  month int := (strpos('janfebmaraprmayjunjulaugsepoctnovdec', left(lower(month_name collate "C"), 3)) + 2) / 3;
  hour text := clock[1];
begin
  if clock[4] is not null then
    if clock[1]::int not between 1 and 12 then
      return null;
    end if;
    hour := clock[1]::int % 12 + case when lower(clock[4] collate "C") = 'pm' then 12 else 0 end;
  end if;
  return formula.instant(y, month::text, d, array[hour, clock[2], clock[3], null, clock[5]]);
end $$;

-- DATETIME_PARSE without a format: as text_date, RFC 2822, and English dates.
create or replace function formula.datetime_parse(t text) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  plain timestamptz := formula.text_date(t);
  trimmed text;
  parts text[];
begin
  if plain is not null then
    return plain;
  end if;
  trimmed := formula.trim(t);
  if octet_length(trimmed) > 500 then
    return null;
  end if;
  parts := regexp_match(trimmed, '(?i)^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.? +([0-9]{1,2})(?:st|nd|rd|th)?,? +([0-9]{4})(?:,? +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?(am|pm))?(?: ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?$');
  if parts is not null then
    return formula.spoken_instant(parts[3], parts[1], parts[2], parts[4:8]);
  end if;
  parts := regexp_match(trimmed, '(?i)^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?([0-9]{1,2})(?:st|nd|rd|th)?[ -]+(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?,?[ -]+([0-9]{4})(?:,? +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?(am|pm))?(?: ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?$');
  if parts is null then
    return null;
  end if;
  return formula.spoken_instant(parts[3], parts[2], parts[1], parts[4:8]);
end $$;

-- How far a date is from now, in English words without direction; the steps are those of moment.js.
create or replace function formula.fromnow(d timestamptz, now timestamptz) returns text
language plpgsql immutable strict parallel safe as $$
declare
  seconds float8;
  months float8;
begin
  if not (formula.is_date(d) and formula.is_date(now)) then
    return null;
  end if;
  seconds := abs(formula.milliseconds(d) - formula.milliseconds(now)) / 1000;
  months := (seconds / 86400) * (4800 / 146097::float8);
  return case
    when floor(seconds + 0.5) < 45 then 'a few seconds'
    when floor(seconds / 60 + 0.5) <= 1 then 'a minute'
    when floor(seconds / 60 + 0.5) < 45 then floor(seconds / 60 + 0.5) || ' minutes'
    when floor(seconds / 3600 + 0.5) <= 1 then 'an hour'
    when floor(seconds / 3600 + 0.5) < 22 then floor(seconds / 3600 + 0.5) || ' hours'
    when floor(seconds / 86400 + 0.5) <= 1 then 'a day'
    when floor(seconds / 86400 + 0.5) < 26 then floor(seconds / 86400 + 0.5) || ' days'
    when floor(months + 0.5) <= 1 then 'a month'
    when floor(months + 0.5) < 11 then floor(months + 0.5) || ' months'
    when floor(months / 12 + 0.5) <= 1 then 'a year'
    else floor(months / 12 + 0.5) || ' years'
  end;
end $$;
