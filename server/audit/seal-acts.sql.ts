import { empty, sql, type Sql } from "#kernel";

/** What a seal covers. */
export interface SealedPart {
  readonly month: string;
  /** As PostgreSQL writes ranges: `{[1,5),[7,8)}`. */
  readonly seqs: string;
  readonly entries: number;
  /** Hex. */
  readonly digest: string;
}

/** A seal as it is kept; bytes as hex. */
export interface SealRow extends SealedPart {
  readonly id: number;
  readonly at: Date;
  readonly keyId: string;
  readonly previous: string;
  readonly mac: string;
}

/** One process seals at a time: a fixed number. */
export const lockSealing = (): Sql => sql`select pg_try_advisory_xact_lock(4270314) as locked`;

/** The newest seal. */
export const newestSeal = (): Sql => sql`
  select id, at, month::text as month, seqs::text as seqs, entries, encode(digest, 'hex') as digest, key_id as "keyId",
    encode(previous, 'hex') as previous, encode(mac, 'hex') as mac
  from acts.seals order by id desc limit 1`;

/** Everything of an act, in a form that does not depend on the session. */
const entryText = sql`jsonb_build_array(e.seq, (extract(epoch from e.at) * 1000000)::bigint, e.act, e.outcome, e.reason,
  e.actor_kind, e.actor_id, e.actor_name, e.credential_kind, e.credential_id, e.target_kind, e.target_id, e.target_name,
  e.workspace_id, e.base_id, e.address, e.user_agent, e.request_id, e.source, e.times, e.details)::text`;

const digest = sql`encode(sha256(convert_to(coalesce(string_agg(${entryText}, E'\n' order by e.seq), ''), 'UTF8')), 'hex')`;

/** Numbers that these ranges leave open from `lowest` on, the last of them without an end, as ranges `r`. */
const openRanges = (lowest: Sql): Sql =>
  sql`select unnest(int8multirange(int8range(${lowest}, null)) - covered.seqs) as r from covered`;

/** The acts in an open range, by the index. */
const actsInRange = (limit: Sql): Sql => sql`
  lateral (select seq, at from acts.entries
    where seq >= lower(r) and seq < coalesce(upper(r), 9223372036854775807) order by seq ${limit}) e`;

/**
 * Acts that no seal covers, the oldest of them, one part a month. Numbers are given before transactions commit, so an
 * act may turn up below others that are sealed: the gaps of the last seals are looked through as well.
 */
export const unsealedParts = (lookBack: number, limit: number): Sql => sql`
  with recent as (
    select seqs from acts.seals order by id desc limit ${lookBack}
  ), covered as (
    select coalesce(range_agg(r), '{}'::int8multirange) as seqs from recent, unnest(recent.seqs) r
  ), gaps as (
    ${openRanges(sql`case when (select count(*) from recent) < ${lookBack} then 0 else lower(covered.seqs) end`)}
  ), missing as (
    select e.seq, date_trunc('month', e.at at time zone 'UTC')::date as month
    from gaps, ${actsInRange(sql`limit ${limit}`)}
    order by e.seq limit ${limit}
  )
  select m.month::text as month, range_agg(int8range(e.seq, e.seq, '[]'))::text as seqs, count(*)::int as entries,
    ${digest} as digest
  from missing m join acts.entries e on e.seq = m.seq
  group by m.month order by m.month`;

export const insertSeal = (seal: Omit<SealRow, "id">): Sql => sql`
  insert into acts.seals (at, month, seqs, entries, digest, key_id, previous, mac)
  values (${seal.at}, ${seal.month}, ${seal.seqs}, ${seal.entries}, decode(${seal.digest}, 'hex'), ${seal.keyId},
    decode(${seal.previous}, 'hex'), decode(${seal.mac}, 'hex'))
  returning id`;

/** Seals after one, with what the acts that they cover come to now. */
export const sealsAfter = (id: number, limit: number): Sql => sql`
  select s.id, s.at, s.month::text as month, s.seqs::text as seqs, s.entries, encode(s.digest, 'hex') as digest,
    s.key_id as "keyId", encode(s.previous, 'hex') as previous, encode(s.mac, 'hex') as mac, found.digest as "foundDigest",
    found.entries as "foundEntries"
  from (select id, at, month, seqs, entries, digest, key_id, previous, mac from acts.seals
    where id > ${id} order by id limit ${limit}) s,
  lateral (
    select ${digest} as digest, count(e.seq)::int as entries from acts.entries e
    where e.seq >= lower(s.seqs) and e.seq < upper(s.seqs) and s.seqs @> e.seq
  ) found
  order by s.id`;

/** Acts that no seal at all covers: those that wait for the next one, and those that were slipped in. */
export const unsealedActs = (): Sql => sql`
  with covered as (
    select coalesce(range_agg(r), '{}'::int8multirange) as seqs from acts.seals s, unnest(s.seqs) r
  ), gaps as (
    ${openRanges(sql`0`)}
  )
  select count(*)::int as count,
    coalesce(range_agg(int8range(e.seq, e.seq, '[]')) filter (where not upper_inf(r)), '{}'::int8multirange)::text
      as "belowNewest"
  from gaps, ${actsInRange(empty)}`;

/** Whether the tables belong to somebody other than the role that asks. */
export const heldByOwner = (): Sql => sql`
  select c.relowner <> (select r.oid from pg_roles r where r.rolname = current_user) as held
  from pg_class c where c.oid = 'acts.entries'::regclass`;
