-- Arithmetic on doubles with the results of JavaScript: nothing raises, what leaves the range becomes an infinity or zero.
-- The rare cases, in which an operator of PostgreSQL would raise, are functions of their own.

create or replace function formula.add_wide(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  -- Below, the smaller number is less than half the last digit of the other.
  if abs(a) between 1e290 and 1.7976931348623157e308 and abs(b) between 1e290 and 1.7976931348623157e308
    and abs(a * 0.5 + b * 0.5) >= power(2::float8, 1023) then
    return sign(a) * 'Infinity'::float8;
  end if;
  return a + b;
end $$;

create or replace function formula.multiply_wide(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  x float8 := abs(a);
  y float8 := abs(b);
begin
  if x = 0 or y = 0 or not (x < 'Infinity' and y < 'Infinity') then
    return a * b + 0;
  end if;
  if x >= 1 and y >= 1 then
    if (x * power(2::float8, -512)) * (y * power(2::float8, -512)) >= 1 then
      return sign(a) * sign(b) * 'Infinity'::float8;
    end if;
  elsif x < 1 and y < 1 and (x * power(2::float8, 537)) * (y * power(2::float8, 537)) <= 0.5 then
    return 0;
  end if;
  return a * b;
end $$;

create or replace function formula.divide_wide(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  x float8 := abs(a);
  y float8 := abs(b);
begin
  if y = 0 then
    return case when x = 0 or x = 'NaN' then 'NaN'::float8 else sign(a) * 'Infinity'::float8 end;
  end if;
  if x = 0 or not (x < 'Infinity' and y < 'Infinity') then
    return a / b + 0;
  end if;
  if y < 1 and x >= power(2::float8, -52) then
    if (x * power(2::float8, -537)) / (y * power(2::float8, 537)) >= power(2::float8, -50) then
      return sign(a) * sign(b) * 'Infinity'::float8;
    end if;
  elsif y >= 1 and x < power(2::float8, -50)
    and (x * power(2::float8, 537)) / (y * power(2::float8, -512)) <= power(2::float8, -26) then
    return 0;
  end if;
  return a / b;
end $$;

create or replace function formula.add(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case when abs(a) < 8e307 and abs(b) < 8e307 then a + b else formula.add_wide(a, b) end;
end $$;

create or replace function formula.subtract(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case when abs(a) < 8e307 and abs(b) < 8e307 then a - b else formula.add_wide(a, -b) end;
end $$;

create or replace function formula.multiply(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case
    when abs(a) between 1e-150 and 1e150 and abs(b) between 1e-150 and 1e150 then a * b
    else formula.multiply_wide(a, b)
  end;
end $$;

create or replace function formula.divide(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  return case
    when abs(a) between 1e-150 and 1e150 and abs(b) between 1e-150 and 1e150 then a / b
    else formula.divide_wide(a, b)
  end;
end $$;

-- The same four for arguments that are columns or constants: PostgreSQL writes these into the statement, which is ten times
-- cheaper than a call. With longer arguments it would not, and a call of a function in SQL is five times dearer than the ones above.

create or replace function formula.add_plain(a float8, b float8) returns float8
language sql immutable parallel safe cost 1
return case when abs(a) < 8e307 and abs(b) < 8e307 then a + b else formula.add_wide(a, b) end;

create or replace function formula.subtract_plain(a float8, b float8) returns float8
language sql immutable parallel safe cost 1
return case when abs(a) < 8e307 and abs(b) < 8e307 then a - b else formula.add_wide(a, -b) end;

create or replace function formula.multiply_plain(a float8, b float8) returns float8
language sql immutable parallel safe cost 1
return case
  when abs(a) between 1e-150 and 1e150 and abs(b) between 1e-150 and 1e150 then a * b
  else formula.multiply_wide(a, b)
end;

create or replace function formula.divide_plain(a float8, b float8) returns float8
language sql immutable parallel safe cost 1
return case
  when abs(a) between 1e-150 and 1e150 and abs(b) between 1e-150 and 1e150 then a / b
  else formula.divide_wide(a, b)
end;


-- What JavaScript's % gives, exactly: on mantissas and exponents, nine bits at a time.
create or replace function formula.remainder_exact(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  bits_a bigint := ('x' || encode(float8send(abs(a)), 'hex'))::bit(64)::bigint;
  bits_b bigint := ('x' || encode(float8send(abs(b)), 'hex'))::bit(64)::bigint;
  exponent_a int := greatest(bits_a >> 52, 1);
  exponent_b int := greatest(bits_b >> 52, 1);
  mantissa_a bigint := (bits_a & 4503599627370495) | case when bits_a >> 52 > 0 then 4503599627370496 else 0 end;
  mantissa_b bigint := (bits_b & 4503599627370495) | case when bits_b >> 52 > 0 then 4503599627370496 else 0 end;
  ahead int := exponent_a - exponent_b;
  rest bigint;
begin
  if ahead < 0 then
    rest := mantissa_a % (mantissa_b << -ahead);
    exponent_b := exponent_a;
  else
    rest := mantissa_a % mantissa_b;
    while ahead > 0 and rest > 0 loop
      rest := (rest << least(ahead, 9)) % mantissa_b;
      ahead := ahead - 9;
    end loop;
  end if;
  if rest = 0 then
    return 0;
  end if;
  if exponent_b > 100 then
    return sign(a) * rest * power(2::float8, exponent_b - 1075);
  end if;
  -- Two steps, each exact: one power of two alone can leave the range of a double.
  return sign(a) * (rest::float8 * power(2::float8, exponent_b - 1075 + 600)) * power(2::float8, -600);
end $$;

create or replace function formula.mod(a float8, b float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if a = 'NaN' or b = 'NaN' or b = 0 or abs(a) = 'Infinity' then
    return 'NaN';
  end if;
  if abs(a) < abs(b) then
    return a;
  end if;
  if abs(a) <= 9007199254740991 and abs(b) <= 9007199254740991 and a = trunc(a) and b = trunc(b) then
    return (a::bigint % b::bigint)::float8;
  end if;
  return formula.remainder_exact(a, b);
end $$;

create or replace function formula.ceiling(n float8, step float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if step = 1 then
    return ceil(n) + 0;
  end if;
  return case
    when step = 0 then 'NaN'::float8
    else formula.multiply(ceil(formula.divide(n, abs(step))), abs(step)) + 0
  end;
end $$;

create or replace function formula.floor(n float8, step float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if step = 1 then
    return floor(n) + 0;
  end if;
  return case
    when step = 0 then 'NaN'::float8
    else formula.multiply(floor(formula.divide(n, abs(step))), abs(step)) + 0
  end;
end $$;

create or replace function formula.int(n float8) returns float8
language sql immutable parallel safe cost 1
return floor(n) + 0::float8;

create or replace function formula.even(n float8) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return formula.multiply(2, ceil(formula.divide(n, 2))) + 0;
end $$;

create or replace function formula.odd(n float8) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return case when n < 0 then -1 else 1 end
    * formula.add(formula.multiply(2, ceil((abs(n) - 1) / 2)), 1);
end $$;

create or replace function formula.sqrt(n float8) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return case when n >= 0 then sqrt(n) else 'NaN'::float8 end;
end $$;

-- e to the power of n. Near the ends of the range the two halves are multiplied, which cannot raise.
create or replace function formula.exp(n float8) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return case
    when abs(n) < 700 then exp(n)
    when n = 'NaN' then n
    when n > 800 then 'Infinity'::float8
    when n < -800 then 0
    else formula.multiply(exp(n / 2), exp(n / 2))
  end;
end $$;

create or replace function formula.power(b float8, e float8) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  size float8 := abs(b);
  sense float8 := 1;
  reach float8;
  half float8;
begin
  if e = 0 then
    return 1;
  elsif b = 'NaN' or e = 'NaN' or (size = 1 and abs(e) = 'Infinity') then
    return 'NaN';
  elsif abs(e) = 'Infinity' then
    return case when (size > 1) = (e > 0) then 'Infinity'::float8 else 0 end;
  end if;
  if b < 0 then
    if size < 'Infinity' and e <> trunc(e) then
      return 'NaN';
    end if;
    if e = trunc(e) and abs(e) < 9007199254740992 and e::bigint % 2 <> 0 then
      sense := -1;
    end if;
  end if;
  if size = 0 or size = 'Infinity' then
    return case when (size = 0) = (e < 0) then sense * 'Infinity'::float8 else 0 end;
  end if;
  reach := formula.multiply(e, ln(size));
  if abs(reach) < 700 then
    return sense * power(size, e);
  elsif reach > 800 then
    return sense * 'Infinity'::float8;
  elsif reach < -800 then
    return 0;
  end if;
  half := power(size, e / 2);
  return formula.multiply(sense * half, half);
end $$;

create or replace function formula.log(n float8, base float8) returns float8
language plpgsql immutable strict parallel safe as $$
declare
  result float8;
begin
  if n = 'NaN' or base = 'NaN' or n < 0 or base <= 0 or base = 1 then
    return 'NaN';
  end if;
  if base = 10 and n > 0 then
    return log(n);
  end if;
  if base = 2 and n > 1e-300 and n < 1e300 then
    result := ln(n) / ln(2::float8);
    return case when power(2::float8, round(result)) = n then round(result) else result end;
  end if;
  return formula.divide(
    case when n = 0 then '-Infinity'::float8 else ln(n) end,
    ln(base)
  );
end $$;

-- A tie goes toward +infinity: `floor(n + 0.5)` would also lift the number just below one half.
create or replace function formula.nearest(n float8) returns float8
language plpgsql immutable strict parallel safe as $$
begin
  return case when abs(n) < 4503599627370496 then floor(n) + (n - floor(n) >= 0.5)::int else n end;
end $$;

create or replace function formula.round_wide(n float8, digits float8, way int) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  places float8 := trunc(digits);
  unit float8;
  shifted float8;
begin
  if places = 'NaN' then
    return places;
  elsif abs(n) >= 'Infinity' or places > 300 then
    return n;
  elsif places < -300 then
    return 0;
  end if;
  unit := power(10::float8, abs(places));
  shifted := case when places < 0 then formula.divide(n, unit) else formula.multiply(n, unit) end;
  if abs(shifted) = 'Infinity' then
    return n;
  end if;
  shifted := case way
    when 0 then formula.nearest(shifted)
    when 1 then sign(shifted) * ceil(abs(shifted))
    else trunc(shifted)
  end;
  return case when places < 0 then formula.multiply(shifted, unit) else formula.divide(shifted, unit) end + 0;
end $$;

create or replace function formula.round(n float8, digits float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
declare
  unit float8;
begin
  if digits = 0 then
    return formula.nearest(n) + 0;
  end if;
  if digits = 2 and abs(n) between 1e-100 and 1e12 then
    return formula.nearest(n * 100) / 100 + 0;
  end if;
  return formula.round_wide(n, digits, 0);
end $$;

create or replace function formula.roundup(n float8, digits float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if digits = 0 then
    return sign(n) * ceil(abs(n)) + 0;
  end if;
  return formula.round_wide(n, digits, 1);
end $$;

create or replace function formula.rounddown(n float8, digits float8) returns float8
language plpgsql immutable strict parallel safe cost 1 as $$
begin
  if digits = 0 then
    return trunc(n) + 0;
  end if;
  return formula.round_wide(n, digits, 2);
end $$;

-- True for what a condition holds for; NULL for NaN, which is an error there.
create or replace function formula.truth(n float8) returns boolean
language plpgsql immutable strict parallel safe as $$
begin
  return case when n <> 'NaN' then n <> 0 end;
end $$;
