-- Numbers as text and text as numbers, as JavaScript writes and reads them.

-- PostgreSQL prints the shortest decimal strictly inside the interval of a double; JavaScript also takes its ends. The two
-- differ only for whole numbers beyond 2^53 and for the smallest doubles, and then a shorter neighbour reads back as well.
create or replace function formula.shortest_digits(n float8) returns text
language plpgsql immutable strict parallel safe as $$
declare
  digits text := replace(split_part(abs(n)::text, 'e', 1), '.', '');
  exponent int := split_part(abs(n)::text, 'e', 2)::int;
  below numeric;
  candidate numeric;
begin
  if length(digits) < 16 or n > 1.7e308 then
    return digits || 'e' || exponent;
  end if;
  below := left(digits, -1)::numeric;
  foreach candidate in array array[below, below + 1] loop
    if candidate > 0 and (candidate || 'e' || (exponent - length(digits) + 2))::float8 = abs(n) then
      return rtrim(candidate::text, '0') || 'e' || (exponent + length(candidate::text) - length(digits) + 1);
    end if;
  end loop;
  return digits || 'e' || exponent;
end $$;

create or replace function formula.number_text_wide(n float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  size float8 := abs(n);
  sense text := case when n < 0 then '-' else '' end;
  digits text;
  exponent int;
begin
  if n = 0 then
    return '0';
  elsif size >= 'Infinity' then
    return n::text;
  end if;
  digits := case
    when size >= 9007199254740992 or size < 1e-300 then formula.shortest_digits(size)
    else replace(size::text, '.', '')
  end;
  exponent := split_part(digits, 'e', 2)::int;
  digits := split_part(digits, 'e', 1);
  if exponent >= 21 or exponent < -6 then
    return sense || left(digits, 1) || case when length(digits) > 1 then '.' || substr(digits, 2) else '' end
      || 'e' || case when exponent > 0 then '+' else '' end || exponent;
  elsif exponent >= 0 and length(digits) > exponent + 1 then
    return sense || left(digits, exponent + 1) || '.' || substr(digits, exponent + 2);
  elsif exponent >= 0 then
    return sense || rpad(digits, exponent + 1, '0');
  end if;
  return sense || '0.' || repeat('0', -exponent - 1) || digits;
end $$;

create or replace function formula.number_text(n float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case when abs(n) >= 1e-4 and abs(n) < 1e15 then n::text else formula.number_text_wide(n) end;
end $$;

-- White space as JavaScript's trim knows it.
create or replace function formula.trim(t text) returns text
language sql immutable parallel safe cost 2
return btrim(t, U&' \0009\000A\000B\000C\000D\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000\FEFF');

-- A decimal number that may be too large or too small to be read at once.
create or replace function formula.wide_decimal(t text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  sense text := case when left(t, 1) = '-' then '-' else '' end;
  mantissa text := split_part(lower(ltrim(t, '+-')), 'e', 1);
  tail text := split_part(lower(t), 'e', 2);
  whole text := ltrim(split_part(mantissa, '.', 1), '0');
  fraction text := split_part(mantissa, '.', 2);
  digits text := rtrim(ltrim(whole || fraction, '0'), '0');
  tail_digits text := ltrim(ltrim(tail, '+-'), '0');
  exponent bigint;
  size numeric;
begin
  if digits = '' then
    return 0;
  end if;
  exponent := case
    when length(tail_digits) > 8 then 100000000
    when tail_digits = '' then 0
    else tail_digits::bigint
  end * case when left(tail, 1) = '-' then -1 else 1 end;
  -- The number is 0.digits times ten to the power of the exponent.
  exponent := exponent + case
    when whole <> '' then length(whole)
    else length(ltrim(fraction, '0')) - length(fraction)
  end;
  if exponent > 310 then
    return (sense || 'Infinity')::float8;
  elsif exponent < -330 then
    return 0;
  end if;
  -- What follows the 800th digit can decide no more than which way an exact half goes.
  digits := case when length(digits) > 800 then left(digits, 800) || '1' else digits end;
  if exponent between -300 and 300 then
    return (sense || '0.' || digits || 'e' || exponent)::float8;
  end if;
  size := ('0.' || digits || 'e' || exponent)::numeric;
  if size >= power(2::numeric, 1024) - power(2::numeric, 970) then
    return (sense || 'Infinity')::float8;
  elsif size < 2.4703282292062328e-324 then
    return 0;
  end if;
  return (sense || '0.' || digits || 'e' || exponent)::float8;
end $$;

-- The number that a whole text is, white space around it aside; NULL when it is none.
create or replace function formula.number_in(t text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  trimmed text := formula.trim(t);
begin
  if trimmed = '' or translate(trimmed, '0123456789.+-eE', '') <> '' then
    return null;
  elsif octet_length(trimmed) < 300 and trimmed collate "C" ~ '^[+-]?[0-9]+\.?[0-9]*$' then
    return trimmed::float8 + 0;
  elsif trimmed collate "C" !~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$' then
    return null;
  end if;
  return formula.wide_decimal(trimmed) + 0;
end $$;

create or replace function formula.text_number(t text) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return coalesce(formula.number_in(t), case when formula.trim(t) = '' then 0 else 'NaN'::float8 end);
end $$;

-- VALUE: digits, the first point and a minus before them are kept.
create or replace function formula.value(t text) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  kept text := regexp_replace(t, '[^0-9.]+', '', 'g');
  point int := strpos(kept, '.');
begin
  if point > 0 then
    kept := left(kept, point) || replace(substr(kept, point + 1), '.', '');
  end if;
  if kept = '' or kept = '.' then
    return 'NaN';
  end if;
  return formula.wide_decimal(case when t ~ '^[^0-9.]*-' then '-' else '' end || kept) + 0;
end $$;

-- How two values of different kinds stand to each other: -1, 0, 1, or 2 when they are unequal and have no order.
create or replace function formula.compare_texts(a text, b text) returns int
language plpgsql immutable strict parallel safe as $$
begin
  return case when a collate "C" < b then -1 when a collate "C" > b then 1 else 0 end;
end $$;

create or replace function formula.compare_number_text(n float8, t text) returns int
language plpgsql immutable parallel safe as $$
declare
  read float8;
begin
  if n is null then
    return case when coalesce(t, '') = '' then 0 else -1 end;
  end if;
  read := case when t is null then 0 else formula.number_in(t) end;
  return case
    when read is null or n = 'NaN' then 2
    when n = read then 0
    when n < read then -1
    else 1
  end;
end $$;

-- Two lists of numbers: as numbers where each holds one, else as the texts that they are joined to.
create or replace function formula.compare_numbers(a float8[], b float8[]) returns int
language plpgsql immutable parallel safe as $$
declare
  x float8 := coalesce(a[1], 0);
  y float8 := coalesce(b[1], 0);
  s text collate "C";
  t text collate "C";
begin
  if cardinality(a) = 1 and cardinality(b) = 1 then
    return case when x = 'NaN' or y = 'NaN' then 2 when x = y then 0 when x < y then -1 else 1 end;
  end if;
  s := coalesce(array_to_string(formula.number_texts(a), ', ', ''), '');
  t := coalesce(array_to_string(formula.number_texts(b), ', ', ''), '');
  return case when s = t then 0 when s < t then -1 else 1 end;
end $$;

create or replace function formula.compare_date_text(d timestamptz, t text) returns int
language plpgsql immutable parallel safe as $$
begin
  if d is null then
    return case when coalesce(t, '') = '' then 0 else -1 end;
  end if;
  return case when t is null then 2 else formula.compare_texts(formula.date_text(d), t) end;
end $$;

create or replace function formula.compare_date_number(d timestamptz, n float8) returns int
language sql immutable parallel safe
return case
  when d is not null then 2
  when n is null or n = 0 then 0
  when n = 'NaN' then 2
  when n > 0 then -1
  else 1
end;
