-- Regular expressions of RE2. Patterns that are known when a formula is compiled come translated (translate-regex.ts): `are` finds
-- the texts, `spans` the matches with their groups, and where no such expression exists, `steps` and regex_run do.

-- The first group of the first match (the whole match without groups); NULL when there is none.
create or replace function formula.regex_extract_plain(t text, spans text) returns text
language plpgsql immutable strict parallel safe as $body$
declare
  groups text[] := regexp_match(t collate "C", spans);
begin
  return case when groups is not null then coalesce(groups[1], '') end;
end $body$;

-- A replacement as PostgreSQL writes it: \1 for $1, a dollar for $$, nothing for groups that the pattern has not.
create or replace function formula.regex_template(replacement text, groups int) returns text
language plpgsql immutable strict parallel safe as $body$
begin
  if strpos(replacement, '$') = 0 then
    return replace(replacement, '\', '\\');
  end if;
  return (
    select coalesce(string_agg(
      case
        when part[1] = '$$' then '$'
        when part[1] ~ '^\$[1-9]$' then case when right(part[1], 1)::int <= groups then '\' || right(part[1], 1) else '' end
        else replace(part[1], '\', '\\')
      end, ''), '')
    from regexp_matches(replacement, '\$[1-9$]|[^$]+|\$', 'g') as part
  );
end $body$;

-- Every match replaced; NULL when the result is longer than a text may be, which is found out before it is built.
create or replace function formula.regex_replace_plain(t text, spans text, replacement text, groups int) returns text
language plpgsql immutable strict parallel safe as $body$
declare
  template text := formula.regex_template(replacement, groups);
  references_made int := (length(template) - length(replace(template, '\', '')));
begin
  if octet_length(t)::float8 * (1 + octet_length(template)) > 1000000
    and regexp_count(t collate "C", spans)::float8 * octet_length(template) + octet_length(t)::float8 * (1 + references_made) > 5000000 then
    return null;
  end if;
  return formula.limited(regexp_replace(t collate "C", spans, template, 'g') collate "default");
end $body$;

-- The first match from a position (0-based, in characters) on: where it and its groups begin and end. NULL when there is none,
-- an empty array when it takes too many steps to tell.
create or replace function formula.regex_run(codes int[], steps int[], start int) returns int[]
language plpgsql immutable strict parallel safe as $body$
declare
  size int := cardinality(codes);
  width int := size - start + 1;
  step_count int := steps[1];
  part_count int := steps[2];
  kind_count int := steps[3];
  firsts int[] := steps[4 + step_count * 3 : 3 + step_count * 3 + part_count];
  kinds_at int := 3 + step_count * 3 + part_count;
  sets_at int := kinds_at + part_count + 1;
  kinds int[] := array_fill(-1, array[width + 1]);
  seen boolean[];
  slots int[] := array_fill(-1, array[22]);
  -- What is left to try: a step and a position, or (below 0) a slot and what it held.
  places int[] := '{}';
  positions int[] := '{}';
  depth int;
  place int;
  position int;
  op int;
  budget int := 30000;
  before_word boolean;
  after_word boolean;
  kind int;
  holds boolean;
begin
  if width::bigint * step_count > 3000000 then
    return '{}';
  end if;
  seen := array_fill(false, array[width * step_count]);
  for origin in start..size loop
    places[1] := step_count - 1;
    positions[1] := origin;
    depth := 1;
    while depth > 0 loop
      place := places[depth];
      position := positions[depth];
      depth := depth - 1;
      if place < 0 then
        slots[-place] := position;
        continue;
      end if;
      loop
        exit when seen[place * width + position - start + 1];
        seen[place * width + position - start + 1] := true;
        budget := budget - 1;
        if budget < 0 then
          return '{}';
        end if;
        op := steps[4 + place * 3];
        if op = 1 then
          exit when position >= size;
          kind := kinds[position - start + 1];
          if kind < 0 then
            kind := steps[kinds_at + width_bucket(codes[position + 1], firsts)];
            kinds[position - start + 1] := kind;
          end if;
          exit when steps[sets_at + steps[6 + place * 3] * kind_count + kind] = 0;
          position := position + 1;
          place := steps[5 + place * 3];
        elsif op = 2 then
          depth := depth + 1;
          places[depth] := steps[6 + place * 3];
          positions[depth] := position;
          place := steps[5 + place * 3];
        elsif op = 3 then
          kind := steps[6 + place * 3] + 1;
          if kind <= 20 then
            depth := depth + 1;
            places[depth] := -kind;
            positions[depth] := slots[kind];
            slots[kind] := position;
          end if;
          place := steps[5 + place * 3];
        elsif op = 0 then
          slots[2] := position;
          return slots;
        else
          before_word := position > 0 and formula.is_word_code(codes[position]);
          after_word := position < size and formula.is_word_code(codes[position + 1]);
          holds := case op
            when 4 then position = 0
            when 5 then position = size
            when 6 then position = 0 or codes[position] = 10
            when 7 then position = size or codes[position + 1] = 10
            when 8 then before_word <> after_word
            else before_word = after_word
          end;
          exit when not holds;
          place := steps[5 + place * 3];
        end if;
      end loop;
    end loop;
  end loop;
  return null;
end $body$;

create or replace function formula.is_word_code(code int) returns boolean
language sql immutable parallel safe cost 2
return code between 48 and 57 or code between 65 and 90 or code = 95 or code between 97 and 122;

create or replace function formula.codes_of(t text) returns int[]
language plpgsql immutable strict parallel safe as $body$
begin
  return array(select ascii(one) from unnest(string_to_array(t, null)) with ordinality as each(one, place) order by place);
end $body$;

-- As regex_extract_plain, following the steps from the first place where `are` finds anything.
create or replace function formula.regex_extract_steps(t text, are text, steps int[], groups int) returns text
language plpgsql immutable strict parallel safe as $body$
declare
  origin int := regexp_instr(t collate "C", are);
  slots int[];
begin
  if origin = 0 or length(t) > 100000 then
    return null;
  end if;
  slots := formula.regex_run(formula.codes_of(t), steps, origin - 1);
  return case
    when slots is null or slots = '{}' then null
    when groups = 0 then substr(t, slots[1] + 1, slots[2] - slots[1])
    when slots[3] < 0 then ''
    else substr(t, slots[3] + 1, slots[4] - slots[3])
  end;
end $body$;

-- As regex_replace_plain, following the steps.
create or replace function formula.regex_replace_steps(t text, steps int[], replacement text, groups int) returns text
language plpgsql immutable strict parallel safe as $body$
declare
  codes int[];
  size int := length(t);
  parts text[] := array(select part[1] from regexp_matches(replacement, '\$[1-9$]|[^$]+|\$', 'g') as part);
  part text;
  slots int[];
  next int := 0;
  copied int := 0;
  number int;
  result text := '';
  work bigint := 0;
begin
  if size > 100000 then
    return null;
  end if;
  codes := formula.codes_of(t);
  while next <= size loop
    work := work + (size - next + 1)::bigint * steps[1];
    if work > 6000000 or octet_length(result) > 400000 then
      return null;
    end if;
    slots := formula.regex_run(codes, steps, next);
    exit when slots is null;
    if slots = '{}' then
      return null;
    end if;
    result := result || substr(t, copied + 1, slots[1] - copied);
    foreach part in array parts loop
      number := case when part ~ '^\$[1-9]$' then right(part, 1)::int end;
      result := result || case
        when number > groups then ''
        when number is not null then case when slots[number * 2 + 1] < 0 then '' else substr(t, slots[number * 2 + 1] + 1, slots[number * 2 + 2] - slots[number * 2 + 1]) end
        when part = '$$' then '$'
        else part
      end;
      if octet_length(result) > 400000 then
        return null;
      end if;
    end loop;
    copied := slots[2];
    next := case when slots[1] = slots[2] then slots[2] + 1 else slots[2] end;
  end loop;
  return formula.limited(result || substr(t, copied + 1));
end $body$;

-- Patterns that are not known before the row is: the part of RE2's syntax without groups, choices and repetition of more than one
-- character, whose matches both engines see alike. NULL for everything else.
create or replace function formula.simple_pattern(pattern text) returns text
language plpgsql immutable strict parallel safe as $body$
declare
  token text;
  made text := '';
  inner_made text;
  piece text;
  last int;
  place int := 0;
  atoms boolean := false;
  tokens text[];
begin
  if octet_length(pattern) > 1000 then
    return null;
  end if;
  tokens := array(
    select hit[1] from regexp_matches(pattern, '\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|\\[dws]|\\[^A-Za-z0-9]|[^][\\^-])+\]|\\?.', 'g') as hit
  );
  last := cardinality(tokens);
  foreach token in array tokens loop
    place := place + 1;
    if token in ('*', '+', '?') then
      if not atoms then
        return null;
      end if;
      made := made || token;
      atoms := false;
    elsif token = '^' and place = 1 then
      made := '\A';
    elsif token = '$' and place = last then
      made := made || '\Z';
    elsif token ~ '^\[.' then
      inner_made := '';
      for piece in select hit[1] from regexp_matches(token, '[A-Za-z0-9]-[A-Za-z0-9]|\\.|.', 'g') as hit loop
        if length(piece) = 3 and left(piece, 1) collate "C" > right(piece, 1) then
          return null;
        end if;
        inner_made := inner_made || case piece
          when '\d' then '0-9' when '\w' then '0-9A-Za-z_' when '\s' then '\t\n\f\r '
          else piece
        end;
      end loop;
      made := made || inner_made;
      atoms := true;
    else
      piece := case token
        when '.' then '[^\n]' when '\d' then '[0-9]' when '\D' then '[^0-9]' when '\w' then '[0-9A-Za-z_]'
        when '\W' then '[^0-9A-Za-z_]' when '\s' then '[\t\n\f\r ]' when '\S' then '[^\t\n\f\r ]'
      end;
      if piece is null then
        if token in ('(', ')', '[', ']', '{', '}', '|', '^', '$', '\') or token ~ '^\\[A-Za-z0-9]' then
          return null;
        end if;
        piece := case when right(token, 1) ~ '^[!-/:-@[-`{-~]$' then '\' else '' end || right(token, 1);
      end if;
      made := made || piece;
      atoms := true;
    end if;
  end loop;
  return '(?:' || made || '){1,1}';
end $body$;

create or replace function formula.regex_match(t text, pattern text) returns boolean
language plpgsql immutable strict parallel safe as $body$
begin
  return t collate "C" ~ formula.simple_pattern(pattern);
end $body$;

create or replace function formula.regex_extract(t text, pattern text) returns text
language plpgsql immutable strict parallel safe as $body$
begin
  return formula.regex_extract_plain(t, formula.simple_pattern(pattern));
end $body$;

create or replace function formula.regex_replace(t text, pattern text, replacement text) returns text
language plpgsql immutable strict parallel safe as $body$
begin
  return formula.regex_replace_plain(t, formula.simple_pattern(pattern), replacement, 0);
end $body$;
