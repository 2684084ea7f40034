-- Origins of the web pages that may use a key, as browsers send them. Null = not restricted.
alter table identity.api_keys add column origins text[];
