-- DATETIME_FORMAT: dates as text in the tokens of moment.js, in a zone and a locale.

create or replace function formula.valid_zone(name text) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return case when formula.zone(name) is not null then true end;
end $$;

-- Minutes that a zone is ahead of UTC at an instant. NULL for what is no zone.
create or replace function formula.zone_offset(d timestamptz, name text) returns int
language plpgsql immutable strict parallel safe as $$
declare
  zone jsonb := formula.zone(name);
begin
  if zone is null or not formula.is_date(d) then
    return null;
  end if;
  return floor(date_part('epoch', timezone(coalesce(zone ->> 'as', name), d) - timezone('UTC', d)) / 60 + 0.5);
end $$;

-- As English writes a zone at an instant: EST, or GMT+5:30.
create or replace function formula.zone_abbreviation(d timestamptz, name text, minutes int) returns text
language plpgsql immutable strict parallel safe as $$
declare
  eras jsonb := formula.zone(name) -> 'short';
  place int := jsonb_array_length(eras) - 1;
begin
  while place > 0 and (eras -> place -> 0)::float8 * 1000 > formula.milliseconds(d) loop
    place := place - 1;
  end loop;
  return coalesce(
    eras -> place -> 1 ->> minutes::text,
    case
      when minutes = 0 then 'GMT'
      else 'GMT' || case when minutes < 0 then '-' else '+' end || abs(minutes) / 60
        || case when minutes % 60 = 0 then '' else ':' || lpad((abs(minutes) % 60)::text, 2, '0') end
    end
  );
end $$;

-- Fills with zeros in front; a longer number stays whole.
create or replace function formula.filled(n float8, length int) returns text
language plpgsql immutable strict parallel safe as $$
declare
  digits text := abs(n)::bigint;
begin
  return case when n < 0 then '-' else '' end || lpad(digits, greatest(length, length(digits)), '0');
end $$;

-- A name in the form that the format asks for.
create or replace function formula.name_in(forms jsonb, index int, format text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  form jsonb;
begin
  if jsonb_array_length(forms) = 1 then
    return forms -> 0 -> 1 ->> index;
  end if;
  for form in select value from jsonb_array_elements(forms) loop
    if form ->> 0 = '' or format ~ (form ->> 0) then
      return form -> 1 ->> index;
    end if;
  end loop;
  return null;
end $$;

create or replace function formula.ordinal(locale jsonb, n int, token text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  rule jsonb := coalesce(locale -> 'ordinal' -> token, locale -> 'ordinal' -> '*');
  letters text;
  place int := n;
begin
  if jsonb_typeof(rule) = 'string' then
    return replace(rule #>> '{}', '%', n::text);
  end if;
  letters := rule ->> 1;
  if place >= length(letters) then
    place := 100 + place % 100;
  end if;
  return replace(rule -> 0 ->> ascii(substr(letters, place + 1, 1)) - 97, '%', n::text);
end $$;

create or replace function formula.meridiem(locale jsonb, hour int, minute int, small boolean) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return locale -> 'meridiem' -> 0
    ->> ascii(substr(locale -> 'meridiem' ->> case when small then 2 else 1 end, hour * 2 + minute / 30 + 1, 1)) - 97;
end $$;

-- Writes out L, LT and their like, which stand for formats of the locale.
create or replace function formula.expanded_format(format text, locale jsonb) returns text
language plpgsql immutable strict parallel safe as $$
declare
  expanded text := format;
  before text;
begin
  for round in 1..6 loop
    exit when expanded !~ '[Ll]' or expanded = before;
    before := expanded;
    expanded := (
      select string_agg(
        coalesce(locale -> 'long' ->> array_position('{LT,LTS,L,LL,LLL,LLLL,l,ll,lll,llll}'::text[], part[1]) - 1, part[1]), '')
      from regexp_matches(before, '\[[^\[]*\]|\\?(?:LTS|LT|L{1,4}|l{1,4})|[^\[\\Ll]+|.', 'g') as part
    );
  end loop;
  return expanded;
end $$;

create or replace function formula.format_tokens(format text) returns text[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(
    select part[1] from regexp_matches(
      format,
      '\[[^\[]*\]|\\e|eHHmm|\\?(?:[Hh]mm(?:ss)?|Mo|M{1,4}|Do|DDDo|D{1,4}|d{2,4}|do?|w[o|w]?|W[o|W]?|Qo?|N{1,5}|YYYYYY|YYYYY|YYYY|YY|y{2,4}|yo?|g{4,5}|gg|G{4,5}|GG|e|E|a|A|hh?|HH?|kk?|mm?|ss?|S{1,9}|x|X|zz?|ZZ?|.)',
      'g') as part
  );
end $$;

-- Token by token. `shift` is how many minutes the zone is ahead, `abbreviation` how it is written.
create or replace function formula.format_by_tokens(d timestamptz, format text, shift int, abbreviation text, locale jsonb)
returns text
language plpgsql immutable strict parallel safe as $$
declare
  local timestamp := timezone('UTC', d) + make_interval(mins => shift);
  year int := date_part('year', local);
  month int := date_part('month', local);
  day int := date_part('day', local);
  hour int := date_part('hour', local);
  minute int := date_part('minute', local);
  second int := floor(date_part('second', local));
  ms int := formula.milliseconds(d) - floor(formula.milliseconds(d) / 1000) * 1000;
  dow int := date_part('dow', local);
  expanded text := formula.expanded_format(format, locale);
  token text;
  result text := '';
begin
  year := case when year < 0 then year + 1 else year end;
  foreach token in array formula.format_tokens(expanded) loop
    result := result || case token
      when 'YYYY' then formula.filled(year, 4)
      when 'MM' then lpad(month::text, 2, '0')
      when 'DD' then lpad(day::text, 2, '0')
      when 'HH' then lpad(hour::text, 2, '0')
      when 'mm' then lpad(minute::text, 2, '0')
      when 'ss' then lpad(second::text, 2, '0')
      when 'D' then day::text
      when 'M' then month::text
      when 'H' then hour::text
      when 'm' then minute::text
      when 's' then second::text
      when 'h' then ((hour + 11) % 12 + 1)::text
      when 'hh' then lpad(((hour + 11) % 12 + 1)::text, 2, '0')
      when 'A' then formula.meridiem(locale, hour, minute, false)
      when 'a' then formula.meridiem(locale, hour, minute, true)
      when 'MMM' then formula.name_in(locale -> 'monthsShort', month - 1, expanded)
      when 'MMMM' then formula.name_in(locale -> 'months', month - 1, expanded)
      when 'ddd' then formula.name_in(locale -> 'weekdaysShort', dow, expanded)
      when 'dddd' then formula.name_in(locale -> 'weekdays', dow, expanded)
      when 'dd' then formula.name_in(locale -> 'weekdaysMin', dow, expanded)
      when 'YY' then lpad((year % 100)::text, 2, '0')
      when 'Do' then formula.ordinal(locale, day, 'D')
      when 'Q' then ((month + 2) / 3)::text
      when 'SSS' then lpad(ms::text, 3, '0')
      when 'Z' then case when shift < 0 then '-' else '+' end || lpad((abs(shift) / 60)::text, 2, '0') || ':' || lpad((abs(shift) % 60)::text, 2, '0')
      when 'ZZ' then case when shift < 0 then '-' else '+' end || lpad((abs(shift) / 60)::text, 2, '0') || lpad((abs(shift) % 60)::text, 2, '0')
      when 'z' then abbreviation
      when 'zz' then abbreviation
      when 'X' then floor(formula.milliseconds(d) / 1000)::bigint::text
      when 'x' then formula.milliseconds(d)::bigint::text
      else formula.format_token(token, local, ms, locale)
    end;
  end loop;
  if locale -> 'digits' is not null then
    return translate(result, locale -> 'digits' ->> 0, locale -> 'digits' ->> 1);
  end if;
  return result;
end $$;

-- The rarer tokens, and everything that is no token and stands for itself.
create or replace function formula.format_token(token text, local timestamp, ms int, locale jsonb) returns text
language plpgsql immutable strict parallel safe as $$
declare
  year int := date_part('year', local);
  month int := date_part('month', local);
  hour int := date_part('hour', local);
  minute text := lpad(date_part('minute', local)::text, 2, '0');
  second text := lpad(floor(date_part('second', local))::text, 2, '0');
  ordinal_day int := date_part('doy', local);
  dow int := date_part('dow', local);
  first int := locale -> 'week' -> 0;
  week int[];
  iso int[];
  era jsonb;
begin
  year := case when year < 0 then year + 1 else year end;
  if token ~ '^[yN]' then
    for era in select value from jsonb_array_elements(locale -> 'eras') loop
      exit when era ->> 0 <= to_char(local, 'YYYY-MM-DD');
    end loop;
  end if;
  if token ~ '^[gwW]|^GG' then
    week := formula.week_of(local::date, first, (locale -> 'week' -> 1)::int);
    iso := formula.week_of(local::date, 1, 4);
  end if;
  return case
    when token ~ '^S+$' then case when length(token) < 3 then lpad((ms / case length(token) when 1 then 100 else 10 end)::text, length(token), '0') else lpad(ms::text, 3, '0') || repeat('0', length(token) - 3) end
    when token = 'Mo' then formula.ordinal(locale, month, 'M')
    when token = 'Qo' then formula.ordinal(locale, (month + 2) / 3, 'Q')
    when token = 'DDD' then ordinal_day::text
    when token = 'DDDo' then formula.ordinal(locale, ordinal_day, 'DDD')
    when token = 'DDDD' then lpad(ordinal_day::text, 3, '0')
    when token = 'd' then dow::text
    when token = 'do' then formula.ordinal(locale, dow, 'd')
    when token = 'e' then ((dow - first + 7) % 7)::text
    when token = 'E' then case dow when 0 then '7' else dow::text end
    when token = 'eHHmm' then (dow - first + 7) % 7 || lpad(hour::text, 2, '0') || minute
    when token = 'w' then week[2]::text
    when token = 'ww' then lpad(week[2]::text, 2, '0')
    when token = 'wo' then formula.ordinal(locale, week[2], 'w')
    when token = 'W' then iso[2]::text
    when token = 'WW' then lpad(iso[2]::text, 2, '0')
    when token = 'Wo' then formula.ordinal(locale, iso[2], 'W')
    when token = 'gg' then formula.filled(week[1] % 100, 2)
    when token ~ '^gggg' then formula.filled(week[1], length(token))
    when token = 'GG' then formula.filled(iso[1] % 100, 2)
    when token ~ '^GGGG' then formula.filled(iso[1], length(token))
    when token = 'k' then case hour when 0 then '24' else hour::text end
    when token = 'kk' then case hour when 0 then '24' else lpad(hour::text, 2, '0') end
    when token = 'hmm' then (hour + 11) % 12 + 1 || minute
    when token = 'hmmss' then (hour + 11) % 12 + 1 || minute || second
    when token = 'Hmm' then hour || minute
    when token = 'Hmmss' then hour || minute || second
    when token = 'Y' then formula.filled(year, 4)
    when token = 'YYYYY' then formula.filled(year, 5)
    when token = 'YYYYYY' then '+' || formula.filled(year, 6)
    when token in ('y', 'yy', 'yyy', 'yyyy') then formula.filled(year - coalesce((era -> 4)::int, 0), length(token))
    when token = 'yo' then formula.ordinal(locale, year - coalesce((era -> 4)::int, 0), 'y')
    when token in ('N', 'NN', 'NNN') then coalesce(era ->> 3, 'AD')
    when token = 'NNNN' then coalesce(era ->> 1, 'Anno Domini')
    when token = 'NNNNN' then coalesce(era ->> 2, 'AD')
    when token ~ '^\[.' then regexp_replace(token, '^\[|\]$', '', 'g')
    else replace(token, '\', '')
  end;
end $$;

-- NULL for an unknown zone; an unknown locale is English.
create or replace function formula.datetime_format(d timestamptz, format text, zone text, locale text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  shift int := 0;
  abbreviation text := 'UTC';
begin
  if zone <> 'UTC' then
    shift := formula.zone_offset(d, zone);
    abbreviation := formula.zone_abbreviation(d, zone, shift);
  end if;
  if shift is null or not formula.is_date(d) or octet_length(format) > 20000 then
    return null;
  end if;
  return formula.format_by_tokens(d, format, shift, abbreviation, formula.locale(locale));
end $$;
