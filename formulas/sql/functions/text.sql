-- Texts. Positions count UTF-16 units from 1, as in JavaScript; characters beyond U+FFFF count twice.

-- How many characters count twice. Texts of ASCII alone, the usual case, are told apart by their length in bytes.
create or replace function formula.wide_characters(t text) returns int
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if octet_length(t) < length(t) + 3 or t !~ U&'[\+010000-\+10FFFF]' then
    return 0;
  end if;
  return length(t) - length(regexp_replace(t, U&'[\+010000-\+10FFFF]+', '', 'g'));
end $$;

create or replace function formula.len(t text) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case
    when octet_length(t) = length(t) then octet_length(t)
    else length(t) + formula.wide_characters(t)
  end;
end $$;

-- Characters from `start` (0-based) up to `finish` of a text in which some count twice. A half at the edge becomes U+FFFD.
create or replace function formula.cut_wide(t text, start int, finish int) returns text
language plpgsql immutable strict parallel safe as $$
declare
  -- Behind each character that counts twice stands a filler, so that positions become those of UTF-16.
  spread text := regexp_replace(t, U&'([\+010000-\+10FFFF])', U&'\\1\FFFF', 'g');
  piece text := substr(spread, start + 1, greatest(finish - start, 0));
begin
  if piece = '' then
    return '';
  end if;
  if start > 0 and left(piece, 1) = U&'\FFFF' and substr(spread, start, 1) ~ U&'[\+010000-\+10FFFF]' then
    piece := U&'\FFFD' || substr(piece, 2);
  end if;
  if right(piece, 1) ~ U&'[\+010000-\+10FFFF]' then
    piece := left(piece, -1) || U&'\FFFD';
  end if;
  return regexp_replace(piece, U&'([\+010000-\+10FFFF])\FFFF', '\1', 'g');
end $$;

-- Units from `start` (0-based) up to `finish`, both whole numbers that are not negative.
create or replace function formula.cut(t text, start float8, finish float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  first int := least(start, 1e9)::int;
  last int := least(finish, 1e9)::int;
begin
  if last <= first then
    return '';
  end if;
  if octet_length(t) = length(t) or formula.wide_characters(t) = 0 then
    return substr(t, first + 1, last - first);
  end if;
  return formula.cut_wide(t, first, last);
end $$;

create or replace function formula.left(t text, n float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if n < 0 or n = 'NaN' then
    return null;
  end if;
  if octet_length(t) = length(t) and n < 1e9 then
    return left(t, trunc(n)::int);
  end if;
  return formula.cut(t, 0, trunc(n));
end $$;

create or replace function formula.right(t text, n float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  size float8;
begin
  if n < 0 or n = 'NaN' then
    return null;
  end if;
  if octet_length(t) = length(t) and n < 1e9 then
    return right(t, trunc(n)::int);
  end if;
  size := formula.len(t);
  return formula.cut(t, size - least(trunc(n), size), size);
end $$;

create or replace function formula.mid(t text, start float8, n float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if not (start >= 1 and n >= 0 and start <> 'NaN' and n <> 'NaN') then
    return null;
  end if;
  return formula.cut(t, least(trunc(start), 1e9) - 1, least(trunc(start), 1e9) - 1 + least(trunc(n), 1e9));
end $$;

-- The text, or NULL when it is longer than a text function may build.
create or replace function formula.limited(t text) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case when octet_length(t) <= 100000 or formula.len(t) <= 100000 then t end;
end $$;

-- The character that a position (0-based) is in the middle of, or NULL.
create or replace function formula.halved(t text, place float8) returns text
language plpgsql immutable strict parallel safe as $$
declare
  edge text;
begin
  if place < 1 or place > 1e9 then
    return null;
  end if;
  edge := substr(regexp_replace(t, U&'([\+010000-\+10FFFF])', U&'\\1\FFFF', 'g'), place::int, 2);
  return case when edge ~ U&'^[\+010000-\+10FFFF]\FFFF$' then left(edge, 1) end;
end $$;

create or replace function formula.replace(t text, start float8, n float8, replacement text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  first float8 := trunc(start) - 1;
  before text;
  behind text;
  high text;
  low text;
begin
  if not (start >= 1 and n >= 0 and start <> 'NaN' and n <> 'NaN') then
    return null;
  end if;
  before := formula.cut(t, 0, first);
  behind := case when n < 1e9 then formula.cut(t, first + trunc(n), 1e9) else '' end;
  if replacement = '' and behind <> '' and octet_length(t) > length(t) then
    -- Two halves that meet make one character.
    high := formula.halved(t, first);
    low := formula.halved(t, first + trunc(n));
    if high is not null and low is not null then
      return formula.limited(
        left(before, -1) || chr(((ascii(high) - 65536) & 1047552) + ((ascii(low) - 65536) & 1023) + 65536) || substr(behind, 2)
      );
    end if;
  end if;
  return formula.limited(before || replacement || behind);
end $$;

create or replace function formula.find_wide(needle text, hay text, start float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  skipped int := 0;
  found_at int;
begin
  if needle = '' then
    return (hay <> '')::int;
  end if;
  if start > formula.len(hay) then
    return 0;
  end if;
  if start >= 2 then
    -- The whole characters before the start; a half one at the edge is behind it.
    skipped := length(formula.cut(hay, 0, trunc(start) - 1));
  end if;
  found_at := strpos(substr(hay, skipped + 1), needle);
  return case when found_at = 0 then 0 else skipped + found_at + formula.wide_characters(left(hay, skipped + found_at - 1)) end;
end $$;

-- Position from 1, or 0.
create or replace function formula.find(needle text, hay text, start float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  found_at int;
begin
  if start < 2 and needle <> '' then
    found_at := strpos(hay, needle);
    if found_at <= 1 or octet_length(hay) = length(hay) then
      return found_at;
    end if;
    return found_at + formula.wide_characters(left(hay, found_at - 1));
  end if;
  return formula.find_wide(needle, hay, case when start = 'NaN' then 0 else start end);
end $$;

-- The case of all of Unicode. PostgreSQL 18 has a collation that knows it whole, is several times as fast as ICU and does not
-- depend on the ICU that the server was built with; the servers before it do not have it.
do $$
declare
  unicode text := case
    when exists (select from pg_collation where collname = 'pg_unicode_fast') then 'pg_catalog.pg_unicode_fast'
    else 'pg_catalog."und-x-icu"'
  end;
  name text;
begin
  foreach name in array array['lower', 'upper'] loop
    execute format(
      'create or replace function formula.%1$I(t text) returns text language sql immutable parallel safe cost 5
      return %1$I(t collate %2$s) collate "default"', name, unicode);
  end loop;
end $$;

-- As find, ignoring case; NULL where nothing is found. Texts of ASCII alone need no Unicode rules.
create or replace function formula.search(needle text, hay text, start float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if octet_length(hay) = length(hay) and octet_length(needle) = length(needle) then
    return nullif(formula.find(lower(needle collate "C"), lower(hay collate "C"), start), 0);
  end if;
  return nullif(formula.find(formula.lower(needle), formula.lower(hay), start), 0);
end $$;

-- NULL when the result would be longer than 100,000 units, as in the functions after it.
create or replace function formula.rept(t text, n float8) returns text
language plpgsql immutable strict parallel safe as $$
declare
  count float8 := trunc(n);
begin
  if count = 'NaN' then
    return null;
  elsif count <= 0 or t = '' then
    return '';
  elsif count > 100000 or count * formula.len(t) > 100000 then
    return null;
  end if;
  return repeat(t, count::int);
end $$;

create or replace function formula.substitute(t text, old text, new text) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  -- Counted before anything is built: a million letters replaced by a long text would fill memory.
  growth float8 := octet_length(new)::float8 - octet_length(old);
begin
  if growth > 0 and old <> '' and octet_length(t) * (1 + growth) > 100000 then
    growth := (formula.len(new) - formula.len(old)) * (length(t) - length(replace(t, old, ''))) / length(old);
    if growth > 0 and formula.len(t) + growth > 100000 then
      return null;
    end if;
  end if;
  return formula.limited(replace(t, old, new));
end $$;

-- Only the occurrence with that number is replaced.
create or replace function formula.substitute(t text, old text, new text, occurrence float8) returns text
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  parts text[];
  wanted int;
begin
  if old = '' or not (occurrence >= 1 and occurrence < 1e9) or strpos(t, old) = 0 then
    return formula.limited(t);
  end if;
  wanted := trunc(occurrence)::int;
  parts := string_to_array(t, old);
  if wanted >= cardinality(parts) then
    return formula.limited(t);
  end if;
  return formula.limited(
    array_to_string(parts[:wanted], old) || new || array_to_string(parts[wanted + 1:], old)
  );
end $$;

create or replace function formula.encode_url_component(t text) returns text
language plpgsql immutable strict parallel safe as $$
declare
  distinct_characters text[];
  result text := t;
  one text;
begin
  if t ~ '^[A-Za-z0-9_.~-]*$' then
    return t;
  end if;
  distinct_characters := array(
    select distinct c collate "C"
    from unnest(string_to_array(regexp_replace(t, '[A-Za-z0-9_.~-]+', '', 'g'), null)) as c
  );
  if cardinality(distinct_characters) > 64 then
    return (
      select string_agg(
        case
          when c ~ '^[A-Za-z0-9_.~-]$' then c
          else upper(regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g'))
        end, '' order by place)
      from unnest(string_to_array(t, null)) with ordinality as each(c, place)
    );
  end if;
  if '%' = any (distinct_characters) then
    result := replace(result, '%', '%25');
  end if;
  foreach one in array distinct_characters loop
    if one <> '%' then
      result := replace(result, one, upper(regexp_replace(encode(convert_to(one, 'UTF8'), 'hex'), '(..)', '%\1', 'g')));
    end if;
  end loop;
  return result;
end $$;

-- A linked record's name in a list: quoted when it holds a comma or a quote.
create or replace function formula.quoted_text(t text) returns text
language sql immutable parallel safe
return case
  when t ~ '[,"]' then '"' || regexp_replace(t, '([\\"])', '\\\1', 'g') || '"'
  else t
end;
