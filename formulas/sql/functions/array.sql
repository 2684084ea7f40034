-- Arrays of texts, numbers and dates; blank elements are NULL. Functions for any element type come once, as anyarray.

create or replace function formula.number_texts(a float8[]) returns text[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(select formula.number_text(e) from unnest(a) with ordinality as each(e, place) order by place);
end $$;

create or replace function formula.date_texts(a timestamptz[]) returns text[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(select formula.date_text(e) from unnest(a) with ordinality as each(e, place) order by place);
end $$;

create or replace function formula.quoted_texts(a text[]) returns text[]
language plpgsql immutable strict parallel safe as $$
begin
  if array_to_string(a, '') !~ '[,"]' then
    return a;
  end if;
  return array(select formula.quoted_text(e) from unnest(a) with ordinality as each(e, place) order by place);
end $$;

create or replace function formula.single_number(a float8[]) returns float8
language sql immutable parallel safe cost 2
return case cardinality(a) when 0 then 0 when 1 then coalesce(a[array_lower(a, 1)], 0) else case when a is not null then 'NaN'::float8 end end;

create or replace function formula.single_number(a text[]) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return case cardinality(a)
    when 0 then 0
    when 1 then coalesce(formula.text_number(a[array_lower(a, 1)]), 0)
    else 'NaN'::float8
  end;
end $$;

create or replace function formula.single_number(a timestamptz[]) returns float8
language sql immutable parallel safe cost 2
return case
  when cardinality(a) = 0 or (cardinality(a) = 1 and a[array_lower(a, 1)] is null) then 0
  when a is not null then 'NaN'::float8
end;

create or replace function formula.single_date(a timestamptz[]) returns timestamptz
language sql immutable parallel safe cost 2
return case when cardinality(a) = 1 then a[array_lower(a, 1)] end;

create or replace function formula.single_date(a text[]) returns timestamptz
language sql immutable parallel safe
return case when cardinality(a) = 1 then formula.text_date(a[array_lower(a, 1)]) end;

-- ARRAYCOMPACT: without blanks and empty texts.
create or replace function formula.arraycompact(a text[]) returns text[]
language sql immutable parallel safe cost 2
return array_remove(array_remove(a, null), '');

create or replace function formula.arraycompact(a float8[]) returns float8[]
language sql immutable parallel safe cost 2
return array_remove(a, null);

create or replace function formula.arraycompact(a timestamptz[]) returns timestamptz[]
language sql immutable parallel safe cost 2
return array_remove(a, null);

-- ARRAYUNIQUE: the first of equal elements is kept, blanks are not.
create or replace function formula.arrayunique(a text[]) returns text[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(
    select e from unnest(a) with ordinality as each(e, place)
    where e is not null group by e collate "C", e order by min(place));
end $$;

create or replace function formula.arrayunique(a float8[]) returns float8[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(
    select e from unnest(a) with ordinality as each(e, place) where e is not null group by e order by min(place));
end $$;

create or replace function formula.arrayunique(a timestamptz[]) returns timestamptz[]
language plpgsql immutable strict parallel safe as $$
begin
  return array(
    select e from unnest(a) with ordinality as each(e, place) where e is not null group by e order by min(place));
end $$;

create or replace function formula.arrayflatten(a text[]) returns text[]
language sql immutable parallel safe cost 2
return array_remove(a, null);

create or replace function formula.arrayflatten(a float8[]) returns float8[]
language sql immutable parallel safe cost 2
return array_remove(a, null);

create or replace function formula.arrayflatten(a timestamptz[]) returns timestamptz[]
language sql immutable parallel safe cost 2
return array_remove(a, null);

-- ARRAYSLICE: from 1, the end included, negative positions count from the end; no end is the last element.
create or replace function formula.slice(a anyarray, first float8, last float8) returns anyarray
language plpgsql immutable parallel safe as $$
declare
  size int := cardinality(a);
  start float8 := trunc(first);
  finish float8 := trunc(coalesce(last, size));
begin
  if start = 'NaN' or finish = 'NaN' or a is null or first is null then
    return a[2:1];
  end if;
  start := greatest(case when start < 0 then start + size + 1 else start end, 1);
  finish := least(case when finish < 0 then finish + size + 1 else finish end, size);
  if start > finish then
    return a[2:1];
  end if;
  return a[start::int:finish::int];
end $$;

create or replace function formula.arrayslice(a text[], first float8, last float8) returns text[]
language sql immutable parallel safe
return formula.slice(a, first, last);

create or replace function formula.arrayslice(a float8[], first float8, last float8) returns float8[]
language sql immutable parallel safe
return formula.slice(a, first, last);

create or replace function formula.arrayslice(a timestamptz[], first float8, last float8) returns timestamptz[]
language sql immutable parallel safe
return formula.slice(a, first, last);

-- SUM and its like over arrays. Blanks are passed over; NaN and infinities count. Numbers are added from the left.
create or replace function formula.sum(a float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  total float8 := 0;
  large boolean;
  e float8;
begin
  -- A few numbers are sooner added one by one than by a query.
  if cardinality(a) <= 8 then
    foreach e in array a loop
      total := coalesce(formula.add(total, e), total);
    end loop;
    return total + 0;
  end if;
  select coalesce(sum(x) filter (where abs(x) < 1e290), 0), count(*) filter (where abs(x) >= 1e290) > 0
  into total, large from unnest(a) as x;
  if large then
    total := 0;
    foreach e in array a loop
      total := coalesce(formula.add(total, e), total);
    end loop;
  end if;
  return total + 0;
end $$;

create or replace function formula.count_numbers(a float8[]) returns float8
language sql immutable parallel safe cost 2
return cardinality(array_remove(a, null))::float8;

create or replace function formula.count_filled(a text[]) returns float8
language sql immutable parallel safe cost 2
return cardinality(array_remove(array_remove(a, null), ''))::float8;

create or replace function formula.count_filled(a float8[]) returns float8
language sql immutable parallel safe cost 2
return cardinality(array_remove(a, null))::float8;

create or replace function formula.count_filled(a timestamptz[]) returns float8
language sql immutable parallel safe cost 2
return cardinality(array_remove(a, null))::float8;

create or replace function formula.average(a float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return formula.divide(formula.sum(a), formula.count_numbers(a));
end $$;

-- PostgreSQL takes NaN for the greatest number; here it is the result as soon as it is among the elements.
create or replace function formula.max(a float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  best float8;
  one float8;
begin
  if cardinality(a) <= 8 then
    foreach one in array a loop
      best := greatest(best, one);
    end loop;
    return coalesce(best, 0);
  end if;
  return (select coalesce(max(e), 0) from unnest(a) as e);
end $$;

create or replace function formula.min(a float8[]) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  best float8;
  one float8;
begin
  if cardinality(a) <= 8 then
    foreach one in array a loop
      if one = 'NaN' then
        return one;
      end if;
      best := least(best, one);
    end loop;
    return coalesce(best, 0);
  end if;
  return (select coalesce(case when max(e) = 'NaN' then 'NaN'::float8 else min(e) end, 0) from unnest(a) as e);
end $$;

-- NULL when there is nothing to choose from.
create or replace function formula.max(a timestamptz[]) returns timestamptz
language plpgsql immutable strict parallel safe as $$
begin
  return (select max(e) from unnest(a) as e);
end $$;

create or replace function formula.min(a timestamptz[]) returns timestamptz
language plpgsql immutable strict parallel safe as $$
begin
  return (select min(e) from unnest(a) as e);
end $$;

create or replace function formula.xor(a boolean[]) returns boolean
language sql immutable parallel safe cost 2
return cardinality(array_positions(a, true)) % 2 = 1;

-- AND, OR and XOR over the elements. Blank is false, and NaN among the elements is an error.
create or replace function formula.all_true(a text[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(bool_and(coalesce(e <> '', false)), true) from unnest(a) as e);
end $$;

create or replace function formula.any_true(a text[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(bool_or(coalesce(e <> '', false)), false) from unnest(a) as e);
end $$;

create or replace function formula.odd_true(a text[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(count(*) filter (where e <> '') % 2 = 1, false) from unnest(a) as e);
end $$;

create or replace function formula.all_true(a float8[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return case when 'NaN' = any (a) then null else (select coalesce(bool_and(coalesce(e <> 0, false)), true) from unnest(a) as e) end;
end $$;

create or replace function formula.any_true(a float8[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return case when 'NaN' = any (a) then null else (select coalesce(bool_or(coalesce(e <> 0, false)), false) from unnest(a) as e) end;
end $$;

create or replace function formula.odd_true(a float8[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return case when 'NaN' = any (a) then null else (select coalesce(count(*) filter (where e <> 0) % 2 = 1, false) from unnest(a) as e) end;
end $$;

create or replace function formula.all_true(a timestamptz[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(bool_and(coalesce(e is not null, false)), true) from unnest(a) as e);
end $$;

create or replace function formula.any_true(a timestamptz[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(bool_or(coalesce(e is not null, false)), false) from unnest(a) as e);
end $$;

create or replace function formula.odd_true(a timestamptz[]) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return (select coalesce(count(*) filter (where e is not null) % 2 = 1, false) from unnest(a) as e);
end $$;

