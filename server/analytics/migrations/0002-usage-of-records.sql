-- What callers made and used beside their requests.
alter table analytics.usage add column records_created bigint not null default 0;
alter table analytics.usage add column model_tokens bigint not null default 0;
