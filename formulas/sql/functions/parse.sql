-- DATETIME_PARSE with a format, forgiving as moment.js is when it is not strict.

-- The month that a word names, from 0; NULL when it names none.
create or replace function formula.month_named(word text, short_first boolean, locale jsonb) returns int
language plpgsql immutable strict parallel safe as $$
declare
  small text := formula.lower(word);
  names text[] := array(select formula.lower(value) from jsonb_array_elements_text(locale #> '{months,-1,1}'));
  short_names text[] := array(select formula.lower(value) from jsonb_array_elements_text(locale #> '{monthsShort,-1,1}'));
  each text;
begin
  if locale #> '{reads,monthsExact}' is not null then
    return case
      when short_first then coalesce(array_position(short_names, small), array_position(names, small))
      else coalesce(array_position(names, small), array_position(short_names, small))
    end - 1;
  end if;
  for month in 0..11 loop
    each := coalesce(
      locale #> '{reads,monthEach}' ->> month,
      regexp_replace('^' || names[month + 1] || '|^' || short_names[month + 1], '\.', '')
    );
    if small collate "und-x-icu" ~* each then
      return month;
    end if;
  end loop;
  return null;
end $$;

-- The day of the week that a word names, from Sunday, 0.
create or replace function formula.weekday_named(word text, locale jsonb) returns int
language plpgsql immutable strict parallel safe as $$
declare
  small text := formula.lower(word);
  long text;
  short text;
  least text;
begin
  if locale #> '{reads,weekdaysExact}' is not null then
    for form in 0..2 loop
      for day in 0..6 loop
        if formula.lower(locale -> (array['weekdays', 'weekdaysShort', 'weekdaysMin'])[form + 1] -> -1 -> 1 ->> day) = small then
          return day;
        end if;
      end loop;
    end loop;
    return null;
  end if;
  for day in 0..6 loop
    long := locale #> '{weekdays,-1,1}' ->> day;
    short := locale #> '{weekdaysShort,-1,1}' ->> day;
    least := locale #> '{weekdaysMin,-1,1}' ->> day;
    if small collate "und-x-icu" ~* coalesce(locale #> '{reads,weekdayEach}' ->> day, regexp_replace('^' || long || '|^' || short || '|^' || least, '\.', '')) then
      return day;
    end if;
  end loop;
  return null;
end $$;

-- What stands at the beginning of a name: any of the names, the longest first.
create or replace function formula.names_pattern(lists jsonb) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return (
    select '^(' || string_agg(regexp_replace(name, '([.*+?^$(){}|\[\]\\/-])', '\\\1', 'g'), '|' order by length(name) desc) || ')'
    from jsonb_array_elements(lists) as list cross join lateral jsonb_array_elements_text(list) as name
  );
end $$;

-- The expression that finds what a token stands for; NULL for what is no token and is looked for as it is.
create or replace function formula.token_pattern(token text, locale jsonb) returns text
language plpgsql immutable strict parallel safe as $$
declare
  reads jsonb := locale -> 'reads';
  word text := '[0-9]{0,255}[''a-zA-Z\u00A0-\u05FF\u0700-\uD7FF\uF900-\uFDCF\uFDF0-\uFF07\uFF10-\uFFEF]{1,255}|[\u0600-\u06FF/]{1,255}(?:\s*[\u0600-\u06FF]{1,255}){1,2}';
begin
  return case
    when token in ('M', 'MM', 'D', 'DD', 'd', 'e', 'E', 'H', 'HH', 'h', 'hh', 'k', 'kk', 'm', 'mm', 's', 'ss', 'w', 'ww', 'W', 'WW', 'YY', 'gg', 'GG')
      then '[0-9][0-9]?'
    when token in ('YYYY', 'gggg', 'GGGG') then '[0-9]{1,4}'
    when token in ('Y', 'x', 'g', 'G') then '[+-]?[0-9]+'
    when token in ('YYYYY', 'YYYYYY', 'ggggg', 'GGGGG') then '[+-]?[0-9]{1,6}'
    when token in ('DDD', 'S', 'SS', 'SSS') then '[0-9]{1,3}'
    when token = 'DDDD' then '[0-9]{3}'
    when token = 'Q' then '[0-9]'
    when token in ('hmm', 'Hmm') then '[0-9]{3,4}'
    when token in ('hmmss', 'Hmmss', 'eHHmm') then '[0-9]{5,6}'
    when token ~ '^S{4,9}$' or token in ('y', 'yy', 'yyy', 'yyyy') then '[0-9]+'
    when token = 'X' then '[+-]?[0-9]+(?:\.[0-9]{1,3})?'
    when token in ('Z', 'ZZ') then '[Zz]|[+-][0-9][0-9](?::?[0-9][0-9])?'
    when token in ('a', 'A') then reads ->> 'meridiem'
    when token = 'Do' then (reads ->> 'ordinal') || '|[0-9]{1,2}'
    when token in ('MMM', 'MMMM') then case
      when reads -> 'month' is not null then coalesce(reads ->> case token when 'MMM' then 'monthShort' else 'month' end, reads ->> 'month')
      when reads -> 'monthsExact' is not null
        then formula.names_pattern(jsonb_build_array(locale #> '{months,-1,1}', locale #> '{monthsShort,-1,1}'))
      when token = 'MMM' then coalesce(reads ->> 'monthShort', word)
      else word
    end
    when token in ('dd', 'ddd', 'dddd') then case
      when reads -> 'weekdaysExact' is not null then formula.names_pattern(
        jsonb_build_array(locale #> '{weekdays,-1,1}', locale #> '{weekdaysShort,-1,1}', locale #> '{weekdaysMin,-1,1}'))
      else word
    end
  end;
end $$;

create or replace function formula.two_digit_year(digits text) returns int
language sql immutable parallel safe cost 2
return digits::int + case when digits::int > 68 then 1900 else 2000 end;

-- The hour that is meant beside a half of the day, as the text names it.
create or replace function formula.hour_in_half(hour int, half text, locale jsonb) returns int
language plpgsql immutable strict parallel safe as $$
declare
  halves jsonb := locale #> '{reads,hours}';
  rule jsonb := halves -> formula.lower(half);
  key text;
begin
  if rule is null then
    for key in select jsonb_object_keys(halves) loop
      rule := case
        when starts_with(key, formula.lower(half)) then halves -> key
        when left(key, 1) = left(formula.lower(half), 1) then coalesce(rule, halves -> key)
        else rule
      end;
    end loop;
  end if;
  if jsonb_typeof(rule) = 'array' then
    return nullif((rule -> hour)::int, -1);
  end if;
  return case
    when rule = '"pm"' and hour < 12 then hour + 12
    when rule = '"am"' and hour = 12 then 0
    else hour
  end;
end $$;

-- What the tokens of a format find in a text, by unit: numbers, or `bad` for what makes the text no date.
create or replace function formula.parsed_parts(t text, format text, locale jsonb) returns jsonb
language plpgsql immutable strict parallel safe as $$
declare
  rest text := t;
  parts jsonb := '{}';
  token text;
  pattern text;
  piece text;
  half text;
  empty boolean := true;
  named int;
begin
  if locale -> 'digits' is not null then
    rest := translate(rest, locale -> 'digits' ->> 1, locale -> 'digits' ->> 0);
  end if;
  foreach token in array formula.format_tokens(formula.expanded_format(format, locale)) loop
    -- moment.js overlooks line breaks in a format, but for those in brackets.
    continue when token ~ '^[\n\r\u2028\u2029]$';
    pattern := formula.token_pattern(token, locale);
    if pattern is null then
      piece := case
        when token = '[]' then 'undefined'
        when token ~ '^\[[^\[\]]*\]$' then substr(token, 2, length(token) - 2)
        else replace(token, '\', '')
      end;
      piece := case when piece <> '' and strpos(rest, piece) > 0 then piece end;
      named := strpos(rest, piece);
    else
      -- The longest text of ours that a token can take is far shorter than the longest text.
      piece := substring(rest collate "und-x-icu" from '(?i)(' || pattern || ')');
      named := strpos(rest, piece);
    end if;
    if piece is not null then
      rest := substr(rest, named + length(piece));
    end if;
    continue when piece is null or piece = '';
    if pattern is not null and token not in ('g', 'G') or token ~ '^(Mo|Qo|DDDo|do|wo|Wo|yo|zz?)$' then
      empty := false;
    end if;
    continue when pattern is null;
    if length(piece) > 18 and piece ~ '^[+-]?[0-9.]+$' and token !~ '^S' then
      return '{"bad": 1}';
    end if;
    case
      when token in ('YYYY', 'YY') then
        parts := parts || jsonb_build_object('y', case when token = 'YY' or length(piece) = 2 then formula.two_digit_year(piece) else piece::int end);
      when token in ('Y', 'YYYYY', 'YYYYYY', 'y', 'yy', 'yyy', 'yyyy') then
        parts := parts || jsonb_build_object('y', greatest(least(piece::bigint, 999999), -999999));
      when token in ('M', 'MM') then
        parts := parts || jsonb_build_object('M', piece::int - 1);
      when token in ('MMM', 'MMMM') then
        named := formula.month_named(piece, token = 'MMM', locale);
        parts := parts || case when named is null then '{"bad": 1}' else jsonb_build_object('M', named) end;
      when token = 'Q' then
        parts := parts || jsonb_build_object('M', (piece::int - 1) * 3);
      when token in ('D', 'DD') then
        parts := parts || jsonb_build_object('D', piece::int);
      when token = 'Do' then
        parts := parts || jsonb_build_object('D', substring(piece from '[0-9][0-9]?')::int);
      when token in ('DDD', 'DDDD') then
        parts := parts || jsonb_build_object('DDD', piece::int);
      when token in ('H', 'HH', 'h', 'hh') then
        parts := parts || jsonb_build_object('H', piece::int);
      when token in ('k', 'kk') then
        parts := parts || jsonb_build_object('H', case piece::int when 24 then 0 else piece::int end);
      when token in ('hmm', 'Hmm') then
        parts := parts || jsonb_build_object('H', left(piece, -2)::int, 'm', right(piece, 2)::int);
      when token in ('hmmss', 'Hmmss') then
        parts := parts || jsonb_build_object('H', left(piece, -4)::int, 'm', left(right(piece, 4), 2)::int, 's', right(piece, 2)::int);
      when token = 'eHHmm' then
        parts := parts || jsonb_build_object('e', left(piece, -4)::int, 'H', left(right(piece, 4), 2)::int, 'm', right(piece, 2)::int, 'week', 1);
      when token in ('m', 'mm') then
        parts := parts || jsonb_build_object('m', piece::int);
      when token in ('s', 'ss') then
        parts := parts || jsonb_build_object('s', piece::int);
      when token ~ '^S+$' then
        parts := parts || jsonb_build_object('S', floor(('0.' || left(piece, 15))::float8 * 1000));
      when token in ('a', 'A') then
        half := piece;
      when token in ('Z', 'ZZ') then
        parts := parts || jsonb_build_object('Z', formula.moment_offset(piece));
        parts := parts || case when formula.moment_offset(piece) is null then '{"bad": 1}' else '{}' end::jsonb;
      when token = 'X' then
        parts := parts || jsonb_build_object('x', piece::float8 * 1000);
      when token = 'x' then
        parts := parts || jsonb_build_object('x', piece::float8);
      when token in ('dd', 'ddd', 'dddd') then
        named := formula.weekday_named(piece, locale);
        parts := parts || case when named is null then '{"bad": 1}' else jsonb_build_object('d', named, 'week', 1) end;
      when token in ('d', 'e', 'E') then
        parts := parts || jsonb_build_object(token, piece::int, 'week', 1);
      when token in ('w', 'ww', 'W', 'WW') then
        parts := parts || jsonb_build_object(left(token, 1), piece::int, 'week', 1);
      when token in ('gg', 'GG') then
        parts := parts || jsonb_build_object(token, formula.two_digit_year(piece), 'week', 1);
      when token in ('gggg', 'ggggg', 'GGGG', 'GGGGG') then
        parts := parts || jsonb_build_object(left(token, 2), piece::int, 'week', 1);
      else
        null;
    end case;
  end loop;
  if empty then
    return '{"bad": 1}';
  end if;
  if half is not null then
    if parts -> 'H' is not null then
      parts := parts || jsonb_build_object('H', formula.hour_in_half((parts -> 'H')::int, half, locale));
    elsif parts - '{week,d,e,E,w,W,gg,GG,DDD,Z,x}'::text[] = '{}' then
      -- A half of the day and nothing that it could be the half of.
      return '{"bad": 1}';
    end if;
  end if;
  return parts;
end $$;

-- Minutes; what moment.js takes for an offset of a zone ends at +14:00 and -12:00.
create or replace function formula.moment_offset(t text) returns int
language plpgsql immutable strict parallel safe as $$
declare
  minutes int := case when length(t) > 3 then right(t, 2)::int else 0 end;
  total int;
begin
  if t ~* '^z' then
    return 0;
  end if;
  total := substr(t, 2, 2)::int * 60 + minutes;
  return case
    when minutes > 59 or total > case when left(t, 1) = '+' then 840 else 720 end then null
    when left(t, 1) = '+' then total
    else -total
  end;
end $$;
